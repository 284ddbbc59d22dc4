// A choice that is kept as long as the key is: for this tab, until it is closed or signed out of.
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

export function keep(name: string, value: string): void {
  if (sessionStorage.getItem(name) === value) return;
  sessionStorage.setItem(name, value);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useKept(name: string, otherwise: string): string {
  return useSyncExternalStore(subscribe, () => sessionStorage.getItem(name) ?? otherwise);
}
