// The server's clock: ages are told by it, since the browser's may be wrong.
const TOLERATED = 2000; // ms: an HTTP date has whole seconds, and takes its way

class Clock {
  #ahead = 0;

  // The Date header of an answer that has just come.
  told(date: string | null): void {
    const ahead = Date.parse(date ?? "") - Date.now();
    if (!Number.isNaN(ahead)) this.#ahead = Math.abs(ahead) > TOLERATED ? ahead : 0;
  }

  now(): number {
    return Date.now() + this.#ahead;
  }
}

export const clock = new Clock();
