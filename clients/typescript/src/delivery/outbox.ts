import { EXPIRED, remedyFor } from "../protocol/codes.js";
import { madeAt } from "../protocol/identities.js";
import { ANSWER_TIMEOUT, REQUESTS_IN_FLIGHT_MAX, RESEND_AFTER, RESEND_AFTER_MAX } from "../protocol/limits.js";
import { compareStates, type MessageState, type MessageStatus } from "../protocol/packet.js";
import { invariant } from "../invariant.js";
import { Deadlines } from "./deadlines.js";
import type { CancelOutcome, OutboxEffect } from "./outbox-effect.js";
import type { OutboxEntry } from "./outbox-entry.js";
import { OutboxLane } from "./outbox-lane.js";

const HELD = "the server holds messages back for one that will not come: it was cancelled, or has been accepted before";
const MARKED_AT_ONCE_MAX = 1_000;

/** The sender's timers, in milliseconds, and its bounds (PROTOCOL §11). */
export interface OutboxOptions {
  /** How long after msg:A the first resend waits for ack:N. */
  readonly confirmationTimeout: number;
  /** The cap of the exponential backoff between resends. */
  readonly backoffMax: number;
  /** The first wait after a retry-later answer; doubles up to {@link backoffMax}. */
  readonly retryBackoff: number;
  /** How long a msg:R may go without any answer before the connection is given up. */
  readonly answerTimeout: number;
  /** How long after a message was stored its status is asked for the first time, at the most. */
  readonly statusSoon: number;
  /** How often the status of stored messages is asked while connected. */
  readonly statusInterval: number;
  /** msg:R without an answer at a time; the server's limit from welcome may lower it. */
  readonly inFlightMax: number;
  /** Ids in one status request. */
  readonly statusBatchMax: number;
}

export const OUTBOX_DEFAULTS: OutboxOptions = {
  confirmationTimeout: RESEND_AFTER,
  backoffMax: RESEND_AFTER_MAX,
  retryBackoff: 1_000,
  answerTimeout: ANSWER_TIMEOUT,
  statusSoon: 60_000,
  statusInterval: 600_000,
  inFlightMax: REQUESTS_IN_FLIGHT_MAX,
  statusBatchMax: 256,
};

/**
 * The sender's wait-ack queue: what is sent, resent, asked about and let go, and when (PROTOCOL §11). In order per recipient;
 * recipients take turns. Time is monotonic milliseconds, so a clock that jumps changes nothing here.
 *
 * A pure state machine: events in, {@link takeEffect | effects} out; no I/O, no clock, no chance but what it is given. The
 * shell has saved a message before it calls {@link add}. The C# client runs the same rules, and `protocol/vectors` holds
 * both to them.
 */
export class Outbox {
  readonly #byId = new Map<string, OutboxEntry>();
  readonly #lanes = new Map<string, OutboxLane>();
  readonly #dueEntries = new Deadlines<OutboxEntry>((entry) => entry.deadline);
  readonly #dueLanes = new Deadlines<OutboxLane>((lane) => lane.heldUntil);
  readonly #unmarked = new Set<OutboxEntry>();
  #round: OutboxLane[] = [];
  #toAsk: OutboxLane[] = [];
  #effects: OutboxEffect[] = [];
  #asked: readonly OutboxEntry[] | undefined;
  #lastNumber = 0;
  #marking = false;
  #connectedNow = false;
  #inFlight = 0;
  #inFlightMax: number;
  #answerAwaitedSince = 0;
  #askedAt = 0;
  // While connected: when all that is stored is asked about, and when what has been stored since it was.
  #nextSweep = Infinity;
  #soonSweep = Infinity;

  readonly #random: () => number;
  readonly #options: OutboxOptions;

  /** @param random The source of jitter: 0 ≤ x < 1. */
  constructor(random: () => number, options: OutboxOptions = OUTBOX_DEFAULTS) {
    this.#random = random;
    this.#options = options;
    this.#inFlightMax = options.inFlightMax;
  }

  /** Every message that it holds, in no particular order. */
  get entries(): Iterable<OutboxEntry> {
    return this.#byId.values();
  }

  /** How many messages it holds, in any state. */
  get size(): number {
    return this.#byId.size;
  }

  /** The next thing the shell has to do, in order. */
  takeEffect(): OutboxEffect | undefined {
    return this.#effects.shift();
  }

  // ---- events from the application ---------------------------------------------------------

  /** A saved message: a new one, or one found after a restart. Numbers rise from call to call. */
  add(entry: OutboxEntry, now: number): void {
    invariant(entry.number > this.#lastNumber, "messages join the outbox in the order of the send() calls");
    this.#lastNumber = entry.number;
    this.#byId.set(entry.id, entry);
    if (!entry.transmitted) this.#unmarked.add(entry);
    if (entry.state === "waiting") this.#queue(entry);
    else if (this.#connectedNow) this.#ask(entry);
    this.#pump(now);
  }

  /** The entry gets another id, which the shell has saved. Only ever before it is transmitted. */
  remake(entry: OutboxEntry, id: string): void {
    invariant(!entry.transmitted, "a transmitted id never changes");
    if (this.#byId.delete(entry.id)) {
      entry.id = id;
      this.#byId.set(id, entry);
    }
  }

  /** The answer to the effect `mark`: it is saved that these may leave the device. */
  marked(entries: readonly OutboxEntry[], now: number): void {
    this.#marking = false;
    for (const entry of entries) {
      entry.transmitted = true;
      if (entry.queued) this.#joinRound(this.#lane(entry.to));
    }
    this.#pump(now);
  }

  /** The application no longer wants it sent. Certain only before the first transmission. */
  cancel(id: string): CancelOutcome {
    const entry = this.#byId.get(id);
    if (!entry) return "not waiting";
    // The server may hold this session's later messages back until this id comes again, which it never will.
    if (entry.heldBack) this.#reconnect(HELD);
    this.#remove(entry);
    return entry.transmitted ? "may still arrive" : "cancelled";
  }

  /** Lets go of messages that the server holds and whose id was made before this Unix time in milliseconds: the horizon. */
  forget(before: number): void {
    for (const entry of [...this.#byId.values()]) {
      if (entry.state === "stored" && !entry.queued && madeAt(entry.id) < before) {
        this.#remove(entry);
        this.#effects.push({ do: "leave", entry });
      }
    }
  }

  // ---- events from the connection ----------------------------------------------------------

  /**
   * Welcome has come: everything without msg:A is sent in order, for the rest the status is asked. A server that was restored
   * from a backup may have lost what it had accepted, so nothing new to a recipient passes what was accepted before until the
   * status of that is known.
   */
  connected(requestsInFlightMax: number, now: number): void {
    this.disconnected();
    this.#connectedNow = true;
    this.#inFlightMax = Math.max(1, Math.min(requestsInFlightMax, this.#options.inFlightMax));
    this.#nextSweep = now + this.#options.statusInterval;
    this.#soonSweep = Infinity;
    for (const entry of this.#byId.values()) {
      if (entry.queued) {
        this.#joinRound(this.#lane(entry.to));
      } else {
        this.#ask(entry);
        this.#lane(entry.to).statusesAwaited++;
      }
    }
    this.#pump(now);
  }

  /** The connection has ended; what was in flight is of unknown fate. */
  disconnected(): void {
    this.#connectedNow = false;
    this.#inFlight = 0;
    this.#asked = undefined;
    this.#dueEntries.clear();
    this.#dueLanes.clear();
    this.#round = [];
    this.#toAsk = [];
    for (const lane of this.#lanes.values()) {
      lane.backToHead();
      lane.heldUntil = undefined;
      lane.statusesAwaited = 0;
      lane.toAsk = [];
      lane.inRound = false;
    }
    for (const entry of this.#byId.values()) {
      entry.inFlight = false;
      entry.heldBack = false;
      entry.deadline = undefined;
    }
  }

  /** msg:A. */
  acknowledged(id: string, now: number): void {
    const entry = this.#byId.get(id);
    if (entry) {
      this.#answered(entry, now);
      this.#accept(entry, "accepted", now);
    }
    this.#pump(now);
  }

  /** An error that answers one msg:R. */
  errored(id: string, code: number, text: string, retryAfter: number, now: number): void {
    const entry = this.#byId.get(id);
    const later = remedyFor(code) === "retry later";
    if (entry) {
      this.#answered(entry, now);
      if (later) {
        this.#retryLater(entry, retryAfter, now);
      } else if (entry.queued || code === EXPIRED) {
        this.#remove(entry);
        this.#effects.push({ do: "refused", entry, code, text });
      } else {
        // It was accepted before, and a state never falls: a rule that has changed since refuses the resend alone.
        this.#ask(entry);
      }
    } else if (later) {
      // It left, cancelled or delivered, while its answer was under way; see cancel and accept.
      this.#reconnect(HELD);
    }
    this.#pump(now);
  }

  /** ack:N. */
  reported(ids: readonly string[], state: MessageState, now: number): void {
    for (const id of ids) {
      const entry = this.#byId.get(id);
      if (entry) this.#accept(entry, state, now);
    }
    this.#pump(now);
  }

  /** The answer to a status request. */
  statusReported(statuses: readonly MessageStatus[], now: number): void {
    for (const status of statuses) {
      const entry = this.#byId.get(status.id);
      if (!entry || entry.queued) continue;
      if (status.forgotten) {
        this.#remove(entry);
        const text = "The server has forgotten this id; its outcome is unknown.";
        this.#effects.push({ do: "refused", entry, code: EXPIRED, text });
      } else if (status.state === "waiting") {
        // Restored from a backup, the server does not have it: the same message again, in its place.
        entry.deadline = undefined;
        this.#queue(entry);
      } else {
        this.#accept(entry, status.state, now);
      }
    }
    for (const entry of this.#asked ?? []) this.#noLongerAsked(entry, now);
    this.#asked = undefined;
    this.#pump(now);
  }

  // ---- time --------------------------------------------------------------------------------

  /** When {@link advance} has something to do; undefined when never. */
  get nextDeadline(): number | undefined {
    if (!this.#connectedNow) return undefined;
    return Math.min(
      this.#nextSweep,
      this.#soonSweep,
      this.#dueLanes.next ?? Infinity,
      // Without room in flight a due resend waits for an answer, not for the clock.
      (this.#inFlight < this.#inFlightMax ? this.#dueEntries.next : undefined) ?? Infinity,
      this.#overdueAt(this.#inFlight > 0, this.#answerAwaitedSince),
      this.#overdueAt(this.#asked, this.#askedAt),
    );
  }

  /** Time has passed: resends, ends of holds, questions. Late calls are harmless. */
  advance(now: number): void {
    if (!this.#connectedNow) return;
    const requestOverdue = now >= this.#overdueAt(this.#inFlight > 0, this.#answerAwaitedSince);
    if (requestOverdue || now >= this.#overdueAt(this.#asked, this.#askedAt)) {
      this.#answerAwaitedSince = this.#askedAt = now;
      this.#reconnect(`no answer to a ${requestOverdue ? "msg" : "status"}:R within ${this.#options.answerTimeout / 1000} s`);
      return;
    }
    for (let lane = this.#dueLanes.take(now); lane; lane = this.#dueLanes.take(now)) {
      lane.heldUntil = undefined;
      lane.backToHead();
      this.#joinRound(lane);
      this.#dropIfIdle(lane);
    }
    const all = now >= this.#nextSweep;
    if (all || now >= this.#soonSweep) {
      if (all) this.#nextSweep = now + this.#options.statusInterval;
      this.#soonSweep = Infinity;
      for (const entry of this.#byId.values()) {
        if (entry.state === "stored" && !entry.queued && entry.deadline === undefined && (all || entry.askSoon)) this.#ask(entry);
      }
    }
    this.#pump(now);
  }

  // ---- inside ------------------------------------------------------------------------------

  /** When a question that is under way has gone without an answer for too long. */
  #overdueAt(underWay: unknown, since: number): number {
    return underWay ? since + this.#options.answerTimeout : Infinity;
  }

  #lane(to: string): OutboxLane {
    let lane = this.#lanes.get(to);
    if (!lane) this.#lanes.set(to, (lane = new OutboxLane(to)));
    return lane;
  }

  #queue(entry: OutboxEntry): void {
    const lane = this.#lane(entry.to);
    lane.insert(entry);
    this.#joinRound(lane);
  }

  #joinRound(lane: OutboxLane): void {
    if (this.#connectedNow && !lane.inRound && lane.open && lane.next?.transmitted) {
      lane.inRound = true;
      this.#round.push(lane);
    }
  }

  #ask(entry: OutboxEntry): void {
    const lane = this.#lane(entry.to);
    if (lane.toAsk.length === 0) this.#toAsk.push(lane);
    entry.askSoon = false;
    lane.toAsk.push(entry);
  }

  #pump(now: number): void {
    if (!this.#connectedNow) return;
    if (!this.#marking && this.#unmarked.size > 0) this.#markNext();
    const lane = this.#toAsk[0];
    if (!this.#asked && lane) this.#askNext(lane, now);
    while (this.#inFlight < this.#inFlightMax) {
      const due = this.#dueEntries.take(now);
      if (!due) break;
      due.deadline = undefined;
      due.attempts++;
      this.#transmit(due, now);
    }
    while (this.#inFlight < this.#inFlightMax) {
      const next = this.#round.shift();
      if (!next) break;
      this.#sendNext(next, now);
    }
  }

  #markNext(): void {
    const entries = [...this.#unmarked].slice(0, MARKED_AT_ONCE_MAX);
    for (const entry of entries) this.#unmarked.delete(entry);
    this.#marking = true;
    this.#effects.push({ do: "mark", entries });
  }

  #askNext(lane: OutboxLane, now: number): void {
    const entries = lane.toAsk.splice(0, this.#options.statusBatchMax);
    if (lane.toAsk.length === 0) this.#toAsk.shift();
    this.#asked = entries;
    this.#askedAt = now;
    this.#effects.push({ do: "ask", to: lane.to, ids: entries.map((entry) => entry.id) });
  }

  #sendNext(lane: OutboxLane, now: number): void {
    lane.inRound = false;
    const entry = lane.next;
    if (lane.open && entry?.transmitted) {
      lane.advance();
      this.#transmit(entry, now);
      this.#joinRound(lane);
    }
    this.#dropIfIdle(lane);
  }

  #transmit(entry: OutboxEntry, now: number): void {
    invariant(entry.transmitted, "a message is marked before it leaves the device");
    if (!entry.inFlight) {
      entry.inFlight = true;
      if (this.#inFlight++ === 0) this.#answerAwaitedSince = now;
    }
    this.#effects.push({ do: "transmit", entry });
  }

  #answered(entry: OutboxEntry, now: number): void {
    this.#answerAwaitedSince = now;
    entry.heldBack = false;
    this.#landed(entry);
  }

  #landed(entry: OutboxEntry): void {
    if (entry.inFlight) {
      entry.inFlight = false;
      this.#inFlight--;
    }
  }

  #accept(entry: OutboxEntry, state: MessageState, now: number): void {
    // An older connection's request got through late. The server holds this one's messages until this id comes, which it need not.
    if (entry.heldBack && !entry.inFlight) this.#reconnect(HELD);
    if (state === "delivered") {
      this.#remove(entry);
      this.#effects.push({ do: "delivered", entry });
      return;
    }

    const wasQueued = entry.queued;
    if (wasQueued) {
      entry.queued = false;
      entry.heldBack = false;
      const lane = this.#lane(entry.to);
      lane.retries = 0;
      this.#joinRound(lane);
    }
    if (compareStates(state, entry.state) > 0) {
      entry.state = state;
      this.#effects.push({ do: "raise", entry, state });
      if (state === "stored") {
        // Who was only between two connections has it soon, and the news of that may be lost inside the server.
        entry.askSoon = true;
        this.#soonSweep = Math.min(this.#soonSweep, now + this.#options.statusSoon);
      }
    }
    if (state === "stored" || (entry.state === "stored" && !wasQueued)) {
      // The recipient is away: resending would only wake the server. Its status is asked now and then.
      entry.deadline = undefined;
    } else if (this.#connectedNow && entry.deadline === undefined) {
      const { confirmationTimeout } = this.#options;
      this.#wake(entry, now + (entry.attempts === 0 ? confirmationTimeout : this.#jitter(confirmationTimeout, entry.attempts)));
    }
  }

  #retryLater(entry: OutboxEntry, retryAfter: number, now: number): void {
    const { retryBackoff } = this.#options;
    entry.heldBack = true;
    if (!entry.queued) {
      this.#wake(entry, now + Math.max(retryAfter, this.#jitter(retryBackoff, ++entry.attempts)));
      return;
    }
    const lane = this.#lane(entry.to);
    if (lane.head === entry || lane.heldUntil === undefined) {
      lane.retries++;
      lane.heldUntil = now + Math.max(retryAfter, this.#jitter(retryBackoff, lane.retries));
      this.#dueLanes.set(lane, lane.heldUntil);
    }
  }

  #noLongerAsked(entry: OutboxEntry, now: number): void {
    const lane = this.#lane(entry.to);
    lane.statusesAwaited = Math.max(0, lane.statusesAwaited - 1);
    this.#joinRound(lane);
    this.#dropIfIdle(lane);
    if (!entry.queued && entry.state === "accepted" && entry.deadline === undefined && this.#byId.has(entry.id)) {
      // The answer left it out; its own timer asks again.
      this.#wake(entry, now + this.#options.confirmationTimeout);
    }
  }

  #wake(entry: OutboxEntry, at: number): void {
    entry.deadline = at;
    this.#dueEntries.set(entry, at);
  }

  /** Exponential backoff with full jitter: any time up to the doubled step. */
  #jitter(step: number, attempts: number): number {
    return this.#random() * Math.min(this.#options.backoffMax, step * 2 ** Math.min(attempts, 30));
  }

  #reconnect(reason: string): void {
    this.#effects.push({ do: "reconnect", reason });
  }

  #remove(entry: OutboxEntry): void {
    this.#byId.delete(entry.id);
    this.#unmarked.delete(entry);
    entry.deadline = undefined;
    this.#landed(entry);
    const lane = this.#lanes.get(entry.to);
    if (!lane) return;
    if (entry.queued) lane.remove(entry);
    this.#joinRound(lane);
    this.#dropIfIdle(lane);
  }

  #dropIfIdle(lane: OutboxLane): void {
    if (lane.idle) this.#lanes.delete(lane.to);
  }
}
