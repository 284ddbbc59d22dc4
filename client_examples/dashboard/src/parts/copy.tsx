// Copies a text.
import { Check, Copy as Sheets } from "lucide-react";
import { useState } from "react";

export function Copy({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <button
      className="quiet icon"
      aria-label="Copy"
      title="Copy"
      onClick={() => void copy()}
      onBlur={() => setCopied(false)}
    >
      {copied ? <Check size={14} /> : <Sheets size={14} />}
    </button>
  );
}
