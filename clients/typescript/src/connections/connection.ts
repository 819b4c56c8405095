import { PING_AFTER, SILENCE_MAX } from "../protocol/limits.js";
import type { AckAcknowledge, AckRequest, Packet } from "../protocol/packet.js";
import { delay } from "./backoff.js";
import type { ConnectionEnd } from "./state.js";
import type { Link, LinkEvents, Transport } from "./transport.js";

/** So many bytes may wait in the platform's buffers before more is handed to it. */
const BUFFERED_MAX = 1 << 20;
const BUFFERED_LOOK = 20;

/** One packet that passed between client and server; the token is left out. */
export interface TracedPacket {
  readonly direction: "sent" | "received";
  readonly packet: Packet;
}

/** A packet, or one that is made when its turn comes; undefined when there is none to send any more. */
type Outgoing = Packet | (() => Packet | undefined | Promise<Packet | undefined>);

/**
 * One connection to the server: packets in, packets out, the heartbeat (PROTOCOL §9). Posting and ending never block and never
 * throw; packets received are handed on one after the other.
 */
export class Connection implements LinkEvents {
  #link: Link | undefined;
  readonly #outgoing: Outgoing[] = [];
  readonly #incoming: Packet[] = [];
  readonly #ending = new AbortController();
  #lastByte = 0;
  #pings = 0;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setTimeout> | undefined;
  #writing = false;
  #reading = false;
  #welcomed = false;
  #refused = false;
  #pongWaits = false;
  #confirmation: AckRequest | undefined;
  #lastConfirmed = 0;
  #acknowledgedTo = 0;
  #endedBy: ConnectionEnd | undefined;

  readonly #handle: (packet: Packet) => Promise<void>;
  readonly #trace: ((traced: TracedPacket) => void) | undefined;

  /**
   * @param handle Gets each packet; the next is not handed on before it is done with this one.
   * @param trace Gets every packet.
   */
  constructor(handle: (packet: Packet) => Promise<void>, trace: ((traced: TracedPacket) => void) | undefined) {
    this.#handle = handle;
    this.#trace = trace;
  }

  /** Opens the link and runs until somebody ends the connection or it breaks. Never throws. */
  async run(transport: Transport, connectTimeout: number, welcomeTimeout: number): Promise<ConnectionEnd> {
    this.#await("connection", connectTimeout);
    try {
      this.#link = await transport.open(this, this.#ending.signal);
      this.#await("welcome", welcomeTimeout);
      this.#lastByte = performance.now();
      this.#beat();
      void this.#write();
      await delay(Infinity, this.#ending.signal);
    } catch (cause) {
      this.end({ reason: cause instanceof Error ? cause.message : String(cause) });
    } finally {
      clearTimeout(this.#patience);
      clearTimeout(this.#heartbeat);
      this.#link?.close();
    }
    return this.#endedBy ?? { reason: "the connection was closed" };
  }

  /** Sends a packet behind those before it. */
  post(packet: Outgoing): void {
    this.#outgoing.push(packet);
    void this.#write();
  }

  /** Sends ack:R; one that has not left yet is replaced, because it says less. */
  confirm(confirmation: AckRequest): void {
    const underWay = this.#confirmation !== undefined;
    this.#confirmation = confirmation;
    this.#lastConfirmed = confirmation.upTo;
    if (underWay) return;
    this.post(() => {
      const latest = this.#confirmation;
      this.#confirmation = undefined;
      return latest;
    });
  }

  /** Sends pong, unless one waits to be sent: it answers every ping before it. */
  answerPing(): void {
    if (this.#pongWaits) return;
    this.#pongWaits = true;
    this.post(() => {
      this.#pongWaits = false;
      return { kind: "pong" };
    });
  }

  /** ack:A has come. */
  acknowledged({ upTo }: AckAcknowledge): void {
    this.#acknowledgedTo = Math.max(this.#acknowledgedTo, upTo);
    if (this.#closing && this.#acknowledgedTo >= this.#lastConfirmed) this.#closing();
  }

  /** Welcome has come: the time for it no longer counts. */
  setWelcomed(): void {
    this.#welcomed = true;
    clearTimeout(this.#patience);
  }

  /** Ends the connection; the first reason stays. */
  end(end: ConnectionEnd): void {
    this.#endedBy ??= end;
    this.#ending.abort(new Error(end.reason));
  }

  /** The server broke the protocol: says goodbye, then ends. */
  refuse(code: number, reason: string): void {
    if (this.#refused) return;
    this.#refused = true;
    this.post({ kind: "goodbye", code, text: reason });
    this.post(() => {
      this.end({ reason });
      return undefined;
    });
  }

  #closing: (() => void) | undefined;

  /** Waits, but not for long, until the server has taken the last ack:R, so that its sender need not wait for our return. Then ends. */
  async close(timeout: number): Promise<void> {
    if (this.#acknowledgedTo < this.#lastConfirmed) {
      const taken = new AbortController();
      this.#closing = () => taken.abort();
      this.#link?.leave?.();
      await delay(timeout, AbortSignal.any([taken.signal, this.#ending.signal]));
    }
    this.end({ reason: "the client was closed" });
  }

  // ---- the link ----------------------------------------------------------------------------

  alive(): void {
    this.#lastByte = performance.now();
  }

  received(packet: Packet): void {
    this.alive();
    this.#incoming.push(packet);
    void this.#read();
  }

  violated({ code, message }: { code: number; message: string }): void {
    this.refuse(code, `the server sent something that is not of this protocol: ${message}`);
  }

  ended(reason: string): void {
    // What came before the end is still read: it may be a goodbye.
    if (this.#reading) this.#afterReading = reason;
    else this.end({ reason });
  }

  #afterReading: string | undefined;

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (let packet = this.#incoming.shift(); packet; packet = this.#incoming.shift()) {
        if (this.#ending.signal.aborted || this.#refused) break;
        this.#trace?.({ direction: "received", packet });
        await this.#handle(packet);
      }
    } catch (cause) {
      this.#failed(cause);
    }
    this.#reading = false;
    if (this.#afterReading !== undefined) this.end({ reason: this.#afterReading });
  }

  async #write(): Promise<void> {
    if (this.#writing || !this.#link) return;
    this.#writing = true;
    try {
      for (let next = this.#outgoing.shift(); next && !this.#ending.signal.aborted; next = this.#outgoing.shift()) {
        const packet = typeof next === "function" ? await next() : next;
        if (packet) this.#send(packet);
        while (this.#link.buffered > BUFFERED_MAX && !this.#ending.signal.aborted) await delay(BUFFERED_LOOK, this.#ending.signal);
      }
    } catch (cause) {
      this.#failed(cause);
    }
    this.#writing = false;
  }

  #send(packet: Packet): void {
    if (this.#ending.signal.aborted) return;
    this.#trace?.({ direction: "sent", packet: packet.kind === "hello" ? { ...packet, token: "" } : packet });
    this.#link?.send(packet);
  }

  #failed(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.end(
      cause instanceof Error && cause.name === "StoreError" ? { reason } : { reason: `the client failed: ${reason}`, stop: "defect" },
    );
  }

  /** Ends the connection unless this comes in time. */
  #await(what: string, timeout: number): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.end({ reason: `no ${what} within ${timeout / 1000} s` }), timeout);
  }

  // ---- the heartbeat -----------------------------------------------------------------------

  #beat(): void {
    const silence = performance.now() - this.#lastByte;
    if (silence >= SILENCE_MAX) {
      this.end({ reason: `not a byte came for ${SILENCE_MAX / 1000} s` });
      return;
    }
    const due = Math.floor(silence / PING_AFTER);
    if (this.#welcomed && due > this.#pings) this.post({ kind: "ping" });
    this.#pings = due;
    this.#heartbeat = setTimeout(() => this.#beat(), Math.min(PING_AFTER * (due + 1), SILENCE_MAX) - silence);
  }
}
