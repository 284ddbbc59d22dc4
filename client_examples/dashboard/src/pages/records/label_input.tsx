// A filter of which several values may be chosen, of those that there are: a combobox, as the ARIA practices have it.
import { type KeyboardEvent, useId, useState } from "react";
import { LabelChip } from "./label_chip.tsx";
import { suggest } from "./suggest.ts";

interface Props {
  name: string;
  known: string[] | undefined;
  ask: () => Promise<string[]>;
  values: string[];
  change: (values: string[]) => void;
  // By Enter: the keyboard goes on elsewhere.
  taken: () => void;
}

export function LabelInput({ name, known, ask, values, change, taken }: Props) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const found = open && known ? suggest(known, typed, values) : [];
  const none = open && known !== undefined && typed.trim() !== "" && found.length === 0;

  function show(text: string) {
    setTyped(text);
    setOpen(true);
    setAt(0);
  }

  function add(value: string) {
    change([...values, value]);
    setTyped("");
    setOpen(false);
  }

  // What is highlighted; where that is not known yet, the first once it is.
  async function take() {
    if (!open && typed.trim() === "") return;
    const value = open && known ? found[at] : suggest(await ask(), typed, values)[0];
    if (value === undefined) return setOpen(true);
    add(value);
    taken();
  }

  function press(event: KeyboardEvent<HTMLInputElement>) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (open) setAt((at + step + found.length) % Math.max(1, found.length));
      else show(typed);
    } else if (event.key === "Enter") void take();
    else if (event.key === "Escape") open ? setOpen(false) : event.currentTarget.blur();
    else if (event.key === "Backspace" && typed === "" && values.length > 0) change(values.slice(0, -1));
  }

  return (
    <div className="label-input">
      {values.map((value) => (
        <LabelChip
          key={value}
          name={name}
          value={value}
          known={known}
          remove={() => change(values.filter((other) => other !== value))}
        />
      ))}
      <span className="combobox">
        <input
          role="combobox"
          aria-label={`Filter by ${name}`}
          aria-autocomplete="list"
          aria-expanded={found.length > 0}
          aria-controls={found.length > 0 ? id : undefined}
          aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
          aria-invalid={none || undefined}
          autoComplete="off"
          placeholder={name}
          value={typed}
          onChange={({ target }) => show(target.value)}
          onFocus={() => void ask().catch(() => undefined)} // the list is told of its failure where it is used
          onClick={() => setOpen(true)}
          onKeyDown={press}
          onBlur={() => setOpen(false)}
        />
        {found.length > 0 && (
          <ul id={id} role="listbox" aria-label={`What there is of ${name}`}>
            {found.map((value, i) => (
              <li
                key={value}
                id={`${id}-${i}`}
                ref={(element) => void (i === at && element?.scrollIntoView({ block: "nearest" }))}
                role="option"
                aria-selected={i === at}
                onPointerDown={(event) => event.preventDefault()} // the input keeps the focus
                onClick={() => add(value)}
              >
                {value}
              </li>
            ))}
          </ul>
        )}
        <span role="status" className={none ? "no-match" : "unseen"}>
          {none && `No record has ${name} “${typed.trim()}”.`}
        </span>
      </span>
    </div>
  );
}
