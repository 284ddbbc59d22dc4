// The lifecycle, as it was queried: every question that the page has about it is answered from that data.
import type {
  Action,
  ActorKind,
  RecordStatus,
  TransitionTarget,
  ViewerQuery,
} from "../api/generated/graphql.ts";
import { meaning } from "./meaning.ts";

type Data = ViewerQuery["transitionMatrix"];
export type Transition = Data["transitions"][number];

export class Matrix {
  readonly statuses: RecordStatus[];
  readonly transitions: Transition[];

  constructor(data: Pick<Data, "recordStatuses" | "transitions">) {
    this.statuses = data.recordStatuses;
    this.transitions = data.transitions;
  }

  // Every place that a transition leads to or from: the statuses, and what is none.
  get places(): TransitionTarget[] {
    return [...new Set([...this.statuses, ...this.transitions.map((t) => t.to)])];
  }

  between(from: RecordStatus, to: TransitionTarget): Transition[] {
    return this.transitions.filter((t) => t.from === from && t.to === to);
  }

  // What this kind of actor may do from any of these statuses, each action once.
  actions(actor: ActorKind, from: Iterable<RecordStatus>): Action[] {
    const statuses = new Set(from);
    const open = this.transitions.filter((t) => t.actors.includes(actor) && statuses.has(t.from));
    return [...new Set(open.map((t) => t.action))];
  }

  // The statuses that a person may take this action from.
  sources(action: Action): RecordStatus[] {
    return this.transitions.filter((t) => t.action === action && t.actors.includes("USER")).map((t) => t.from);
  }

  target(action: Action): TransitionTarget | undefined {
    return this.transitions.find((t) => t.action === action)?.to;
  }

  // What it means where a person does it, as a sentence.
  describe(action: Action): string {
    return meaning(this.transitions.find((t) => t.action === action)?.description ?? "", "USER");
  }

  // Whether it ends records for good: nothing leads away from where it leads.
  final(action: Action): boolean {
    const target = this.target(action);
    return !this.transitions.some((t) => t.from === target);
  }

  // The action by which a person takes this one back, where there is one.
  undo(action: Action, from: RecordStatus): Action | undefined {
    const target = this.target(action);
    return this.transitions.find((t) => t.from === target && t.to === from && t.actors.includes("USER"))?.action;
  }
}
