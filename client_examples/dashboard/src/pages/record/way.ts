// The way to where a denied action leads, in words; and its first step, where that is the viewer's to take.
import { verb } from "../../actions/words.ts";
import type { Action, PossibleFragment } from "../../api/generated/graphql.ts";
import { actors } from "../../lifecycle/meaning.ts";

type Step = NonNullable<NonNullable<PossibleFragment["permittedActions"][number]["denial"]>["shortestWay"]>[number];

const THEN = ", then ";

export function wayInWords(to: string, steps: readonly Step[]): string {
  const said = steps.map(({ action, to, actors: who }) => `${verb(action)} (by ${actors(who)}) to ${to}`);
  return said.length === 0 ? "" : `The way to ${to}: ${said.join(THEN)}.`;
}

export function firstOf(steps: readonly Step[] | null | undefined, open: ReadonlySet<Action>): Action | undefined {
  const first = steps?.[0]?.action;
  return first !== undefined && open.has(first) ? first : undefined;
}
