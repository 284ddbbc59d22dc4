// The campaigns that one works on: from one list to the other, and back to it, they stay until they are taken away.
import { keep, useKept } from "../../parts/kept.ts";
import { withValues } from "./filter.ts";

const NAME = "interlock-campaigns";

export function keepCampaigns(params: URLSearchParams): void {
  keep(NAME, withValues(new URLSearchParams(), "campaign", params.getAll("campaign")).toString());
}

// What leads to such a list.
export const useCampaigns = (): string => useKept(NAME, "");
