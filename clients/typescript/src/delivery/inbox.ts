import { type AckRequest, NO_EPOCH } from "../protocol/packet.js";

/** Where an inbox stands. */
export interface InboxPosition {
  /** The history that the numbers belong to; {@link NO_EPOCH} before the first welcome. */
  readonly epoch: string;
  /** Everything up to here is committed. */
  readonly cursor: number;
}

/** Entries `from ≤ n ≤ to` that this device will never get: they had gone when it came back. */
export interface InboxGap {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** What the shell does about a welcome, in this order, each durable, before it reads on. */
export interface WelcomeStep {
  /** Another history: forget what waits for the handler (it belongs to the old one), and save this position. */
  readonly adopt?: InboxPosition;
  /** To be reported and committed in its place in the stream. */
  readonly gap?: InboxGap;
}

/** What the shell does with a msg:N. */
export type InboxDecision =
  /** The next one: hand it to the handler. */
  | "take"
  /** It is being handled already. */
  | "drop"
  /** It is committed: confirm the cursor once more. */
  | "confirm again"
  /** Something before it is missing: reconnect from the cursor. */
  | "reconnect";

/**
 * The recipient's half: which notified entries are taken, which are dropped as seen, and what is confirmed (PROTOCOL §5, §7).
 * The set of seen ids, which outlives an epoch, is asked by the shell when it commits. A pure state machine.
 */
export class Inbox {
  #receivedTo: number;

  #at: InboxPosition;

  /** Begins where the saved state says. */
  constructor(at: InboxPosition = { epoch: NO_EPOCH, cursor: 0 }) {
    this.#at = at;
    this.#receivedTo = at.cursor;
  }

  /** What hello and ack:R say. */
  get position(): InboxPosition {
    return this.#at;
  }

  /** Everything up to here has been taken: committed, being handled, or waiting for the handler. */
  get received(): number {
    return this.#receivedTo;
  }

  /** The server's welcome. */
  welcomed(epoch: string, resumeAfter: number): WelcomeStep {
    const anotherHistory = epoch !== this.#at.epoch;
    const first = this.#at.epoch === NO_EPOCH;
    const known = anotherHistory ? this.#at.cursor : this.#receivedTo;
    const gap = !first && resumeAfter > known ? { epoch, from: known + 1, to: resumeAfter } : undefined;
    if (anotherHistory) {
      // The entries of the gap are committed with the gap itself; until then the cursor stays before it.
      this.#at = { epoch, cursor: gap ? Math.min(this.#at.cursor, resumeAfter) : resumeAfter };
      this.#receivedTo = resumeAfter;
    } else if (gap) {
      this.#receivedTo = resumeAfter;
    }
    return { ...(anotherHistory && { adopt: this.#at }), ...(gap && { gap }) };
  }

  /** msg:N has come. */
  notified(sequence: number): InboxDecision {
    if (sequence <= this.#at.cursor) return "confirm again";
    if (sequence <= this.#receivedTo) return "drop";
    if (sequence !== this.#receivedTo + 1) return "reconnect";
    this.#receivedTo = sequence;
    return "take";
  }

  /**
   * The shell has committed everything up to `upTo` of `epoch`, with its effects.
   * @returns The confirmation to send; undefined when it belongs to a history that has ended.
   */
  committed(epoch: string, upTo: number): AckRequest | undefined {
    // Beyond what was taken: of a history that was left and returned to while the handler ran.
    if (epoch !== this.#at.epoch || upTo > this.#receivedTo) return undefined;
    this.#at = { epoch, cursor: Math.max(this.#at.cursor, upTo) };
    return { kind: "ack:R", epoch, upTo: this.#at.cursor };
  }
}
