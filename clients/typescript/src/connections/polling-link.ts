import { words } from "../errors.js";
import {
  type Goodbye,
  type Hello,
  type MessageNotify,
  type MessageRequest,
  type Packet,
  type RequestError,
  type StatusRequest,
  type Welcome,
} from "../protocol/packet.js";
import { notifyBytes } from "../protocol/body.js";
import { PROTOCOL_VIOLATION, remedyFor } from "../protocol/codes.js";
import { IDS_PER_PACKET_MAX } from "../protocol/limits.js";
import { toPacket, Violation } from "../protocol/reader.js";
import { delay } from "./backoff.js";
import type { Link, LinkEvents } from "./transport.js";

/** Under the 30 s after which many a proxy cuts. */
const HOLD = 25_000;
/** A held poll that was cut after less than this is a loss of the connection. */
const HOLD_MIN = 1_000;
/** How long confirmations may gather, while more of what has come is to be confirmed. */
const CONFIRM_WAIT = 100;
/** How long to wait when the server did not hold a poll. */
const IDLE_WAIT = 1_000;
const REQUEST_CHARACTERS_MAX = 1 << 20;
const POLLS_MAX = 2;

/** One connection over HTTP requests (PROTOCOL §14): polls with one connection number, and beside them messages and questions, one request after the other. */
export class PollingLink implements Link {
  readonly #base: URL;
  readonly #events: LinkEvents;
  readonly #closing = new AbortController();
  readonly #requests: (MessageRequest | StatusRequest)[] = [];
  /** For each recipient whose messages are to be retried later, the first error that said so. */
  readonly #held = new Map<string, RequestError>();
  /** What has come and is not confirmed, with its bytes. */
  readonly #unconfirmed = new Map<number, number>();
  #hello: Hello | undefined;
  #welcome: Welcome | undefined;
  #cursor = 0;
  #cursorSent = 0;
  #received = 0;
  #hold = HOLD;
  #polls = 0;
  #gathering = false;
  #leaves = false;
  #requesting = false;

  constructor(base: URL, events: LinkEvents) {
    this.#base = base;
    this.#events = events;
  }

  get buffered(): number {
    return this.#requests.reduce((sum, request) => sum + sizeOf(request), 0);
  }

  send(packet: Packet): void {
    switch (packet.kind) {
      case "hello":
        this.#hello = packet;
        this.#cursor = this.#received = packet.cursor;
        void this.#poll(0);
        break;
      case "msg:R":
      case "status:R":
        this.#requests.push(packet);
        void this.#request();
        break;
      case "ack:R":
        this.#confirm(packet.upTo);
        break;
      default:
      // An answer is the sign of life, and to leave is to ask no more.
    }
  }

  leave(): void {
    if (this.#leaves || !this.#welcome) return;
    this.#leaves = true;
    void this.#poll(0);
  }

  close(): void {
    // It also confirms. Nobody hears how it goes: should it be lost, the lease runs out.
    if (!this.#closing.signal.aborted) this.leave();
    this.#closing.abort();
  }

  // ---- polls -------------------------------------------------------------------------------

  #confirm(upTo: number): void {
    this.#cursor = upTo;
    for (const sequence of this.#unconfirmed.keys()) {
      if (sequence <= upTo) this.#unconfirmed.delete(sequence);
    }
    // A request for each of many costs more than the messages; and the first must not wait until the last is handled.
    if (this.#cursor < this.#received) void this.#gather();
    else this.#tell();
  }

  async #gather(): Promise<void> {
    if (this.#gathering) return;
    this.#gathering = true;
    await delay(CONFIRM_WAIT, this.#closing.signal);
    this.#gathering = false;
    if (this.#cursor > this.#cursorSent) this.#tell();
  }

  /** The poll that is held comes back when this one has brought the cursor. */
  #tell(): void {
    if (this.#welcome && this.#polls < POLLS_MAX && this.#goesOn) void this.#poll(this.#hold);
  }

  async #poll(hold: number): Promise<void> {
    const began = performance.now();
    const cursor = (this.#cursorSent = this.#cursor);
    this.#polls++;
    let wait = 0;
    try {
      const packets = await this.#post("poll", this.#pollBody(hold), this.#leaves ? { keepalive: true } : { signal: this.#closing.signal });
      if (!packets || this.#closing.signal.aborted) return;
      const [welcome, ...more] = packets;
      if (welcome?.kind !== "welcome") throw new Violation(PROTOCOL_VIOLATION, "the answer of a poll does not begin with its welcome");
      if (!this.#continues(welcome, cursor)) {
        this.#end("the server does not go on where the poll before ended");
        return;
      }
      for (const packet of more) this.#hear(packet);
      if (this.#received > this.#cursor) wait = CONFIRM_WAIT;
      else if (more.length === 0 && this.#polls === 1 && performance.now() - began < hold / 2) wait = IDLE_WAIT;
    } catch (cause) {
      const lasted = performance.now() - began;
      // Something on the way cuts what it finds too long.
      if (!(cause instanceof Loss) || hold === 0 || lasted < HOLD_MIN || this.#closing.signal.aborted) {
        this.#failed(cause);
        return;
      }
      this.#hold = Math.max(HOLD_MIN, 0.75 * lasted);
    } finally {
      this.#polls--;
    }
    if (wait > 0) await delay(wait, this.#closing.signal);
    if (!this.#goesOn) return;
    // Unless a confirmation has sent the next one meanwhile.
    if (this.#polls === 0 || (this.#cursor > this.#cursorSent && this.#polls < POLLS_MAX)) void this.#poll(this.#hold);
  }

  #pollBody(hold: number): object {
    const bytes = [...this.#unconfirmed.values()].reduce((sum, each) => sum + each, 0);
    const { epoch = "", window = 0, windowBytes = 0 } = this.#hello ?? {};
    const full = windowBytes <= bytes;
    return {
      hello: {
        ...this.#hello,
        token: "",
        epoch: this.#welcome?.epoch ?? epoch,
        cursor: this.#cursor,
        // Of bytes at least one entry always fits; of entries, none need.
        window: full && window > 0 ? Math.max(1, this.#received - this.#cursor) : window,
        windowBytes: Math.max(0, windowBytes - bytes),
      },
      ...(this.#welcome && { received: this.#received }),
      holdMilliseconds: Math.round(hold),
      ...(this.#leaves && { leaves: true }),
    };
  }

  get #goesOn(): boolean {
    return !this.#leaves && !this.#closing.signal.aborted;
  }

  /** The first welcome is that of the connection; the others repeat it, and stand for the ack:A of their poll's cursor. */
  #continues(welcome: Welcome, cursor: number): boolean {
    const first = this.#welcome;
    if (!first) {
      this.#welcome = welcome;
      this.#cursor = this.#received = welcome.resumeAfter;
      this.#events.received(welcome);
      return true;
    }
    if (welcome.user !== first.user || welcome.epoch !== first.epoch) return false;
    if (this.#hello?.window === 0) return true;
    if (cursor > 0) this.#events.received({ kind: "ack:A", epoch: welcome.epoch, upTo: cursor });
    return welcome.resumeAfter === cursor;
  }

  // ---- messages and questions --------------------------------------------------------------

  async #request(): Promise<void> {
    if (this.#requesting) return;
    this.#requesting = true;
    try {
      while (this.#requests.length > 0 && !this.#closing.signal.aborted) {
        const [path, body] = this.#nextRequest();
        for (const packet of (await this.#post(path, body, { signal: this.#closing.signal })) ?? []) this.#hear(packet);
      }
    } catch (cause) {
      this.#failed(cause);
    }
    this.#requesting = false;
  }

  #nextRequest(): [path: string, body: object] {
    const first = this.#requests.shift();
    if (first?.kind === "status:R") return ["status", first];
    const requests = first ? [first] : [];
    let characters = first ? sizeOf(first) : 0;
    for (let next = this.#requests[0]; next?.kind === "msg:R" && requests.length < IDS_PER_PACKET_MAX; next = this.#requests[0]) {
      characters += sizeOf(next);
      if (characters > REQUEST_CHARACTERS_MAX) break;
      requests.push(next);
      this.#requests.shift();
    }
    for (const { id, to } of requests) {
      if (this.#held.get(to)?.id === id) this.#held.delete(to);
    }
    return ["messages", { requests, ...(this.#held.size > 0 && { held: [...this.#held.values()] }) }];
  }

  // ---- HTTP --------------------------------------------------------------------------------

  /** @returns The packets of an answer; undefined when it was a problem, which has been told. */
  async #post(path: string, body: object, init: RequestInit): Promise<Packet[] | undefined> {
    let response: Response;
    let answer: Partial<Problem> | null;
    try {
      const token = this.#hello?.token;
      response = await fetch(`${this.#base.href}/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
        credentials: "include",
        body: JSON.stringify(body),
        ...init,
      });
      answer = (await response.json()) as Partial<Problem> | null;
    } catch (cause) {
      throw new Loss(words(cause));
    }
    const packets = Array.isArray(answer?.packets) ? answer.packets.map((packet) => toPacket(packet)) : undefined;
    if (response.ok && packets) {
      this.#events.alive();
      return packets;
    }
    if (typeof answer?.code !== "number") throw new Loss(`something between here and the server answered with ${response.status}`);
    for (const packet of packets ?? []) this.#hear(packet);
    this.#closing.abort();
    this.#events.received(toPacket(goodbye(answer)));
    return undefined;
  }

  #hear(packet: Packet): void {
    if (packet.kind === "msg:N") this.#took(packet);
    if (packet.kind === "error" && remedyFor(packet.code) === "retry later" && !this.#held.has(packet.to))
      this.#held.set(packet.to, packet);
    this.#events.received(packet);
  }

  #took(notify: MessageNotify): void {
    this.#received = Math.max(this.#received, notify.sequence);
    if (notify.sequence > this.#cursor) this.#unconfirmed.set(notify.sequence, notifyBytes(notify));
  }

  #failed(cause: unknown): void {
    if (cause instanceof Violation) this.#events.violated(cause);
    else this.#end(words(cause));
  }

  #end(reason: string): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#events.ended(reason);
  }
}

/** No answer, or one that is not the server's. */
class Loss extends Error {
  override readonly name = "Loss";
}

/** What an answer may hold: packets, or what a goodbye would say. */
interface Problem {
  readonly packets: unknown[];
  readonly code: number;
  readonly detail: string;
  readonly retryAfterMilliseconds: number;
}

function goodbye({ code = 0, detail = "", retryAfterMilliseconds }: Partial<Problem>): Goodbye {
  return { kind: "goodbye", code, text: detail, ...(retryAfterMilliseconds !== undefined && { retryAfterMilliseconds }) };
}

function sizeOf(packet: MessageRequest | StatusRequest): number {
  return packet.kind === "status:R" ? 0 : "text" in packet ? packet.text.length : packet.base64.length;
}
