// What a transition means, as a sentence for who looks.
//
// The API says it in one line, with parts for single actors where it means different things: "SERVER: …; USER: …".
import type { ActorKind } from "../api/generated/graphql.ts";

const OF_ONE = /^([A-Z]+): (.*)$/;
const ACTORS: Record<ActorKind, string> = { USER: "a person", MANAGER: "a manager", SERVER: "the server" };
const OR = new Intl.ListFormat("en-GB", { type: "disjunction" });

export const actors = (kinds: readonly ActorKind[]): string => OR.format(kinds.map((kind) => ACTORS[kind] ?? kind));

// What it means where this actor does it; for all of them, each part says whose it is.
export function meaning(description: string, actor?: ActorKind): string {
  const said = description.split("; ").flatMap((part) => {
    const [, of, text] = OF_ONE.exec(part) ?? [];
    if (of === undefined || text === undefined) return [part];
    if (actor === undefined) return [`${text} (${actors([of as ActorKind])})`];
    return of === actor ? [text] : [];
  });
  const sentence = said.join("; ");
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}
