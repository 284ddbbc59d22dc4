// The API key: kept for this tab until it is closed, in no address and in no lasting storage.
const NAME = "interlock-key";

class Session {
  key = globalThis.sessionStorage?.getItem(NAME) ?? null; // outside of a browser there is none
  // Why it ended, if the server ended it.
  reason = "";
  #listeners = new Set<() => void>();

  begin(key: string): void {
    sessionStorage.setItem(NAME, key);
    this.#become(key, "");
  }

  end(reason = ""): void {
    sessionStorage.clear(); // with the choices that were kept
    this.#become(null, reason);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #become(key: string | null, reason: string): void {
    this.key = key;
    this.reason = reason;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session();
