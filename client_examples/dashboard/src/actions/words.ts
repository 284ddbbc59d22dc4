// Actions and refusals in words.
import type { OutcomeCode } from "../api/generated/graphql.ts";

export const verb = (action: string) => action.charAt(0) + action.slice(1).toLowerCase().replaceAll("_", " ");

const CODES: Partial<Record<OutcomeCode, string>> = { STALE_EXPECTATION: "changed meanwhile", FORBIDDEN: "not yours to move" };

export const code = (name: OutcomeCode) => CODES[name] ?? name.toLowerCase().replaceAll("_", " ");
