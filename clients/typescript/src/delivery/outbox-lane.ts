import type { OutboxEntry } from "./outbox-entry.js";

/**
 * What waits for msg:A on its way to one recipient, in the order of the `send` calls. Everything before `next` has been sent
 * on this connection; going back to the head sends all of it again, in order, so that nothing overtakes what was told to
 * retry later.
 */
export class OutboxLane {
  /** Until when the server's retry-later holds this lane. */
  heldUntil: number | undefined;
  /** Retry-later answers in a row. */
  retries = 0;
  /** Messages whose status must be known before anything new may pass them. */
  statusesAwaited = 0;
  /** Accepted messages whose status is to be asked. */
  toAsk: OutboxEntry[] = [];
  /** It stands in the round of lanes that have something to send. */
  inRound = false;

  #entries: OutboxEntry[] = [];
  #nextAt = 0;

  constructor(readonly to: string) {}

  get open(): boolean {
    return this.heldUntil === undefined && this.statusesAwaited === 0;
  }

  /** Nothing waits here, nothing is asked and nobody holds it: it need not be remembered. */
  get idle(): boolean {
    return this.head === undefined && this.toAsk.length === 0 && this.open && !this.inRound;
  }

  /** The oldest that waits. */
  get head(): OutboxEntry | undefined {
    this.#dropAnswered();
    return this.#entries[0];
  }

  /** The one to be sent next. */
  get next(): OutboxEntry | undefined {
    this.#dropAnswered();
    while (this.#entries[this.#nextAt]?.queued === false) this.#nextAt++;
    return this.#entries[this.#nextAt];
  }

  /** Puts an entry in its place in the order; nearly always the last. */
  insert(entry: OutboxEntry): void {
    entry.queued = true;
    let place = this.#entries.length;
    while ((this.#entries[place - 1]?.number ?? 0) > entry.number) place--;
    this.#entries.splice(place, 0, entry);
    // What stands behind a latecomer must follow it, also when it has been sent before.
    this.#nextAt = Math.min(this.#nextAt, place);
  }

  /** Takes an entry out, wherever it stands. */
  remove(entry: OutboxEntry): void {
    entry.queued = false;
    const place = this.#entries.indexOf(entry);
    if (place < 0) return;
    this.#entries.splice(place, 1);
    if (place < this.#nextAt) this.#nextAt--;
  }

  advance(): void {
    this.#nextAt++;
  }

  backToHead(): void {
    this.#nextAt = 0;
  }

  #dropAnswered(): void {
    let answered = 0;
    while (this.#entries[answered]?.queued === false) answered++;
    if (answered === 0) return;
    this.#entries.splice(0, answered);
    this.#nextAt = Math.max(0, this.#nextAt - answered);
  }
}
