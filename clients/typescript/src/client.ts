import type { ConnectionState } from "./connections/state.js";
import type { CancelOutcome } from "./delivery/outbox-effect.js";
import { ClosedError, StoreError, words } from "./errors.js";
import { Events, type Unsubscribe } from "./events.js";
import { type Message, type MessageHandler, type MissingMessages, type SetAsideMessage } from "./message.js";
import { type ClientOptions, settings, type Settings } from "./options.js";
import { Owner } from "./owner.js";
import { type Body, bodyBytes, checkBody } from "./protocol/body.js";
import { isUser, newMessageId } from "./protocol/identities.js";
import { BODY_BYTES_CEILING } from "./protocol/limits.js";
import type { HandlerFailure } from "./receiving/handler-loop.js";
import { Handover } from "./receiving/handover.js";
import { PendingCancels } from "./sending/pending-cancels.js";
import { SentMessage } from "./sending/sent-message.js";
import type { Store, StoredMessage } from "./stores/store.js";
import type { Notice, Wish } from "./tabs/notices.js";
import { NoTabs, type TabGroup, Tabs } from "./tabs/tab-group.js";

/** What a client tells whoever listens with `on`. */
export interface ClientEvents {
  /** The connection has changed its state. */
  state: ConnectionState;
  /** A message was handled and committed: in this tab, or in the one that has the connection. */
  message: Message;
  /** A message that this tab has sent, or has listed, stands elsewhere. */
  sent: SentMessage;
  /** This tab has the connection from now on. */
  owner: true;
  /** The handler, which runs in this tab, has failed. */
  handlerFailed: HandlerFailure;
  /** A message was set aside. */
  setAside: SetAsideMessage;
  /** Messages are missing in the stream, for ever. */
  missing: MissingMessages;
  /** The store cannot be written. It is tried again; until then nothing is sent for the first time, and no further message is handled. */
  storeFailed: StoreError;
}

/** Ends a wait. */
export interface WithSignal {
  readonly signal?: AbortSignal;
}

/**
 * A user's device: sends messages that are not lost, receives each once and in order, and stays connected by itself.
 *
 * Among tabs that share a store, one at a time owns the connection; when it closes, the next takes over. All of them send; the handler
 * of the owner handles, and what it has handled all of them hear as the event `message`.
 *
 * @example
 * ```ts
 * const client = await HexagramClient.open({ server: "https://chat.example", token, store: indexedDbStore("alice") });
 * client.onMessage(async (message) => console.log(`${message.from}: ${message.text}`));
 * const sent = await client.send("bob", "你好");
 * await sent.delivered;
 * ```
 */
export class HexagramClient {
  readonly #events = new Events<ClientEvents>();
  readonly #handles = new Map<number, SentMessage>();
  readonly #cancels = new PendingCancels((wish) => this.#wish(wish));
  readonly #tabs: TabGroup;
  #owner: Owner | undefined;
  #owning: Promise<void> = Promise.resolve();
  #handler: MessageHandler | undefined;
  #current: ConnectionState = { status: "connecting" };
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  #letGo: () => void = () => undefined;
  readonly #untilClosed = new Promise<void>((resolve) => (this.#letGo = resolve));

  readonly #settings: Settings;
  readonly #store: Store;

  private constructor(settings: Settings, store: Store) {
    this.#settings = settings;
    this.#store = store;
    const sharing = settings.store.tabs;
    this.#tabs = sharing ? new Tabs(sharing, (said) => this.#heard(said)) : new NoTabs();
  }

  /**
   * Opens the store and begins to connect in the background. Sending works at once, also offline; receiving begins with
   * {@link onMessage} or {@link messages}.
   * @throws TypeError when an option cannot be meant; the message says which.
   * @throws StoreError when the store is in use, damaged or cannot be written.
   */
  static async open(options: ClientOptions): Promise<HexagramClient> {
    const checked = settings(options);
    const store = await checked.store.open();
    const client = new HexagramClient(checked, store);
    try {
      await client.#begin();
    } catch (cause) {
      await store.close();
      throw cause;
    }
    return client;
  }

  /** How the client stands with its server. */
  get state(): ConnectionState {
    return this.#current;
  }

  /** Whether this tab has the connection; true where there are no tabs. */
  get isOwner(): boolean {
    return this.#owner !== undefined;
  }

  /** Calls `listener` each time, until the returned function is called or the signal is aborted. */
  on<K extends keyof ClientEvents>(event: K, listener: (value: ClientEvents[K]) => void, options?: WithSignal): Unsubscribe {
    return this.#events.on(event, listener, options);
  }

  // ---- sending -----------------------------------------------------------------------------

  /**
   * Puts a message into the outbox. Messages to one recipient arrive in the order in which this was *called*, awaited or not.
   * @param to The recipient: 1 to 128 bytes of UTF-8.
   * @param body A text, or bytes with a content type; up to 16 MiB.
   * @param options.signal Looked at before anything happens; later, use {@link cancel}.
   * @returns Resolves when the message is durable on this device: from then on it is sent until it is delivered, also after a restart.
   * @throws TypeError when recipient or body cannot be meant.
   * @throws OutboxFullError when the outbox holds as much as it may.
   * @throws StoreError when it could not be saved; it is not sent.
   */
  async send(to: string, body: Body, options: WithSignal = {}): Promise<SentMessage> {
    options.signal?.throwIfAborted();
    this.#throwIfClosed();
    if (!isUser(to)) throw new TypeError(`'${to}' cannot name a user.`);
    checkBody(body);
    const bytes = bodyBytes(body);
    if (bytes > BODY_BYTES_CEILING)
      throw new TypeError(`A body of ${bytes} bytes is larger than any server takes (${BODY_BYTES_CEILING}).`);
    // From here to the store nothing is awaited: that fixes the order.
    const owner = this.#owner;
    const message = { id: this.#newId(), to, body, bodyBytes: bytes, transmitted: owner?.sendsAtOnce ?? false };
    const number = await this.#store.insert(message, this.#settings.outboxMax);
    const row = { ...message, number, state: "waiting" } as const;
    const sent = this.#handleFor(row);
    if (this.#owner) this.#owner.offer(row, body);
    else this.#wish({ wish: "look", number });
    return sent;
  }

  /**
   * Stops sending a message.
   * @returns `"cancelled"` when it has not left the device, and never will; `"may still arrive"` when it had; `"not waiting"` when it
   * is no longer in the outbox. Resolves when that is durable.
   */
  cancel(message: SentMessage): Promise<CancelOutcome> {
    this.#throwIfClosed();
    return this.#cancels.ask(message.number);
  }

  /** Every message in the outbox, in the order of the calls, also those of other tabs and of earlier visits. */
  async outbox(): Promise<SentMessage[]> {
    const rows = await this.#store.messagesAfter(0);
    return rows.map((row) => this.#handleFor(row));
  }

  /** Reads what a message in the outbox carries; undefined when it is no longer there. */
  body(message: SentMessage): Promise<Body | undefined> {
    return this.#store.body(message.number);
  }

  // ---- receiving ---------------------------------------------------------------------------

  /**
   * Hands every message to `handler`, in order and one at a time, and confirms it when the promise has resolved. One whose handler
   * rejects comes again, before all others. Should the page or process end between the handler's end and the mark that follows, that
   * one message comes again as `redelivered`. Among tabs, the handler of the one that has the connection is called.
   * @returns Stops handling: aborts the handler's signal, waits for it, and makes place for another. What it has not succeeded with comes again.
   * @throws TypeError when there is a handler or a loop already, or the client only sends.
   */
  onMessage(handler: MessageHandler): () => Promise<void> {
    this.#throwIfClosed();
    if (this.#settings.window === 0) throw new TypeError("This client only sends: its window is 0.");
    if (this.#handler)
      throw new TypeError(
        "This client's messages go to a handler or a loop already. There is one at a time, which gets all of them in order.",
      );
    this.#handler = handler;
    this.#owner?.handle(handler);
    return async () => {
      if (this.#handler !== handler) return;
      await this.#owner?.stopHandling();
      this.#handler = undefined;
    };
  }

  /**
   * Every message, in order and one at a time, for a `for await`. A message is confirmed when the loop asks for the next one: a loop that is
   * left has not confirmed the message it was left in, which comes again, as `redelivered`.
   * @param options.signal Ends the waiting for the next message; the loop then throws the signal's reason.
   * @throws TypeError when there is a handler, or another loop that has not ended; or the client only sends.
   * @throws ClosedError when the client was closed while the loop had a message, which is not confirmed and comes again.
   */
  async *messages(options: WithSignal = {}): AsyncGenerator<Message, void, undefined> {
    const handover = new Handover();
    const stop = this.onMessage(handover.hand);
    const close = (): void => handover.close();
    this.#closing.signal.addEventListener("abort", close);
    try {
      for (let message = await handover.next(options.signal); message; message = await handover.next(options.signal)) yield message;
    } finally {
      this.#closing.signal.removeEventListener("abort", close);
      await stop();
    }
  }

  /** What was set aside, oldest first. */
  listSetAside(): Promise<readonly SetAsideMessage[]> {
    return this.#store.setAside();
  }

  /** Removes a message that was set aside. */
  removeSetAside({ message: { from, id } }: SetAsideMessage): Promise<void> {
    return this.#store.write([{ change: "aside removed", key: { from, id } }]);
  }

  // ---- the connection ----------------------------------------------------------------------

  /** Connects now, when the client waits or has stopped. A connection that is up stays. */
  reconnect(): void {
    this.#wish({ wish: "reconnect" });
  }

  /**
   * Resolves when the client is connected.
   * @throws Error when it has stopped; the message says why.
   */
  whenConnected(options: WithSignal = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const listening = new AbortController();
      const look = (state: ConnectionState): void => {
        if (state.status === "connected") resolve();
        else if (state.status === "stopped") reject(new Error(state.reason));
        else return;
        listening.abort();
      };
      const abort = (): void => {
        listening.abort();
        reject(options.signal?.reason as Error);
      };
      this.on("state", look, { signal: listening.signal });
      options.signal?.addEventListener("abort", abort, { signal: listening.signal });
      if (options.signal?.aborted) abort();
      else look(this.#current);
    });
  }

  /**
   * Waits for the handler, lets the last confirmations out, closes the connection and the store. What waits in the outbox goes on when
   * the store is opened again, or in another tab. Not to be awaited in a handler, for which it waits.
   */
  close(): Promise<void> {
    return (this.#closed ??= this.#shut());
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- inside ------------------------------------------------------------------------------

  async #begin(): Promise<void> {
    globalThis.addEventListener?.("online", this.#wakeUp);
    const started = new Promise<void>((resolve, reject) => {
      this.#owning = this.#tabs.whenOwner(async () => {
        await this.#own().then(resolve, reject);
        if (this.#owner) await this.#untilClosed;
      });
    });
    if (!this.#settings.store.tabs) return started;
    // Another tab may own for hours.
    this.#wish({ wish: "state" });
    started.catch((cause: unknown) => this.#setState({ status: "stopped", cause: "defect", reason: words(cause) }));
  }

  async #own(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#owner = await Owner.start(this.#store, this.#settings, this.#handler, {
      notice: (notice) => {
        this.#noticed(notice);
        this.#tabs.tell(notice);
      },
      handlerFailed: (failure) => this.#events.emit("handlerFailed", failure),
    });
    this.#events.emit("owner", true);
    this.#askAgain();
  }

  async #shut(): Promise<void> {
    this.#closing.abort();
    globalThis.removeEventListener?.("online", this.#wakeUp);
    await this.#owner?.close();
    this.#letGo();
    this.#tabs.close();
    await this.#owning;
    this.#cancels.fail(new ClosedError());
    for (const handle of this.#handles.values()) handle.fail();
    await this.#store.close();
    this.#setState({ status: "stopped", cause: "closed", reason: "The client was closed." });
  }

  readonly #wakeUp = (): void => this.reconnect();

  #wish(wish: Wish): void {
    if (this.#owner) void this.#owner.grant(wish);
    else this.#tabs.tell(wish);
  }

  #heard(said: Notice | Wish): void {
    if ("notice" in said) this.#noticed(said);
    else void this.#owner?.grant(said);
  }

  #noticed(notice: Notice): void {
    switch (notice.notice) {
      case "owner":
        if (!this.#owner) this.#askAgain();
        break;
      case "state":
        this.#setState(notice.state);
        break;
      case "stands":
        this.#update(notice.number, (handle) => handle.rise(notice.state, notice.id));
        break;
      case "ended":
        this.#update(notice.number, (handle) => handle.end(notice.outcome));
        break;
      case "cancelled":
      case "not cancelled":
        this.#cancels.answered(notice);
        break;
      case "message":
        this.#events.emit("message", notice.message);
        break;
      case "missing":
        this.#events.emit("missing", notice.missing);
        break;
      case "set aside":
        this.#events.emit("setAside", notice.aside);
        break;
      case "store failed":
        this.#events.emit("storeFailed", new StoreError(notice.reason));
        break;
    }
  }

  /** There is a new owner, which may not have heard what this tab wanted from the one before. */
  #askAgain(): void {
    for (const number of this.#handles.keys()) this.#wish({ wish: "look", number });
    this.#cancels.askAgain();
  }

  #update(number: number, change: (handle: SentMessage) => void): void {
    const handle = this.#handles.get(number);
    if (!handle) return;
    const before = handle.state;
    change(handle);
    if (handle.hasEnded) this.#handles.delete(number);
    if (handle.state !== before) this.#events.emit("sent", handle);
  }

  #setState(state: ConnectionState): void {
    this.#current = state;
    this.#events.emit("state", state);
  }

  #handleFor(row: StoredMessage): SentMessage {
    const handle = this.#handles.get(row.number) ?? new SentMessage(row);
    this.#handles.set(row.number, handle);
    return handle;
  }

  /** On the server's clock, if this tab knows it. An id that the server would refuse is made anew before it leaves the device. */
  #newId(): string {
    return this.#owner?.newId() ?? newMessageId(Date.now(), this.#handles.size);
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted) throw new ClosedError();
  }
}
