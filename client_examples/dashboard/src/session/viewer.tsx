// Who looks, and the lifecycle as the server has it: asked once, and then there for every component.
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext } from "react";
import { execute } from "../api/execute.ts";
import { type Capability, type ViewerQuery, ViewerDocument } from "../api/generated/graphql.ts";
import { Matrix } from "../lifecycle/matrix.ts";
import { Problem } from "../parts/problem.tsx";

interface Known {
  viewer: ViewerQuery["viewer"];
  matrix: Matrix;
}

const Context = createContext<Known | null>(null);

export function WithViewer({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["viewer"],
    queryFn: ({ signal }) => execute(ViewerDocument, {}, signal),
    staleTime: Infinity,
    select: ({ viewer, transitionMatrix }): Known => ({ viewer, matrix: new Matrix(transitionMatrix) }),
  });
  if (error) return <Problem error={error} again={() => void refetch()} />;
  return data ? <Context value={data}>{children}</Context> : null;
}

function use(): Known {
  const known = useContext(Context);
  if (!known) throw new Error("There is no WithViewer around this component.");
  return known;
}

export const useViewer = () => use().viewer;
export const useMatrix = () => use().matrix;
export const useMay = (capability: Capability) => use().viewer.capabilities.includes(capability);
