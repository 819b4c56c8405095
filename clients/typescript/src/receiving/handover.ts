import { ClosedError } from "../errors.js";
import type { Message } from "../message.js";

/**
 * Lets a loop stand where a handler does: each message is handed over, and counts as handled when the next is asked for. Whoever goes
 * without asking has not handled the last one.
 */
export class Handover {
  #message: Message | undefined;
  #asked: (() => void) | undefined;
  #gone: unknown;
  #wake: (() => void) | undefined;
  #closed = false;

  /** The handler's end. */
  readonly hand = (message: Message, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      this.#asked = resolve;
      this.#gone = undefined;
      signal.addEventListener("abort", () => {
        this.#asked = undefined;
        this.#gone = signal.reason;
        reject(signal.reason as Error);
      });
      this.#message = message;
      this.#wake?.();
    });

  /**
   * The loop's end: confirms the message before, and waits for the next.
   * @returns undefined when the client was closed.
   * @throws ClosedError when it was closed before the last message could be confirmed, which therefore comes again.
   */
  async next(signal?: AbortSignal): Promise<Message | undefined> {
    if (this.#gone !== undefined)
      throw new ClosedError("The client was closed while a message was being read. It is not confirmed, and comes again.");
    this.#asked?.();
    this.#asked = undefined;
    while (!this.#message && !this.#closed) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal?.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    const message = this.#message;
    this.#message = undefined;
    return message;
  }

  /** No message comes any more. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }
}
