// A value that is filtered by. It may come by an address, and be of nothing that there is: then it says so.
import { X } from "lucide-react";

interface Props {
  name: string;
  value: string;
  known: string[] | undefined;
  remove: () => void;
}

export function LabelChip({ name, value, known, remove }: Props) {
  const none = known !== undefined && !known.includes(value) ? " (none)" : "";
  return (
    <button
      className="chip chosen"
      aria-label={`${name} ${value}${none}: remove`}
      title={none ? `No record has ${name} “${value}” now.` : undefined}
      onClick={remove}
    >
      <span className="dim">{name}</span> <span className="chip-text">{value}</span>
      {none && <span className="dim">{none}</span>}
      <X size={12} aria-hidden />
    </button>
  );
}
