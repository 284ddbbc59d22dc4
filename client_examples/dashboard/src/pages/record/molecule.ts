// A molecule within a specification or a result, as QCSchema has it.
const BOHR = 0.529177210903; // ångström

export interface Molecule {
  formula: string;
  xyz: string;
  // The axis along which it is thinnest, from where most of it is seen.
  thin: "x" | "y" | "z";
}

// Where it may be: in the specification that the kind `qcschema` takes, and in QCSchema's own objects.
export function moleculeIn(value: unknown): Molecule | null {
  return read(inside(inside(value, "input"), "molecule")) ?? read(inside(value, "molecule"));
}

function inside(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function read(molecule: unknown): Molecule | null {
  const symbols = inside(molecule, "symbols");
  const geometry = inside(molecule, "geometry");
  if (!isList(symbols, "string") || !isList(geometry, "number") || geometry.length !== 3 * symbols.length) return null;
  const lines = symbols.map((symbol, i) => {
    const at = geometry.slice(3 * i, 3 * i + 3).map((length) => (length * BOHR).toFixed(6));
    return `${symbol} ${at.join(" ")}`;
  });
  return { formula: formula(symbols), xyz: `${symbols.length}\n\n${lines.join("\n")}\n`, thin: thinnest(geometry) };
}

function thinnest(geometry: number[]): Molecule["thin"] {
  const extents = [0, 1, 2].map((axis) => {
    const along = geometry.filter((_, i) => i % 3 === axis);
    return Math.max(...along) - Math.min(...along);
  });
  return (["x", "y", "z"] as const)[extents.indexOf(Math.min(...extents))] ?? "z";
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
