// Actions and refusals in words.
import type { OutcomeCode } from "../api/generated/graphql.ts";

export const verb = (action: string) => action.charAt(0) + action.slice(1).toLowerCase().replaceAll("_", " ");

export const code = (name: OutcomeCode) => name.toLowerCase().replaceAll("_", " ");
