import type { Connection } from "../connections/connection.js";
import { Inbox, type InboxPosition, type WelcomeStep } from "../delivery/inbox.js";
import type { MessageHandler } from "../message.js";
import { notifyBytes } from "../protocol/body.js";
import { type MessageNotify, NO_EPOCH, type Welcome } from "../protocol/packet.js";
import type { Store } from "../stores/store.js";
import type { HandlerLoop, HandlerSource } from "./handler-loop.js";
import { type InboxItem, ItemQueue } from "./item-queue.js";

/** How far a server may send ahead of what is confirmed: messages, and bytes of their bodies. */
export interface Window {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * The shell around the {@link Inbox}: takes what the server brings and queues it for the handler, confirms what is committed. The handler runs
 * in {@link HandlerLoop}.
 */
export class Receiver implements HandlerSource {
  readonly items = new ItemQueue();
  readonly #inbox: Inbox;
  readonly #loop: HandlerLoop;
  #historyEnds = new AbortController();
  #toAdopt: WelcomeStep | undefined;
  #waitingBytes = 0;
  #connection: Connection | undefined;
  #running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

  readonly #store: Store;
  readonly #window: Window;
  readonly #defect: (cause: unknown) => void;

  constructor(
    store: Store,
    position: InboxPosition,
    window: Window,
    loop: (source: HandlerSource) => HandlerLoop,
    defect: (cause: unknown) => void,
  ) {
    this.#store = store;
    this.#window = window;
    this.#defect = defect;
    this.#inbox = new Inbox(position);
    this.#loop = loop(this);
  }

  /** There is a handler; without one hello says "I only send". */
  get receives(): boolean {
    return this.#running !== undefined && this.#window.messages > 0;
  }

  get history(): AbortSignal {
    return this.#historyEnds.signal;
  }

  /** Called again only after {@link stop}. */
  start(handler: MessageHandler): void {
    const stop = new AbortController();
    this.#running = { stop, done: this.#loop.run(handler, stop.signal).catch(this.#defect) };
  }

  /** Aborts the handler's signal and waits for it. */
  async stop(): Promise<void> {
    const running = this.#running;
    running?.stop.abort();
    await running?.done;
    if (this.#running === running) this.#running = undefined;
  }

  // ---- the connection ----------------------------------------------------------------------

  /** What hello says. A history that could not be saved at its welcome is saved first. */
  async position(): Promise<InboxPosition> {
    await this.#adopt();
    return this.#inbox.position;
  }

  async welcomed(connection: Connection, { epoch, resumeAfter }: Welcome): Promise<void> {
    this.#connection = connection;
    this.#toAdopt = this.#inbox.welcomed(epoch, resumeAfter);
    if (this.#toAdopt.adopt) {
      // What waits for the handler belongs to a history that has ended.
      this.items.clear();
      this.#waitingBytes = 0;
      this.#historyEnds.abort();
      this.#historyEnds = new AbortController();
    }
    await this.#adopt();
  }

  notified(notify: MessageNotify): void {
    // Asked before the inbox hears of it: what it has taken, it does not take again.
    if (notify.sequence > this.#inbox.received && this.#isFull) {
      this.#connection?.end({ reason: "the server sent more than the window" });
      return;
    }
    const next = this.#inbox.received + 1;
    switch (this.#inbox.notified(notify.sequence)) {
      case "take":
        this.#waitingBytes += notifyBytes(notify);
        this.items.push({ epoch: this.#inbox.position.epoch, upTo: notify.sequence, message: notify });
        break;
      case "confirm again":
        this.#confirm(this.#inbox.position);
        break;
      case "reconnect":
        this.#connection?.end({ reason: `the server sent message ${notify.sequence} where ${next} comes next` });
        break;
      case "drop":
        break;
    }
  }

  disconnected(): void {
    this.#connection = undefined;
  }

  // ---- the handler's loop ------------------------------------------------------------------

  take(item: InboxItem): boolean {
    if (item.epoch !== this.#inbox.position.epoch) return false;
    if (item.message) this.#waitingBytes -= notifyBytes(item.message);
    return true;
  }

  committed(item: InboxItem): void {
    const confirmation = this.#inbox.committed(item.epoch, item.upTo);
    if (confirmation) this.#connection?.confirm(confirmation);
  }

  // ---- inside ------------------------------------------------------------------------------

  #confirm({ epoch, cursor }: InboxPosition): void {
    if (epoch !== NO_EPOCH && cursor > 0) this.#connection?.confirm({ kind: "ack:R", epoch, upTo: cursor });
  }

  /**
   * Saves the history of the last welcome, then queues its gap; what fails is done before the next hello. Without the gap, the next message
   * committed would take the cursor over what is missing, and nobody would be told.
   */
  async #adopt(): Promise<void> {
    const step = this.#toAdopt;
    if (!step) return;
    if (step.adopt) await this.#store.write([{ change: "position", position: step.adopt }]);
    this.#toAdopt = undefined;
    if (step.gap) this.items.push({ epoch: step.gap.epoch, upTo: step.gap.to, gap: step.gap });
  }

  /** More than an honest server fills, one entry beyond its end. */
  get #isFull(): boolean {
    return this.items.size > this.#window.messages || this.#waitingBytes > this.#window.bytes;
  }
}
