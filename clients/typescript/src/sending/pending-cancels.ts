import type { CancelOutcome } from "../delivery/outbox-effect.js";
import { StoreError } from "../errors.js";
import type { Notice, Wish } from "../tabs/notices.js";

interface Call {
  readonly number: number;
  readonly resolve: (outcome: CancelOutcome) => void;
  readonly reject: (cause: Error) => void;
}

type Answer = Extract<Notice, { notice: "cancelled" | "not cancelled" }>;

/** Cancellations that the owner has not answered yet. Asking twice is harmless: the first outcome is remembered. */
export class PendingCancels {
  readonly #calls = new Map<string, Call>();

  readonly #wish: (wish: Wish) => void;

  constructor(wish: (wish: Wish) => void) {
    this.#wish = wish;
  }

  ask(number: number): Promise<CancelOutcome> {
    return new Promise((resolve, reject) => {
      // No other tab may have the same.
      const call = crypto.getRandomValues(new Uint32Array(4)).join("-");
      this.#calls.set(call, { number, resolve, reject });
      this.#wish({ wish: "cancel", number, call });
    });
  }

  askAgain(): void {
    for (const [call, { number }] of this.#calls) this.#wish({ wish: "cancel", number, call });
  }

  answered(answer: Answer): void {
    const call = this.#calls.get(answer.call);
    this.#calls.delete(answer.call);
    if (answer.notice === "cancelled") call?.resolve(answer.outcome);
    else call?.reject(new StoreError(answer.reason));
  }

  fail(cause: Error): void {
    for (const { reject } of this.#calls.values()) reject(cause);
    this.#calls.clear();
  }
}
