// One call of one action. A USER action is also the name of its mutation.
import { execute, Failure } from "../api/execute.ts";
import {
  type Action,
  FailDocument,
  HoldDocument,
  type HoldInput,
  type HoldMutation,
  KillDocument,
  RegenerateDocument,
  ReleaseDocument,
  RetryDocument,
} from "../api/generated/graphql.ts";

const DOCUMENTS = {
  HOLD: HoldDocument,
  RELEASE: ReleaseDocument,
  RETRY: RetryDocument,
  FAIL: FailDocument,
  KILL: KillDocument,
  REGENERATE: RegenerateDocument,
};

export type UserAction = keyof typeof DOCUMENTS;
export type Outcome = HoldMutation["outcome"];
export type Refusal = Outcome["refusals"][number];
export type Input = HoldInput; // all of them are alike

// Whether this page knows the mutation: the matrix may have actions that are newer than the page.
export const known = (action: Action): action is UserAction => action in DOCUMENTS;

// Raises Failure, also where the call as a whole was refused: then nothing was done.
export async function take(action: UserAction, input: Input, signal?: AbortSignal): Promise<Outcome> {
  const { outcome } = await execute(DOCUMENTS[action], { input }, signal);
  const error = outcome.errors[0];
  if (error) throw new Failure(error.message, error.code);
  return outcome;
}
