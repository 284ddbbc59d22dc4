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

export const LABEL_WIDTH = 92;
export const LABEL_HEIGHT = 18;
const PLACE = { width: 118, height: 58 };
const MARGIN = 12;
const APART = 9; // between ways that end at the same side of a place

export function layout(matrix: Matrix): Drawing {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 30, ranksep: 110, edgesep: 14, marginx: MARGIN, marginy: MARGIN });
  for (const name of matrix.places) graph.setNode(name, { ...PLACE });
  for (const transition of matrix.transitions) {
    const { from, to, action } = transition;
    graph.setEdge(from, to, { width: LABEL_WIDTH, height: LABEL_HEIGHT, labelpos: "c" }, action);
  }
  arrange(graph);
  const { width = 0, height = 0 } = graph.graph();
  const places = matrix.places.map((name): Place => ({ name, ...(graph.node(name) as Omit<Place, "name">) }));
  const lines = matrix.transitions.map((transition): Line => {
    const { points, ...label } = graph.edge(transition.from, transition.to, transition.action) as { points: Point[] } & Point;
    return { transition, label: { x: label.x, y: label.y }, between: points.slice(1, -1) };
  });
  const end = ends(places, lines);
  return {
    width,
    height,
    places,
    ways: lines.map((line) => {
      const { transition, label } = line;
      const [first, last] = [end(line, transition.from), end(line, transition.to)];
      return { transition, label, path: path([first, ...across(line, Math.sign(last.x - first.x)), last]) };
    }),
  };
}

// A way before it is drawn: dagre gives it a point in the middle of each column that it passes, of words and places in turn.
interface Line extends Omit<Way, "path"> {
  between: Point[];
}

// Through a column a way goes straight, so that it crosses no word and no place that stands there.
function across({ between }: Line, direction: number): Point[] {
  return between.flatMap(({ x, y }, column) => {
    const half = (direction * (column % 2 === 0 ? LABEL_WIDTH : PLACE.width)) / 2;
    return [
      { x: x - half, y },
      { x: x + half, y },
    ];
  });
}

// Where ways leave and reach places: at their sides, one below the other in the order of where they come from.
function ends(places: Place[], lines: Line[]): (line: Line, name: string) => Point {
  const found = new Map<string, Point>();
  for (const place of places) {
    for (const side of [-1, 1]) {
      const here = lines
        .flatMap((line) => {
          const { from, to } = line.transition;
          const next = from === place.name ? line.between[0] : to === place.name ? line.between.at(-1) : undefined;
          return next && Math.sign(next.x - place.x) === side ? [{ line, next }] : [];
        })
        .sort((a, b) => a.next.y - b.next.y);
      here.forEach(({ line }, i) =>
        found.set(id(line, place.name), {
          x: place.x + (side * place.width) / 2,
          y: place.y + (i - (here.length - 1) / 2) * APART,
        }),
      );
    }
  }
  return (line, name) => found.get(id(line, name)) ?? line.label;
}

const id = ({ transition: { action, from } }: Line, name: string) => `${action} ${from} ${name}`;

// Straight within columns, and bent between them: it leaves and arrives level.
function path(points: Point[]): string {
  return points
    .map((point, i) => {
      const before = points[i - 1];
      if (!before) return `M${at(point)}`;
      const middle = (before.x + point.x) / 2;
      return `C${at({ x: middle, y: before.y })} ${at({ x: middle, y: point.y })} ${at(point)}`;
    })
    .join("");
}

const at = ({ x, y }: Point) => `${x.toFixed(1)},${y.toFixed(1)}`;
