import type { InboxGap } from "../delivery/inbox.js";
import type { MessageNotify } from "../protocol/packet.js";
import { Bell } from "./bell.js";

/** What waits for the handler: a message, or a gap in its place in the stream. */
export interface InboxItem {
  readonly epoch: string;
  readonly upTo: number;
  readonly message?: MessageNotify;
  readonly gap?: InboxGap;
}

/** Items in order, for one reader. */
export class ItemQueue {
  #items: InboxItem[] = [];
  readonly #bell = new Bell();

  get size(): number {
    return this.#items.length;
  }

  get first(): InboxItem | undefined {
    return this.#items[0];
  }

  push(item: InboxItem): void {
    this.#items.push(item);
    this.#bell.ring();
  }

  clear(): void {
    this.#items = [];
  }

  /** Waits for the next; undefined when the signal is aborted. */
  async take(signal: AbortSignal): Promise<InboxItem | undefined> {
    while (!signal.aborted && this.#items.length === 0) await this.#bell.wait(signal);
    return signal.aborted ? undefined : this.#items.shift();
  }
}
