// The patterns of errors that are filtered by: they come by a link, and can be taken away.
import { X } from "lucide-react";
import { Pattern } from "../errors/pattern.tsx";
import { usePatterns } from "../errors/patterns.ts";

interface Props {
  values: string[];
  change: (values: string[]) => void;
}

export function PatternChips({ values, change }: Props) {
  const found = usePatterns(values);
  return values.map((value) => {
    const { errorType = "error", message } = found.get(value) ?? {};
    return (
      <button
        key={value}
        className="chip chosen"
        aria-label={`${errorType} ${message ?? value}: remove`}
        title={message ?? `No error follows the pattern ${value} any more.`}
        onClick={() => change(values.filter((other) => other !== value))}
      >
        <span className="dim">{errorType}</span>{" "}
        <span className="chip-text">
          <Pattern text={message ?? value} />
        </span>
        <X size={12} aria-hidden />
      </button>
    );
  });
}
