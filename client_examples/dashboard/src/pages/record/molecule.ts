// A molecule within a specification or a result, as QCSchema has it.
const BOHR = 0.529177210903; // ångström

export interface Molecule {
  formula: string;
  xyz: string;
}

export function moleculeIn(value: unknown): Molecule | null {
  if (typeof value !== "object" || value === null || !("molecule" in value)) return null;
  const { symbols, geometry } = (value as { molecule: { symbols?: unknown; geometry?: unknown } }).molecule ?? {};
  if (!isList(symbols, "string") || !isList(geometry, "number") || geometry.length !== 3 * symbols.length) return null;
  const lines = symbols.map((symbol, i) => {
    const at = geometry.slice(3 * i, 3 * i + 3).map((length) => (length * BOHR).toFixed(6));
    return `${symbol} ${at.join(" ")}`;
  });
  return { formula: formula(symbols), xyz: `${symbols.length}\n\n${lines.join("\n")}\n` };
}

// In Hill's order: carbon, hydrogen, then the others by name; all by name without carbon.
export function formula(symbols: string[]): string {
  const counts = new Map<string, number>();
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  const first = counts.has("C") ? ["C", "H"] : [];
  const rest = [...counts.keys()].filter((symbol) => !first.includes(symbol)).sort();
  return [...first, ...rest]
    .filter((symbol) => counts.has(symbol))
    .map((symbol) => `${symbol}${counts.get(symbol) === 1 ? "" : subscript(counts.get(symbol) ?? 0)}`)
    .join("");
}

const subscript = (number: number) => String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉".charAt(Number(digit)));

function isList<Of extends "string" | "number">(value: unknown, of: Of): value is (Of extends "string" ? string : number)[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === of);
}
