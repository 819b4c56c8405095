import type { TabSharing } from "../stores/store.js";
import type { Notice, Wish } from "./notices.js";

/** The tabs of one page that share a store. One of them owns the connection. */
export interface TabGroup {
  /** Tells all other tabs. */
  tell(said: Notice | Wish): void;
  /**
   * Runs `own` when this tab is the one that owns: at once if there is no other, else when the one before it has closed. It stays the
   * owner until the promise of `own` resolves.
   */
  whenOwner(own: () => Promise<void>): Promise<void>;
  /** Waits for nothing any more, and hears nothing. */
  close(): void;
}

/** Where there are no other tabs. */
export class NoTabs implements TabGroup {
  tell(): void {
    // There is nobody else.
  }

  whenOwner(own: () => Promise<void>): Promise<void> {
    return own();
  }

  close(): void {
    // Nothing is open.
  }
}

/**
 * Web Locks decide who owns, and say so to the next when the owner's tab has closed or crashed. What tabs say to each other on their
 * channel are hints: what counts is in the store, which they share.
 */
export class Tabs implements TabGroup {
  readonly #channel: BroadcastChannel;
  readonly #waiting = new AbortController();

  readonly #sharing: TabSharing;

  constructor(sharing: TabSharing, heard: (said: Notice | Wish) => void) {
    this.#sharing = sharing;
    // Pages of another version may be open in another tab. They share the lock, and do not understand each other's words.
    this.#channel = sharing.channel(`hexagram 1 ${sharing.name}`);
    this.#channel.onmessage = ({ data }: MessageEvent<Notice | Wish>) => heard(data);
  }

  tell(said: Notice | Wish): void {
    this.#channel.postMessage(said);
  }

  async whenOwner(own: () => Promise<void>): Promise<void> {
    try {
      await this.#sharing.locks.request(`hexagram ${this.#sharing.name}`, { signal: this.#waiting.signal }, own);
    } catch (cause) {
      // Closed before its turn came.
      if (!this.#waiting.signal.aborted) throw cause;
    }
  }

  close(): void {
    this.#waiting.abort();
    this.#channel.close();
  }
}
