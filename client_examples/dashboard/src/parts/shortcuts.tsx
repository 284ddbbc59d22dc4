// The keyboard: shortcuts that hold everywhere, and the list of all of them.
import { Keyboard } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "./dialog.tsx";

export interface Place {
  path: string;
  // With what stays chosen there.
  href: string;
  name: string;
  letter: string;
}

const ELSEWHERE: [string, string][] = [
  ["/", "Records: to the filters; Enter there goes on to the rows"],
  ["j  k", "Records: the next, the previous row"],
  ["x", "Records: select the row, or not"],
  ["Enter", "Records: open the row"],
  ["Esc", "Close what is open"],
  ["?", "This list"],
];
const SEQUENCE = 1_500; // ms between the two keys of one shortcut

export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || event.ctrlKey || event.metaKey || event.altKey;
}

export function Shortcuts({ places }: { places: Place[] }) {
  const [open, setOpen] = useState(false);
  const [, go] = useLocation();
  const began = useRef(-Infinity);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      if (event.key === "?") return setOpen(true);
      if (event.key === "g") return void (began.current = event.timeStamp);
      const place = places.find(({ letter }) => letter === event.key);
      if (place && event.timeStamp - began.current < SEQUENCE && !document.querySelector("dialog[open]")) {
        event.preventDefault();
        go(place.href);
      }
      began.current = -Infinity;
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [go, places]);
  const rows = [...places.map(({ letter, name }): [string, string] => [`g  ${letter}`, `To ${name}`]), ...ELSEWHERE];
  return (
    <>
      <button className="quiet icon" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" onClick={() => setOpen(true)}>
        <Keyboard size={16} />
      </button>
      {open && (
        <Dialog title="Keyboard" close={() => setOpen(false)}>
          <dl className="keys">
            {rows.map(([keys, meaning]) => (
              <div key={keys}>
                <dt>
                  {keys.split("  ").map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      )}
    </>
  );
}
