// Which of the known values are meant by what was typed so far: the very same first, then those that begin so.
const SHOWN = 50;

export function suggest(known: readonly string[], typed: string, without: readonly string[]): string[] {
  const wanted = typed.trim().toLowerCase();
  const found = known.flatMap((value) => {
    const place = value.toLowerCase().indexOf(wanted);
    if (place < 0 || without.includes(value)) return [];
    return [{ value, rank: value === typed.trim() ? 0 : value.length === wanted.length ? 1 : place === 0 ? 2 : 3 }];
  });
  return found.sort((a, b) => a.rank - b.rank).slice(0, SHOWN).map(({ value }) => value);
}
