// Where the places and transitions of the lifecycle are drawn: laid out by dagre from the queried matrix.
import { Graph, layout as arrange } from "@dagrejs/dagre";
import type { TransitionTarget } from "../../api/generated/graphql.ts";
import type { Matrix, Transition } from "../../lifecycle/matrix.ts";

interface Point {
  x: number;
  y: number;
}

export interface Place extends Point {
  name: TransitionTarget;
  width: number;
  height: number;
}

export interface Way {
  transition: Transition;
  path: string;
  label: Point;
}

export interface Drawing {
  width: number;
  height: number;
  places: Place[];
  ways: Way[];
}

export const LABEL_WIDTH = 104;
export const LABEL_HEIGHT = 18;
const MARGIN = 12;

export function layout(matrix: Matrix): Drawing {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 34, ranksep: 40, edgesep: 14, marginx: MARGIN, marginy: MARGIN });
  for (const name of matrix.places) graph.setNode(name, { width: 118, height: 54 });
  for (const transition of matrix.transitions) {
    const { from, to, action } = transition;
    graph.setEdge(from, to, { width: LABEL_WIDTH, height: LABEL_HEIGHT, labelpos: "c" }, action);
  }
  arrange(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    places: matrix.places.map((name) => ({ name, ...(graph.node(name) as Omit<Place, "name">) })),
    ways: matrix.transitions.map((transition) => {
      const edge = graph.edge(transition.from, transition.to, transition.action) as { points: Point[] } & Point;
      const places = [transition.from, transition.to].map((name) => graph.node(name) as Omit<Place, "name">);
      return { transition, path: smooth(atSides(edge.points, places)), label: { x: edge.x, y: edge.y } };
    }),
  };
}

// Ways leave and reach places at their sides, never above or below: so they do not cross what stands there.
function atSides(points: Point[], places: Omit<Place, "name">[]): Point[] {
  const ends = [points[1], points.at(-2)];
  const [first, last] = places.map(({ x, y, width, height }, i) => {
    const towards = ends[i] ?? { x, y };
    const most = height / 2 - 12;
    return { x: x + (Math.sign(towards.x - x) * width) / 2, y: y + Math.max(-most, Math.min(most, (towards.y - y) / 2)) };
  });
  return first && last ? [first, ...points.slice(1, -1), last] : points;
}

// Through the middles between the points, bent towards each of them.
function smooth(points: Point[]): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (!first || !last) return "";
  const bends = rest.map((point, i) => {
    const next = rest[i + 1];
    const end = next ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : last;
    return `Q${at(point)} ${at(end)}`;
  });
  return `M${at(first)}${bends.length > 0 ? bends.join("") : `L${at(last)}`}`;
}

const at = ({ x, y }: Point) => `${x.toFixed(1)},${y.toFixed(1)}`;
