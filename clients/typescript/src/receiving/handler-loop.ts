import { type Backoff, delay, waitAfter } from "../connections/backoff.js";
import type { ServerClock } from "../connections/server-clock.js";
import { SetAsideError } from "../errors.js";
import { keyOf, type Message, type MessageHandler, type MessageKey, type MissingMessages, type SetAsideMessage } from "../message.js";
import { fromWire } from "../protocol/body.js";
import { madeAt } from "../protocol/identities.js";
import type { MessageNotify } from "../protocol/packet.js";
import type { Change, Store } from "../stores/store.js";
import type { InboxItem, ItemQueue } from "./item-queue.js";

/** A handler has failed. The message stays the next one of its stream, and the handler gets it again after `retryAfter`. */
export interface HandlerFailure {
  /** The message, with the number of the attempt that failed. */
  readonly message: Message;
  /** What the handler threw. */
  readonly error: unknown;
  /** Milliseconds to the next attempt. */
  readonly retryAfter: number;
  /** Keeps the message beside the inbox, confirms it, and goes on with the next. Has an effect only while the event is being raised. */
  setAside(reason: string): void;
}

/** What the loop has to tell. */
export interface HandlerEvents {
  handled(message: Message): void;
  handlerFailed(failure: HandlerFailure): void;
  missing(missing: MissingMessages): void;
  setAside(aside: SetAsideMessage): void;
  storeFailed(fault: unknown): void;
}

/** What the loop asks of the receiver. */
export interface HandlerSource {
  readonly items: ItemQueue;
  /** The item no longer waits. False when it belongs to another history: then it is dropped. */
  take(item: InboxItem): boolean;
  /** Aborted when the history of what is being handled ends. */
  readonly history: AbortSignal;
  committed(item: InboxItem): void;
}

/**
 * Hands messages to the application's handler, one by one and in order, and commits each before the next. A handler or a store
 * that fails keeps its message at the head, and so does a handler that is stopped: the next one gets it first.
 */
export class HandlerLoop {
  #head: InboxItem | undefined;
  #attempts = 0;
  /** Messages whose handler may have run and that are not committed. */
  readonly #begunBefore = new Set<string>();

  readonly #store: Store;
  #begun: MessageKey | null;
  readonly #clock: ServerClock;
  readonly #retry: Backoff;
  readonly #source: HandlerSource;
  readonly #events: HandlerEvents;

  constructor(store: Store, begun: MessageKey | null, clock: ServerClock, retry: Backoff, source: HandlerSource, events: HandlerEvents) {
    this.#store = store;
    this.#begun = begun;
    this.#clock = clock;
    this.#retry = retry;
    this.#source = source;
    this.#events = events;
    if (begun) this.#begunBefore.add(keyOf(begun));
  }

  /** Runs until the signal is aborted. One run at a time. */
  async run(handler: MessageHandler, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#head) {
        const item = await this.#source.items.take(signal);
        if (!item || !this.#source.take(item)) continue;
        this.#head = item;
        this.#attempts = 0;
      }
      if (await this.#handleHead(this.#head, handler, signal)) this.#head = undefined;
    }
  }

  /** @returns Whether it is done with. */
  async #handleHead(item: InboxItem, handler: MessageHandler, signal: AbortSignal): Promise<boolean> {
    const history = this.#source.history;
    const { message, gap } = item;
    if (gap) {
      this.#events.missing({ from: gap.from, to: gap.to });
      return this.#commit(item, [], signal);
    }
    if (!message) return true;
    const seen = await this.#insist(() => this.#store.hasSeen(message), signal);
    if (seen === undefined) return false;
    if (seen) return this.#commit(item, [], signal);

    while (!signal.aborted) {
      // Its history has ended; the new one may bring it again, under another number.
      if (history.aborted) return true;
      const handed = toMessage(message, ++this.#attempts, this.#attempts > 1 || this.#begunBefore.has(keyOf(message)));
      if (!(await this.#begin(message, signal))) break;
      try {
        await handler(handed, signal);
      } catch (error) {
        this.#begunBefore.add(keyOf(message));
        if (signal.aborted) break;
        const reason = this.#reasonToSetAside(handed, error);
        if (typeof reason === "string") return this.#commitAside(item, handed, reason, signal);
        await delay(reason, AbortSignal.any([signal, history]));
        continue;
      }
      // Handled is handled, also when the loop is to stop meanwhile.
      if (!(await this.#commit(item, [], signal))) return false;
      this.#events.handled(handed);
      return true;
    }
    return false;
  }

  /** It is durable that the handler may have run, before it does. */
  async #begin({ from, id }: MessageNotify, signal: AbortSignal): Promise<boolean> {
    if (this.#begun && this.#begun.from === from && this.#begun.id === id) return true;
    const key = { from, id };
    if (!(await this.#insist(() => this.#store.write([{ change: "begun", key }]).then(() => true), signal))) return false;
    this.#begun = key;
    return true;
  }

  /** The application's word to leave this message aside; else the wait for the next attempt. */
  #reasonToSetAside(message: Message, error: unknown): string | number {
    if (error instanceof SetAsideError) return error.message;
    const retryAfter = waitAfter(this.#retry, message.attempt);
    let reason: string | undefined;
    this.#events.handlerFailed({ message, error, retryAfter, setAside: (why) => (reason = why) });
    return reason ?? retryAfter;
  }

  async #commitAside(item: InboxItem, message: Message, reason: string, signal: AbortSignal): Promise<boolean> {
    const aside: SetAsideMessage = { message, reason, at: new Date() };
    if (!(await this.#commit(item, [{ change: "aside", aside }], signal))) return false;
    this.#events.setAside(aside);
    return true;
  }

  /** Durable together: the cursor, the mark that the message is handled, and what goes with it. Only then is it confirmed. */
  async #commit(item: InboxItem, more: readonly Change[], signal: AbortSignal): Promise<boolean> {
    const { history } = this.#source;
    let begun: MessageKey | null = null;
    const write = async (): Promise<true> => {
      begun = this.#begunAfter(item);
      const changes: Change[] = [...this.#commitOf(item), { change: "begun", key: begun }, ...more];
      // In a history that has ended its number says nothing; that it was handled still does.
      if (!history.aborted) changes.push({ change: "position", position: { epoch: item.epoch, cursor: item.upTo } });
      await this.#store.write(changes);
      return true;
    };
    if (!(await this.#insist(write, signal))) return false;
    this.#begun = begun;
    if (item.message) this.#begunBefore.delete(keyOf(item.message));
    this.#source.committed(item);
    return true;
  }

  #commitOf({ message }: InboxItem): Change[] {
    const at = this.#clock.now;
    return message ? [{ change: "seen", key: { from: message.from, id: message.id }, at, forgetBefore: at - this.#clock.horizon }] : [];
  }

  /**
   * The begun mark that goes with a commit. One of a message that is not committed stays: that message may come again. Else it is that of
   * the next message, when that is already there, which saves a write of its own.
   */
  #begunAfter({ epoch, message }: InboxItem): MessageKey | null {
    if (this.#begun && !(message && keyOf(message) === keyOf(this.#begun))) return this.#begun;
    const next = this.#source.items.first;
    return next?.message && next.epoch === epoch ? { from: next.message.from, id: next.message.id } : null;
  }

  /** A store that fails blocks the stream, visibly, and is asked again. Undefined when the loop is to stop before it succeeds. */
  async #insist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    for (let failures = 1; ; failures++) {
      try {
        return await work();
      } catch (fault) {
        this.#events.storeFailed(fault);
        await delay(waitAfter(this.#retry, failures), signal);
        if (signal.aborted) return undefined;
      }
    }
  }
}

function toMessage(notify: MessageNotify, attempt: number, redelivered: boolean): Message {
  const body = fromWire(notify);
  return {
    id: notify.id,
    from: notify.from,
    sequence: notify.sequence,
    acceptedAt: new Date(notify.acceptedAt),
    sentAt: new Date(madeAt(notify.id)),
    body,
    text: typeof body === "string" ? body : undefined,
    redelivered,
    attempt,
  };
}
