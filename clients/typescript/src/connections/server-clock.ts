import { HORIZON_DEFAULT } from "../protocol/limits.js";
import type { Welcome } from "../protocol/packet.js";
import { madeAt, newMessageId } from "../protocol/identities.js";

const AHEAD_MAX = 60_000;

/**
 * The server's clock, as far as this device knows it: ids are made on it, so that a device whose own clock is wrong is not
 * refused. After a welcome it runs on the monotonic clock, which nobody sets.
 */
export class ServerClock {
  /** How long the server remembers an id at the least, in milliseconds. */
  horizon = HORIZON_DEFAULT;
  #anchor: { readonly serverTime: number; readonly at: number } | undefined;
  #last = 0;
  #counter = 0;

  #offset: number;

  /** @param offset The server's clock minus this device's, as it was saved. */
  constructor(offset: number) {
    this.#offset = offset;
  }

  /** Unix time by the server, in milliseconds. */
  get now(): number {
    return this.#anchor ? this.#anchor.serverTime + performance.now() - this.#anchor.at : Date.now() + this.#offset;
  }

  /** A welcome has come. @returns The server's clock minus this device's, to be saved. */
  set({ serverTime, limits }: Welcome): number {
    this.#anchor = { serverTime: Date.parse(serverTime), at: performance.now() };
    this.horizon = limits.horizonMilliseconds;
    return (this.#offset = Math.round(this.#anchor.serverTime - Date.now()));
  }

  /**
   * Whether the server would take an id that was made then. One too far in its future is refused, and one older than half the
   * horizon might be before its message is through.
   */
  accepts(id: string): boolean {
    const now = this.now;
    return madeAt(id) <= now + AHEAD_MAX && madeAt(id) >= now - this.horizon / 2;
  }

  /** A message id, each higher than the last while the server's clock does not go back. */
  newId(): string {
    const now = Math.floor(this.now);
    this.#counter = now === this.#last ? this.#counter + 1 : 0;
    this.#last = now;
    return newMessageId(now, this.#counter);
  }
}
