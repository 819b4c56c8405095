import { ClosedError, MessageCancelledError, MessageRefusedError } from "../errors.js";
import type { Outcome, StoredMessage } from "../stores/store.js";

/** Where a sent message stands: each word is true when it is said, and states only rise. */
export type SentState =
  /** In this device's outbox, durably. */
  | "waiting"
  /** On the server's disk. */
  | "accepted"
  /** On the server's disk, and no receiving session of the recipient was known at that moment. */
  | "stored"
  /** A device of the recipient has committed it. */
  | "delivered"
  /** The server will not take it, or can no longer tell. */
  | "refused"
  /** It was cancelled. */
  | "cancelled";

/** A state that one can wait for. */
export type AwaitedState = "accepted" | "stored" | "delivered";

const ORDER: readonly SentState[] = ["waiting", "accepted", "stored", "delivered"];

interface Waiter {
  readonly state: AwaitedState;
  readonly resolve: () => void;
  readonly reject: (cause: Error) => void;
}

/** A message in the outbox, from `send` or found there after a restart. */
export class SentMessage {
  #waiters: Waiter[] = [];
  #failure: Error | undefined;
  #current: SentState;
  #currentId: string;

  /** The recipient. */
  readonly to: string;
  /** Its place in the order of this device's outbox. */
  readonly number: number;

  /** @internal */
  constructor({ number, id, to, state }: StoredMessage) {
    this.number = number;
    this.#currentId = id;
    this.to = to;
    this.#current = state;
  }

  /**
   * Its id. It may be made anew until the message first leaves the device, if it shows then that this device's clock was wrong;
   * from then on it never changes.
   */
  get id(): string {
    return this.#currentId;
  }

  /** Where it stands, as far as this device knows. */
  get state(): SentState {
    return this.#current;
  }

  /** Resolves when the message is on the server's disk; see {@link when}. */
  get accepted(): Promise<void> {
    return this.when("accepted");
  }

  /** Resolves when a device of the recipient has committed the message; see {@link when}. */
  get delivered(): Promise<void> {
    return this.when("delivered");
  }

  /**
   * Resolves when the message stands at `state` or higher.
   * @param options.signal Ends the waiting, not the sending.
   * @throws MessageRefusedError when the server will not take it, or can no longer tell.
   * @throws MessageCancelledError when it was cancelled.
   * @throws ClosedError when the client was closed before; the message waits for the store to be opened again.
   */
  when(state: AwaitedState, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const abort = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(signal?.reason as Error);
      };
      const free = (): void => signal?.removeEventListener("abort", abort);
      const waiter: Waiter = {
        state,
        resolve: () => {
          free();
          resolve();
        },
        reject: (cause) => {
          free();
          reject(cause);
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiters.push(waiter);
      this.#settle();
    });
  }

  /** @internal The state rises; a weaker report that comes late changes nothing. */
  rise(state: SentState, id = this.#currentId): void {
    this.#currentId = id;
    if (this.#failure || ORDER.indexOf(state) <= ORDER.indexOf(this.#current)) return;
    this.#current = state;
    this.#settle();
  }

  /** @internal It has left the outbox. */
  end(outcome: Outcome): void {
    if (outcome.end === "delivered") {
      this.rise("delivered");
    } else if (outcome.end === "refused") {
      // On the server, and too old to be asked about: its state stands.
      if (outcome.text !== "") this.#current = "refused";
      this.fail(new MessageRefusedError(outcome.code, `The message to ${this.to} was refused: ${outcome.text} (${outcome.code})`));
    } else {
      this.#current = "cancelled";
      this.fail(new MessageCancelledError(outcome.outcome === "may still arrive"));
    }
  }

  /** @internal Nobody follows it any more. */
  fail(cause: Error = new ClosedError()): void {
    this.#failure ??= cause;
    this.#settle();
  }

  /** @internal Nothing more can become of it here. */
  get hasEnded(): boolean {
    return this.#failure !== undefined || this.#current === "delivered";
  }

  #settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (ORDER.indexOf(this.#current) >= ORDER.indexOf(waiter.state)) waiter.resolve();
      else if (this.#failure) waiter.reject(this.#failure);
      else this.#waiters.push(waiter);
    }
  }
}
