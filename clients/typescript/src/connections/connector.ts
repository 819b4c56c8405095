import type { Receiver } from "../receiving/receiver.js";
import type { Sender } from "../sending/sender.js";
import { PROTOCOL_VIOLATION, SUPERSEDED, remedyFor } from "../protocol/codes.js";
import { ANSWER_TIMEOUT, TOKEN_CHARACTERS_MAX } from "../protocol/limits.js";
import { NO_EPOCH, type Packet, type Welcome } from "../protocol/packet.js";
import type { Store, StoredClient } from "../stores/store.js";
import { words } from "../errors.js";
import { delay, waitAfter, type Backoff } from "./backoff.js";
import { Connection, type TracedPacket } from "./connection.js";
import type { ServerClock } from "./server-clock.js";
import type { ConnectionEnd, ConnectionState } from "./state.js";
import type { Transport } from "./transport.js";
import type { TransportChoice } from "./transport-choice.js";

/** So many connection numbers are made durable with one write. */
const NUMBERS_RESERVED = 100;
/** A difference of clocks that is worth a write. */
const CLOCK_TOLERANCE = 1_000;

/** What proves who the user is: a token, or a function that is asked for one whenever the server wants another. */
export type TokenSource = string | ((signal: AbortSignal) => string | Promise<string>);

/** What the connector is told. */
export interface ConnectorOptions {
  readonly token: TokenSource;
  readonly device: string;
  readonly user: string | undefined;
  readonly window: { readonly messages: number; readonly bytes: number };
  readonly start: "oldest" | "latest";
  readonly software: string;
  readonly connectTimeout: number;
  readonly closeTimeout: number;
  readonly reconnect: Backoff;
  readonly trace: ((traced: TracedPacket) => void) | undefined;
}

/** Keeps a connection to the server: makes one, says hello, hands packets to sender and receiver, and makes the next (PROTOCOL §11). */
export class Connector {
  readonly #closing = new AbortController();
  #isClosing = false;
  #waking = new AbortController();
  #connection: Connection | undefined;
  #token: string | undefined;
  #user: string | undefined;
  #lastNumber: number;
  #reservedNumber: number;
  #reserving: Promise<void> = Promise.resolve();
  #savedOffset: number;
  #receives = false;
  #failed: ConnectionEnd | undefined;
  #running: Promise<void> = Promise.resolve();

  readonly #options: ConnectorOptions;
  readonly #transports: TransportChoice;
  readonly #store: Store;
  readonly #clock: ServerClock;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #changed: (state: ConnectionState) => void;

  constructor(
    options: ConnectorOptions,
    transports: TransportChoice,
    store: Store,
    stored: StoredClient,
    clock: ServerClock,
    sender: Sender,
    receiver: Receiver,
    changed: (state: ConnectionState) => void,
  ) {
    this.#options = options;
    this.#transports = transports;
    this.#store = store;
    this.#clock = clock;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#changed = changed;
    this.#user = stored.user;
    this.#lastNumber = this.#reservedNumber = stored.lastConnection;
    this.#savedOffset = stored.clockOffset;
  }

  start(): void {
    this.#running = this.#keepConnected();
  }

  /** Connects now: ends a wait or a stop. A connection that is up stays. */
  wake(): void {
    this.#waking.abort();
  }

  /** There is a handler now: a connection whose hello said "I only send" makes place for one that receives. */
  receive(): void {
    if (!this.#receives) this.#connection?.end({ reason: "a handler was registered", atOnce: true });
  }

  /** There is a better way to the server. */
  readonly change = (): void => {
    this.#connection?.end({ reason: "a WebSocket can be opened again", atOnce: true });
  };

  /** The client found a mistake in itself: it ends the connection and makes no other. */
  fail(cause: unknown): void {
    this.#failed ??= { reason: `the client failed: ${words(cause)}`, stop: "defect" };
    this.#connection?.end(this.#failed);
    this.wake();
  }

  /** Lets the last confirmations out, closes, and does not connect again. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#connection?.close(this.#options.closeTimeout);
    this.#closing.abort();
    this.#transports.close();
    await this.#running;
    this.#changed({ status: "stopped", cause: "closed", reason: "The client was closed." });
  }

  /** A connection number that no connection of this device has had. Durable before it is used. */
  readonly nextNumber = async (): Promise<number> => {
    const number = ++this.#lastNumber;
    if (number > this.#reservedNumber) {
      this.#reservedNumber = number + NUMBERS_RESERVED - 1;
      this.#reserving = this.#store.write([{ change: "connections", upTo: this.#reservedNumber }]);
    }
    try {
      await this.#reserving;
      return number;
    } catch (fault) {
      this.#reservedNumber = 0;
      throw fault;
    }
  };

  // ---- inside ------------------------------------------------------------------------------

  async #keepConnected(): Promise<void> {
    let failures = 0;
    // Whoever registers a handler right behind `open` is not to be met with a connection that only sends.
    await delay(0, this.#closing.signal);
    while (!this.#isClosing) {
      this.#changed({ status: "connecting" });
      const began = performance.now();
      const { end, welcomed } = await this.#attempt(this.#transports.next());
      if (this.#isClosing) return;
      this.#waking = new AbortController();
      const stopped = this.#verdict(end);
      if (stopped) {
        failures = 0;
        this.#changed(stopped);
        await this.#wait(Infinity);
        continue;
      }
      // A connection that has lived starts the count anew; a server that only ever says welcome and goodbye does not (PROTOCOL §11).
      failures = welcomed && performance.now() - began >= this.#options.reconnect.max ? 1 : failures + 1;
      const drawn = end.atOnce ? 0 : waitAfter(this.#options.reconnect, failures);
      const wait = Math.max(drawn, end.retryAfter ?? 0);
      if (wait > 0) {
        const retryAt = new Date(Date.now() + wait);
        this.#changed({ status: "waiting", retryAt, reason: end.reason, ...(end.code !== undefined && { code: end.code }) });
        await this.#wait(wait);
      }
    }
  }

  /** One connection from its number to its end. Never throws. */
  async #attempt(transport: Transport): Promise<{ readonly end: ConnectionEnd; readonly welcomed: boolean }> {
    let welcomed = false;
    try {
      if (this.#failed) return { end: this.#failed, welcomed };
      this.#token ??= await this.#askForToken();
      const connection = new Connection(async (packet): Promise<void> => {
        if (welcomed || packet.kind !== "welcome") {
          this.#received(connection, packet, welcomed);
        } else {
          welcomed = true;
          await this.#welcomed(connection, packet, transport);
        }
      }, this.#options.trace);
      this.#connection = connection;
      this.#receives = this.#receiver.receives;
      const position = this.#receives ? await this.#receiver.position() : { epoch: NO_EPOCH, cursor: 0 };
      connection.post({
        kind: "hello",
        token: this.#token,
        device: this.#options.device,
        connection: await this.nextNumber(),
        ...position,
        window: this.#receives ? this.#options.window.messages : 0,
        windowBytes: this.#options.window.bytes,
        start: this.#options.start,
        software: this.#options.software,
      });
      if (this.#isClosing) return { end: { reason: "the client was closed" }, welcomed };
      const { connectTimeout } = this.#options;
      const end = await connection.run(
        transport,
        connectTimeout,
        this.#transports.hasOtherThan(transport) ? connectTimeout : ANSWER_TIMEOUT,
      );
      return { end, welcomed };
    } catch (cause) {
      return { end: { reason: words(cause) }, welcomed };
    } finally {
      this.#transports.ended(transport, welcomed);
      this.#connection = undefined;
      this.#receiver.disconnected();
      this.#sender.disconnected();
    }
  }

  async #askForToken(): Promise<string> {
    const { token } = this.#options;
    const given = typeof token === "string" ? token : await token(this.#closing.signal);
    if (given.length <= TOKEN_CHARACTERS_MAX && /^[!-~]*$/.test(given)) return given;
    throw new TypeError(`the token is not up to ${TOKEN_CHARACTERS_MAX} characters of printable ASCII`);
  }

  async #welcomed(connection: Connection, welcome: Welcome, transport: Transport): Promise<void> {
    connection.setWelcomed();
    const stranger = this.#stranger(welcome.user);
    if (stranger !== undefined) {
      connection.end({ reason: stranger, stop: "other user" });
      return;
    }
    if (this.#user === undefined) {
      await this.#store.write([{ change: "user", user: welcome.user }]);
      this.#user = welcome.user;
    }
    const offset = this.#clock.set(welcome);
    if (Math.abs(offset - this.#savedOffset) > CLOCK_TOLERANCE) {
      this.#savedOffset = offset;
      await this.#store.write([{ change: "clock", offset }]);
    }
    if (this.#receives) await this.#receiver.welcomed(connection, welcome);
    this.#sender.connected(connection, welcome);
    this.#changed({ status: "connected", user: welcome.user, transport: transport.name });
  }

  /** Why the client cannot be `known`, as whom the server knows it. */
  #stranger(known: string): string | undefined {
    const wanted = this.#options.user;
    if (wanted !== undefined && wanted !== known)
      return `The token is that of ${known}, and this client is to be ${wanted}. Use a token for ${wanted}.`;
    if (this.#user !== undefined && this.#user !== known) {
      return `The server knows this client as ${known}, and its store belongs to ${this.#user}. Use a store for each user.`;
    }
    return undefined;
  }

  #received(connection: Connection, packet: Packet, welcomed: boolean): void {
    switch (packet.kind) {
      case "goodbye":
        connection.end({
          code: packet.code,
          reason: packet.text || `code ${packet.code}`,
          retryAfter: packet.retryAfterMilliseconds ?? 0,
        });
        return;
      case "ping":
        connection.answerPing();
        return;
      case "pong":
        return;
      default:
        break;
    }
    if (welcomed) {
      switch (packet.kind) {
        case "msg:N":
          this.#receiver.notified(packet);
          return;
        case "ack:A":
          connection.acknowledged(packet);
          return;
        case "msg:A":
        case "ack:N":
        case "status:A":
        case "error":
          this.#sender.received(packet);
          return;
        default:
          break;
      }
    }
    connection.refuse(PROTOCOL_VIOLATION, `the server sent ${packet.kind} where it has no place`);
  }

  /** Whether to stop, and if so why. */
  #verdict(end: ConnectionEnd): ConnectionState | undefined {
    const { code, reason } = end;
    if (end.stop) return { status: "stopped", cause: end.stop, reason };
    if (code === undefined) return undefined;
    switch (remedyFor(code)) {
      case "retry later":
        return undefined;
      case "authenticate":
        this.#token = undefined;
        if (typeof this.#options.token === "function") return undefined;
        return { status: "stopped", cause: "token refused", reason: `The server does not accept the token: ${reason}`, code };
      default: {
        const cause = code === SUPERSEDED ? "superseded" : "refused";
        return { status: "stopped", cause, reason, code };
      }
    }
  }

  #wait(milliseconds: number): Promise<void> {
    return delay(milliseconds, AbortSignal.any([this.#waking.signal, this.#closing.signal]));
  }
}
