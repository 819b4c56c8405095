/**
 * What is due, earliest first; of equals, the one that came first. A deadline is moved by setting another: what no longer matches is stale
 * and skipped. Stale ones at the front are dropped at once, so memory follows what really waits.
 */
export class Deadlines<T> {
  readonly #current: (item: T) => number | undefined;
  #queue: { readonly at: number; readonly item: T }[] = [];

  /** @param current The deadline of an item as it stands now. */
  constructor(current: (item: T) => number | undefined) {
    this.#current = current;
  }

  /** The earliest deadline. */
  get next(): number | undefined {
    while (this.#queue[0] && this.#current(this.#queue[0].item) !== this.#queue[0].at) this.#queue.shift();
    return this.#queue[0]?.at;
  }

  set(item: T, at: number): void {
    let [low, high] = [0, this.#queue.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#queue[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, { at, item });
  }

  /** Takes one that is due. */
  take(now: number): T | undefined {
    const { next } = this;
    return next !== undefined && next <= now ? this.#queue.shift()?.item : undefined;
  }

  clear(): void {
    this.#queue = [];
  }
}
