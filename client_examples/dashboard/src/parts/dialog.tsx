// The browser's own modal dialog: it keeps the focus, and Escape closes it.
import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";

interface Props {
  title: ReactNode;
  close: () => void;
  children: ReactNode;
  // While something runs that must be seen to its end.
  locked?: boolean;
}

export function Dialog({ title, close, children, locked = false }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => (before as HTMLElement | null)?.focus?.();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!locked) close();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <button className="quiet icon" aria-label="Close" onClick={close} disabled={locked}>
          <X size={16} />
        </button>
      </header>
      {children}
    </dialog>
  );
}
