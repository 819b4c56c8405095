import { ClosedError } from "../errors.js";
import type { Message } from "../message.js";
import { Bell } from "./bell.js";

/**
 * Lets a loop stand where a handler does: each message is handed over, and counts as handled when the next is asked for. Whoever goes
 * without asking has not handled the last one.
 */
export class Handover {
  #message: Message | undefined;
  #asked: (() => void) | undefined;
  #gone: unknown;
  readonly #bell = new Bell();
  #closed = false;

  /** The handler's end. */
  readonly hand = (message: Message, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#asked = undefined;
        this.#gone = signal.reason;
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#gone = undefined;
      this.#asked = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      this.#message = message;
      this.#bell.ring();
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
      await this.#bell.wait(signal);
    }
    const message = this.#message;
    this.#message = undefined;
    return message;
  }

  /** No message comes any more. */
  close(): void {
    this.#closed = true;
    this.#bell.ring();
  }
}
