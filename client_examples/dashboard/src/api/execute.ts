// Queries and mutations: one POST each, typed by their generated document.
import { clock } from "../live/clock.ts";
import { session } from "../session/session.ts";
import type { TypedDocumentString } from "./generated/graphql.ts";

// What the server said was wrong; `code` is for programs, the message for people.
export class Failure extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

interface Answer<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export async function execute<Result, Variables>(
  query: TypedDocumentString<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
  key = session.key,
): Promise<Result> {
  const response = await send(JSON.stringify({ query, variables }), key ?? "", signal);
  clock.told(response.headers.get("Date"));
  const { data, errors } = (await response.json().catch(() => ({}))) as Answer<Result>;
  const error = errors?.[0];
  if (error?.extensions?.code === "UNAUTHENTICATED" && key === session.key) session.end(error.message);
  if (error) throw new Failure(error.message, error.extensions?.code ?? "UNKNOWN");
  if (!data) throw new Failure(`The server answered ${response.status} ${response.statusText}.`, "UNAVAILABLE");
  return data;
}

async function send(body: string, key: string, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch("/graphql", {
      method: "POST",
      headers: {
        Authorization: `Bearer ${key}`,
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json",
      },
      body,
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure("The server cannot be reached.", "UNAVAILABLE");
  }
}
