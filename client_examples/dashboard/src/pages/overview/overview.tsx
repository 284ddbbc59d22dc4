// How things stand: counts by status, what is done in time, labels, managers.
import { Labels } from "./labels.tsx";
import { Managers } from "./managers.tsx";
import { Throughput } from "./throughput.tsx";
import { Tiles } from "./tiles.tsx";
import "./overview.css";

export function Overview() {
  return (
    <div className="overview">
      <h1 className="unseen">Overview</h1>
      <Tiles />
      <Throughput />
      <Labels />
      <Managers />
    </div>
  );
}
