// How many records there are, by status and label: a snapshot, and every change since folded into it.
import type { FollowSubscription, RecordStatus, SnapshotQuery } from "../api/generated/graphql.ts";

export type Change = FollowSubscription["statusChanges"];
export type Grouping = "tag" | "campaign";
export type Counts = Map<RecordStatus, number>;

export class Figures {
  readonly totals: Counts = new Map();
  readonly by: Record<Grouping, Map<string | null, Counts>> = { tag: new Map(), campaign: new Map() };
  // True once a label lost more records than it had: records were relabelled, of which the feed does not tell.
  relabelled = false;

  constructor(snapshot: Pick<SnapshotQuery, "byTag" | "byCampaign">) {
    for (const { status, tag, count } of snapshot.byTag) {
      if (!status) continue;
      add(this.totals, status, count);
      add(group(this.by.tag, tag), status, count);
    }
    for (const { status, campaign, count } of snapshot.byCampaign) {
      if (status) add(group(this.by.campaign, campaign), status, count);
    }
  }

  apply(change: Change): void {
    const tag = group(this.by.tag, change.tag);
    const campaign = group(this.by.campaign, change.campaign);
    if (change.from) {
      add(this.totals, change.from, -1);
      const left = Math.min(add(tag, change.from, -1), add(campaign, change.from, -1));
      if (left < 0) this.relabelled = true;
    }
    if (change.to !== "KILLED") {
      for (const counts of [this.totals, tag, campaign]) add(counts, change.to, 1);
    }
  }
}

function add(counts: Counts, status: RecordStatus, number: number): number {
  const sum = (counts.get(status) ?? 0) + number;
  counts.set(status, sum);
  return sum;
}

function group(groups: Map<string | null, Counts>, label: string | null): Counts {
  let counts = groups.get(label);
  if (!counts) groups.set(label, (counts = new Map()));
  return counts;
}
