import type { MessageState } from "../protocol/packet.js";

/** One message in the outbox. Bodies stay with the shell. */
export class OutboxEntry {
  /** It may have left the device; saved before it does. */
  transmitted: boolean;
  /** It stands in its lane for a msg:R that gets it accepted, for the first time or again after a restore. */
  queued = false;
  /** A msg:R of this connection has no answer yet. */
  inFlight = false;
  /** It was told to retry later on this connection: the server may hold its lane for it. */
  heldBack = false;
  /** It has been stored since the last question about it. */
  askSoon = false;
  /** Resends since it was accepted. */
  attempts = 0;
  /** Monotonic time of its next timer, in milliseconds; older timers in the queue are stale. */
  deadline: number | undefined;

  /**
   * @param number Its place in the order of the `send` calls of this device.
   * @param id Its id; may be remade until it is {@link transmitted}, never after.
   * @param to The recipient.
   * @param state The highest state known. It never falls, also when a restored server must be told the message again.
   * @param transmitted Whether it may have left the device.
   */
  constructor(
    readonly number: number,
    public id: string,
    readonly to: string,
    public state: MessageState = "waiting",
    transmitted = false,
  ) {
    this.transmitted = transmitted || state !== "waiting";
  }
}
