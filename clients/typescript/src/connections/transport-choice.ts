import { delay } from "./backoff.js";
import type { Transport } from "./transport.js";

/** How long to wait before a WebSocket is tried again beside long polling: at first, and at the most. */
const PROBE_AFTER = 30_000;
const PROBE_AFTER_MAX = 600_000;

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
  readonly #probeFirst: number;

  /**
   * @param transports One or two.
   * @param better Called when the wanted way is open again.
   */
  constructor(transports: readonly [Transport, Transport?], better: () => void, probeFirst = PROBE_AFTER) {
    this.#transports = transports;
    this.#better = better;
    this.#probeFirst = probeFirst;
    this.#probeAfter = probeFirst;
  }

  next(): Transport {
    this.#probing.abort();
    const [wanted, other] = this.#transports;
    if (this.#current === 0 || !other) return wanted;
    this.#probing = new AbortController();
    void this.#probe(wanted, this.#probing.signal);
    return other;
  }

  /** A connection that went this way has ended. */
  ended(transport: Transport, welcomed: boolean): void {
    this.#probing.abort();
    const [wanted, other] = this.#transports;
    if (transport !== wanted) {
      // Whoever cannot be reached this way either may be reached the other.
      if (!welcomed) this.#current = 0;
    } else if (welcomed) {
      this.#probeAfter = this.#probeFirst;
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
      this.#probeAfter = Math.min(PROBE_AFTER_MAX, 2 * this.#probeAfter);
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
