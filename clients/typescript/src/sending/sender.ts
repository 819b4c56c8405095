import type { Connection } from "../connections/connection.js";
import { delay } from "../connections/backoff.js";
import type { ServerClock } from "../connections/server-clock.js";
import { Outbox } from "../delivery/outbox.js";
import type { CancelOutcome, OutboxEffect } from "../delivery/outbox-effect.js";
import { OutboxEntry } from "../delivery/outbox-entry.js";
import { type Body, toWire } from "../protocol/body.js";
import { BODY_TOO_LARGE, EXPIRED, CLOCK_SKEW } from "../protocol/codes.js";
import type { MessageState, Packet, Welcome } from "../protocol/packet.js";
import type { Change, Outcome, Store, StoredMessage } from "../stores/store.js";

const WRITE_AGAIN_AFTER = 5_000;

/** What the sender has to tell. */
export interface SenderEvents {
  /** A message stands higher, or has another id. */
  stands(number: number, id: string, state: MessageState): void;
  /** A message has left the outbox. */
  ended(number: number, outcome: Outcome): void;
  storeFailed(fault: unknown): void;
  defect(cause: unknown): void;
}

/** The shell around the {@link Outbox}: saves, sends, tells. It lives in the one tab that has the connection. */
export class Sender {
  readonly #outbox = new Outbox(Math.random);
  readonly #rows = new Map<number, { readonly entry: OutboxEntry; readonly bodyBytes: number; body: Body | undefined }>();
  readonly #stopping = new AbortController();
  #connection: Connection | undefined;
  #welcome: Welcome | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastNumber = 0;
  #looking: Promise<void> | undefined;
  #lookAgain = false;

  readonly #store: Store;
  readonly #clock: ServerClock;
  readonly #events: SenderEvents;

  constructor(store: Store, clock: ServerClock, events: SenderEvents) {
    this.#store = store;
    this.#clock = clock;
    this.#events = events;
  }

  /** A message that is saved now may leave at once: it is saved as one that may have left, which spares a write. */
  get sendsAtOnce(): boolean {
    const limit = this.#welcome?.limits.requestsInFlightMax ?? 0;
    return this.#outbox.size < limit;
  }

  /** A message was saved by this tab. Others may have saved some before it. */
  offer(row: StoredMessage, body: Body): Promise<void> {
    if (this.#looking || row.number !== this.#lastNumber + 1) return this.look();
    this.#add(row, body);
    return Promise.resolve();
  }

  /** Takes in what was saved since the last look, by whomever. */
  look(): Promise<void> {
    this.#lookAgain = true;
    return (this.#looking ??= this.#readOn().finally(() => (this.#looking = undefined)));
  }

  /** Where a message stands now, for a tab that may not have been told. */
  async tell(number: number): Promise<void> {
    const row = this.#rows.get(number);
    if (row) {
      this.#events.stands(number, row.entry.id, row.entry.state);
      return;
    }
    const outcome = await this.#store.outcome(number);
    if (outcome) this.#events.ended(number, outcome);
  }

  async cancel(number: number): Promise<CancelOutcome> {
    await this.look();
    const row = this.#rows.get(number);
    const before = await this.#store.outcome(number);
    if (before?.end === "cancelled") return before.outcome;
    const outcome = row ? this.#outbox.cancel(row.entry.id) : "not waiting";
    if (outcome !== "not waiting") {
      this.#carryOut();
      await this.#leave(number, { end: "cancelled", outcome });
    }
    return outcome;
  }

  // ---- the connection ----------------------------------------------------------------------

  connected(connection: Connection, welcome: Welcome): void {
    this.#connection = connection;
    this.#welcome = welcome;
    this.#outbox.forget(this.#clock.now - this.#clock.horizon);
    this.#outbox.connected(welcome.limits.requestsInFlightMax, performance.now());
    this.#carryOut();
  }

  disconnected(): void {
    this.#connection = undefined;
    this.#welcome = undefined;
    this.#outbox.disconnected();
    this.#carryOut();
  }

  received(packet: Packet): void {
    const now = performance.now();
    switch (packet.kind) {
      case "msg:A":
        this.#outbox.acknowledged(packet.id, now);
        break;
      case "error":
        this.#outbox.errored(packet.id, packet.code, packet.text, packet.retryAfterMilliseconds ?? 0, now);
        // Its clock was set back since welcome. Without a new one every further id would be refused as well.
        if (packet.code === CLOCK_SKEW && this.#clock.accepts(packet.id)) {
          this.#connection?.end({ reason: "the server's clock is no longer where it said" });
        }
        break;
      case "ack:N":
        this.#outbox.reported(packet.ids, packet.state, now);
        break;
      case "status:A":
        this.#outbox.statusReported(packet.statuses, now);
        break;
    }
    this.#carryOut();
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#stopping.abort();
    this.#connection = undefined;
    clearTimeout(this.#timer);
  }

  // ---- inside ------------------------------------------------------------------------------

  async #readOn(): Promise<void> {
    while (this.#lookAgain && !this.#stopping.signal.aborted) {
      this.#lookAgain = false;
      for (const row of await this.#store.messagesAfter(this.#lastNumber)) this.#add(row, undefined);
    }
  }

  #add(row: StoredMessage, body: Body | undefined): void {
    if (row.number <= this.#lastNumber) return;
    this.#lastNumber = row.number;
    const entry = new OutboxEntry(row.number, row.id, row.to, row.state, row.transmitted);
    this.#rows.set(row.number, { entry, bodyBytes: row.bodyBytes, body });
    this.#outbox.add(entry, performance.now());
    this.#carryOut();
  }

  #carryOut(): void {
    try {
      for (let effect = this.#outbox.takeEffect(); effect; effect = this.#outbox.takeEffect()) this.#carryOutOne(effect);
    } catch (cause) {
      this.#events.defect(cause);
    }
    clearTimeout(this.#timer);
    const deadline = this.#outbox.nextDeadline;
    if (deadline === undefined || this.#stopping.signal.aborted) return;
    this.#timer = setTimeout(
      () => {
        this.#outbox.advance(performance.now());
        this.#carryOut();
      },
      Math.max(0, Math.ceil(deadline - performance.now())),
    );
  }

  #carryOutOne(effect: OutboxEffect): void {
    switch (effect.do) {
      case "transmit":
        this.#transmit(effect.entry);
        break;
      case "mark":
        void this.#mark(effect.entries);
        break;
      case "ask":
        this.#connection?.post({ kind: "status:R", to: effect.to, ids: effect.ids });
        break;
      case "raise":
        this.#raise(effect.entry, effect.state);
        break;
      case "delivered":
        this.#tellEnd(effect.entry.number, { end: "delivered" });
        void this.#insist([{ change: "remove", number: effect.entry.number, outcome: { end: "delivered" } }]);
        break;
      case "refused":
        void this.#leave(effect.entry.number, { end: "refused", code: effect.code, text: effect.text });
        break;
      case "leave": {
        const text = "it is stored at the server, and too old for its delivery to be followed further";
        void this.#leave(effect.entry.number, { end: "refused", code: EXPIRED, text });
        break;
      }
      case "reconnect":
        this.#connection?.end({ reason: effect.reason });
        break;
    }
  }

  #transmit(entry: OutboxEntry): void {
    const row = this.#rows.get(entry.number);
    if (!row || !this.#connection) return;
    const max = this.#welcome?.limits.bodyBytesMax ?? Infinity;
    if (row.bodyBytes > max) {
      // Sent all the same, it could be longer than the longest packet, and would end every connection.
      const text = `its body of ${row.bodyBytes} bytes is larger than the server's limit of ${max}`;
      this.#outbox.errored(entry.id, BODY_TOO_LARGE, text, 0, performance.now());
      return;
    }
    this.#connection.post(async () => {
      const body = row.body ?? (await this.#store.body(entry.number));
      return body !== undefined && this.#rows.has(entry.number)
        ? { kind: "msg:R", id: entry.id, to: entry.to, ...toWire(body) }
        : undefined;
    });
  }

  /** Durably: these may have left the device. Ids that the server would refuse are made anew, now or never. */
  async #mark(entries: readonly OutboxEntry[]): Promise<void> {
    const ids = new Map(entries.map((entry) => [entry, this.#clock.accepts(entry.id) ? entry.id : this.#clock.newId()]));
    if (!(await this.#insist(entries.map((entry) => ({ change: "mark", number: entry.number, id: ids.get(entry) ?? entry.id }))))) return;
    for (const [entry, id] of ids) {
      if (entry.id === id) continue;
      this.#outbox.remake(entry, id);
      this.#events.stands(entry.number, id, entry.state);
    }
    this.#outbox.marked(entries, performance.now());
    this.#carryOut();
  }

  #raise(entry: OutboxEntry, state: MessageState): void {
    const row = this.#rows.get(entry.number);
    // The recipient is away; its body is read back when it is wanted.
    if (row && state === "stored") row.body = undefined;
    this.#events.stands(entry.number, entry.id, state);
    // Losing it costs a question.
    void this.#insist([{ change: "raise", number: entry.number, state }]);
  }

  /**
   * The outbox has given it up. The application, which may send it anew, is told when the row has gone: told before, it would
   * hear of the same message again after a restart.
   */
  async #leave(number: number, outcome: Outcome): Promise<void> {
    if (await this.#insist([{ change: "remove", number, outcome }])) this.#tellEnd(number, outcome);
  }

  #tellEnd(number: number, outcome: Outcome): void {
    this.#rows.delete(number);
    this.#events.ended(number, outcome);
  }

  /** Writes until it succeeds. @returns False when the client was closed before. */
  async #insist(changes: readonly Change[]): Promise<boolean> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#store.write(changes);
        return true;
      } catch (fault) {
        if (this.#stopping.signal.aborted) break;
        this.#events.storeFailed(fault);
        await delay(WRITE_AGAIN_AFTER, this.#stopping.signal);
      }
    }
    return false;
  }
}
