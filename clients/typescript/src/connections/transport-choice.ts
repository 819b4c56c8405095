import { type Backoff, delay } from "./backoff.js";
import type { Transport } from "./transport.js";

/**
 * Which way the next connection goes. The first way is the wanted one; when it has brought no welcome the next attempt goes the second way, and
 * while that works, the first is tried beside it, ever more rarely while it cannot be kept.
 */
export class TransportChoice {
  #current = 0;
  #probeAfter: number;
  #probing = new AbortController();

  readonly #transports: readonly [Transport, Transport?];
  readonly #better: () => void;
  readonly #waits: Backoff;

  /**
   * @param transports One or two.
   * @param waits How long to wait before the wanted way is tried beside the other.
   * @param better Called when the wanted way is open again.
   */
  constructor(transports: readonly [Transport, Transport?], waits: Backoff, better: () => void) {
    this.#transports = transports;
    this.#better = better;
    this.#waits = waits;
    this.#probeAfter = waits.first;
  }

  next(): Transport {
    this.#probing.abort();
    const [wanted, other] = this.#transports;
    if (this.#current === 0 || !other) return wanted;
    this.#probing = new AbortController();
    void this.#probe(wanted, this.#probing.signal);
    return other;
  }

  /** Whether there is another way than this one, so that nobody need have much patience with it. */
  hasOtherThan(transport: Transport): boolean {
    const [wanted, other] = this.#transports;
    return transport === wanted && other !== undefined;
  }

  /** A connection that went this way has ended. */
  ended(transport: Transport, welcomed: boolean): void {
    this.#probing.abort();
    const [wanted, other] = this.#transports;
    if (transport !== wanted) {
      // Whoever cannot be reached this way either may be reached the other.
      if (!welcomed) this.#current = 0;
    } else if (welcomed) {
      this.#probeAfter = this.#waits.first;
    } else if (other) {
      this.#current = 1;
    }
  }

  close(): void {
    this.#probing.abort();
  }

  async #probe(wanted: Transport, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(this.#probeAfter, signal);
      if (signal.aborted) return;
      this.#probeAfter = Math.min(this.#waits.max, 2 * this.#probeAfter);
      if (await opens(wanted, signal)) {
        this.#current = 0;
        this.#better();
        return;
      }
    }
  }
}

async function opens(transport: Transport, signal: AbortSignal): Promise<boolean> {
  try {
    const link = await transport.open(
      { received: () => undefined, alive: () => undefined, violated: () => undefined, ended: () => undefined },
      signal,
    );
    link.close();
    return true;
  } catch {
    // Not yet: that is the answer.
    return false;
  }
}
