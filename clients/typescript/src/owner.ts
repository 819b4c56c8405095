import { Connector } from "./connections/connector.js";
import { PollingTransport } from "./connections/polling.js";
import { ServerClock } from "./connections/server-clock.js";
import type { ConnectionState } from "./connections/state.js";
import type { Transport, TransportName } from "./connections/transport.js";
import { TransportChoice } from "./connections/transport-choice.js";
import { WebSocketTransport } from "./connections/websocket.js";
import { words } from "./errors.js";
import type { MessageHandler } from "./message.js";
import type { Settings } from "./options.js";
import type { Body } from "./protocol/body.js";
import { type HandlerFailure, HandlerLoop } from "./receiving/handler-loop.js";
import { Receiver } from "./receiving/receiver.js";
import { Sender } from "./sending/sender.js";
import type { Store, StoredMessage } from "./stores/store.js";
import type { Notice, Wish } from "./tabs/notices.js";

/** What the owner tells its own tab alone: these have no form in which they could be sent to others. */
export interface OwnerEvents {
  notice(notice: Notice): void;
  handlerFailed(failure: HandlerFailure): void;
}

/** The one that has the connection: alone, or in one of several tabs. */
export class Owner {
  readonly #clock: ServerClock;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #connector: Connector;
  #state: ConnectionState = { status: "connecting" };

  readonly #events: OwnerEvents;

  private constructor(stored: Awaited<ReturnType<Store["load"]>>, device: string, store: Store, settings: Settings, events: OwnerEvents) {
    this.#events = events;
    const clock = (this.#clock = new ServerClock(stored.clockOffset));
    const defect = (cause: unknown): void => this.#connector.fail(cause);
    const storeFailed = (fault: unknown): void => events.notice({ notice: "store failed", reason: words(fault) });
    this.#sender = new Sender(store, clock, {
      stands: (number, id, state) => events.notice({ notice: "stands", number, id, state }),
      ended: (number, outcome) => events.notice({ notice: "ended", number, outcome }),
      storeFailed,
      defect,
    });
    const window = { messages: settings.window, bytes: settings.windowBytes };
    this.#receiver = new Receiver(
      store,
      stored.position,
      window,
      (source) =>
        new HandlerLoop(store, stored.begun, clock, settings.handlerRetry, source, {
          handled: (message) => events.notice({ notice: "message", message }),
          handlerFailed: (failure) => events.handlerFailed(failure),
          missing: (missing) => events.notice({ notice: "missing", missing }),
          setAside: (aside) => events.notice({ notice: "set aside", aside }),
          storeFailed,
        }),
      defect,
    );
    const make = (name: TransportName): Transport =>
      name === "websocket" ? new WebSocketTransport(socketAddress(settings.base), settings.socket) : new PollingTransport(settings.base);
    const [wanted, other] = settings.transports;
    const ways: [Transport, Transport?] = other ? [make(wanted), make(other)] : [make(wanted)];
    const transports = new TransportChoice(ways, settings.probe, () => this.#connector.change());
    this.#connector = new Connector(
      { ...settings, window, device, user: settings.user, trace: settings.trace },
      transports,
      store,
      stored,
      clock,
      this.#sender,
      this.#receiver,
      (state) => {
        this.#state = state;
        events.notice({ notice: "state", state });
      },
    );
  }

  /** Takes over what the store holds, and begins to connect. */
  static async start(store: Store, settings: Settings, handler: MessageHandler | undefined, events: OwnerEvents): Promise<Owner> {
    const stored = await store.load();
    const device = settings.device ?? stored.device ?? newDevice();
    if (device !== stored.device) await store.write([{ change: "device", device }]);
    const owner = new Owner(stored, device, store, settings, events);
    await owner.#sender.look();
    events.notice({ notice: "owner" });
    if (handler) owner.#receiver.start(handler);
    owner.#connector.start();
    return owner;
  }

  get sendsAtOnce(): boolean {
    return this.#sender.sendsAtOnce;
  }

  newId(): string {
    return this.#clock.newId();
  }

  /** This tab has saved a message. */
  offer(row: StoredMessage, body: Body): void {
    this.#sender.offer(row, body).catch((cause: unknown) => this.#connector.fail(cause));
  }

  handle(handler: MessageHandler): void {
    this.#receiver.start(handler);
    this.#connector.receive();
  }

  stopHandling(): Promise<void> {
    return this.#receiver.stop();
  }

  /** Does what a tab wants. */
  async grant(wish: Wish): Promise<void> {
    switch (wish.wish) {
      case "state":
        this.#events.notice({ notice: "state", state: this.#state });
        break;
      case "look":
        await this.#sender.look();
        await this.#sender.tell(wish.number);
        break;
      case "cancel":
        try {
          const outcome = await this.#sender.cancel(wish.number);
          this.#events.notice({ notice: "cancelled", call: wish.call, outcome });
        } catch (cause) {
          this.#events.notice({ notice: "not cancelled", call: wish.call, reason: words(cause) });
        }
        break;
      case "reconnect":
        this.#connector.wake();
        break;
    }
  }

  async close(): Promise<void> {
    await this.#receiver.stop();
    await this.#connector.close();
    this.#sender.close();
  }
}

function socketAddress(base: URL): string {
  const address = new URL(`${base.pathname}/ws`, base);
  address.protocol = base.protocol.replace("http", "ws");
  return address.href;
}

function newDevice(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
