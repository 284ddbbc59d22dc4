// What messages have in common: its placeholders stand out from the words.
export function Pattern({ text }: { text: string }) {
  return text.split(/(<\w+>|…)/).map((part, i) =>
    i % 2 === 0 ? (
      part
    ) : (
      <span key={i} className="placeholder">
        {part}
      </span>
    ),
  );
}
