/**
 * A queue of what is due, earliest first; of equals, the one that came first. A deadline is moved by setting another: what no
 * longer matches is stale and skipped. Stale ones at the front are dropped at once, so memory follows what really waits.
 */
export class Deadlines<T> {
  #heap: { readonly at: number; readonly order: number; readonly item: T }[] = [];
  #order = 0;

  readonly #current: (item: T) => number | undefined;

  /** @param current The deadline of an item as it stands now. */
  constructor(current: (item: T) => number | undefined) {
    this.#current = current;
  }

  /** The earliest deadline. */
  get next(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.at;
  }

  set(item: T, at: number): void {
    this.#heap.push({ at, order: this.#order++, item });
    this.#rise(this.#heap.length - 1);
    this.#dropStale();
  }

  /** Takes one that is due. */
  take(now: number): T | undefined {
    this.#dropStale();
    const first = this.#heap[0];
    if (!first || first.at > now) return undefined;
    this.#pop();
    return first.item;
  }

  clear(): void {
    this.#heap = [];
  }

  #dropStale(): void {
    for (let first = this.#heap[0]; first && this.#current(first.item) !== first.at; first = this.#heap[0]) this.#pop();
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
  }

  #rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfEarlier(at, parent)) return;
      at = parent;
    }
  }

  #sink(): void {
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = this.#isEarlier(right, left) ? right : left;
      if (!this.#swapIfEarlier(child, at)) return;
      at = child;
    }
  }

  #isEarlier(left: number, right: number): boolean {
    const [l, r] = [this.#heap[left], this.#heap[right]];
    return l !== undefined && r !== undefined && (l.at < r.at || (l.at === r.at && l.order < r.order));
  }

  #swapIfEarlier(at: number, than: number): boolean {
    const [l, r] = [this.#heap[at], this.#heap[than]];
    if (!l || !r || !this.#isEarlier(at, than)) return false;
    this.#heap[at] = r;
    this.#heap[than] = l;
    return true;
  }
}
