import type { Passing, Side } from "./network";
import { reach, type Touch } from "./reach";

/** So many messages one visit may have: each is looked at with every packet. */
export const MESSAGES_MAX = 1_000;

/** Where one of the six lines of a message stands. Lit and broken only ever rise to lit. */
export type LineState = "dark" | "flying" | "lost" | "broken" | "lit";

/** One line of the six. */
export interface LineView {
  readonly state: LineState;
  /** How often its packet has set out. */
  readonly times: number;
  /** What carried it, where that was not its own packet: hello, welcome, status. */
  readonly carrier: string | undefined;
}

/** Where the sender's client says that the message stands. */
export type Standing = "waiting" | "accepted" | "stored" | "delivered" | "refused" | "cancelled";

/** One message of this visit. */
export interface MessageView {
  readonly id: string;
  readonly from: Side;
  readonly text: string;
  readonly standing: Standing;
  /** How often the recipient's application got it. */
  readonly handled: number;
  /** Its number in the recipient's mailbox, when that is known. */
  readonly sequence: number | undefined;
  /** Line 1 first. */
  readonly lines: readonly LineView[];
}

/** What the lab hears. Everything it shows follows from these. */
export type LabEvent =
  | { readonly event: "written"; readonly side: Side; readonly id: string; readonly text: string }
  | { readonly event: "stands"; readonly id: string; readonly standing: Standing }
  | { readonly event: "handled"; readonly side: Side; readonly id: string }
  | { readonly event: "passing"; readonly passing: Passing };

/** The running count. */
export interface Counts {
  readonly sent: number;
  readonly delivered: number;
  readonly resent: number;
  readonly duplicatesDropped: number;
  readonly twice: number;
  readonly lost: number;
}

interface Line {
  state: LineState;
  times: number;
  arrivals: number;
  carrier: string | undefined;
}

interface Message {
  id: string;
  from: Side;
  text: string;
  standing: Standing;
  handled: number;
  sequence: number | undefined;
  lines: Line[];
}

/** The other one. */
export function other(side: Side): Side {
  return side === "alice" ? "bob" : "alice";
}

/**
 * What has happened to every message of this visit: events in, views and counts out. Nothing here knows how the client or the
 * server works; it counts what it was told by the wire, by the senders' clients and by the recipients' handlers. Pure: no I/O, no clock.
 */
export class Ledger {
  readonly #messages = new Map<string, Message>();
  /** Which lines a packet that is under way will light. */
  readonly #flights = new Map<number, readonly Touch[]>();
  #resent = 0;
  #duplicatesDropped = 0;

  /** All messages, oldest first. */
  get messages(): readonly MessageView[] {
    return [...this.#messages.values()];
  }

  /** The visit has as many messages as it may: no more are to be written. */
  get isFull(): boolean {
    return this.#messages.size >= MESSAGES_MAX;
  }

  message(id: string): MessageView | undefined {
    return this.#messages.get(id);
  }

  /** Nothing is under way any more: every message is delivered, or the server has refused it. */
  get isSettled(): boolean {
    return [...this.#messages.values()].every(({ standing }) => standing !== "waiting" && standing !== "accepted" && standing !== "stored");
  }

  get counts(): Counts {
    const messages = [...this.#messages.values()];
    const count = (holds: (message: Message) => boolean): number => messages.filter(holds).length;
    return {
      sent: messages.length,
      delivered: count(({ standing }) => standing === "delivered"),
      resent: this.#resent,
      duplicatesDropped: this.#duplicatesDropped,
      twice: count(({ handled }) => handled > 1),
      lost: count((message) => this.#isLostMessage(message, messages)),
    };
  }

  /**
   * The recipient's application does not have it, and should: the sender was told that it does, or it has a later one of the same sender. What is
   * merely under way is not lost.
   */
  #isLostMessage(message: Message, all: readonly Message[]): boolean {
    if (message.handled > 0 || message.standing === "waiting" || message.standing === "refused") return false;
    const later = all.slice(all.indexOf(message) + 1);
    return message.standing === "delivered" || later.some(({ from, handled }) => from === message.from && handled > 0);
  }

  hear(event: LabEvent): void {
    switch (event.event) {
      case "written":
        this.#message(event.id, event.side).text = event.text;
        break;
      case "stands": {
        const message = this.#messages.get(event.id);
        if (message) message.standing = event.standing;
        break;
      }
      case "handled":
        this.#message(event.id, other(event.side)).handled++;
        break;
      case "passing":
        this.#pass(event.passing);
        break;
    }
  }

  #message(id: string, from: Side): Message {
    let message = this.#messages.get(id);
    if (!message) {
      const lines = Array.from({ length: 6 }, (): Line => ({ state: "dark", times: 0, arrivals: 0, carrier: undefined }));
      message = { id, from, text: "", standing: "waiting", handled: 0, sequence: undefined, lines };
      this.#messages.set(id, message);
    }
    return message;
  }

  #pass(passing: Passing): void {
    const { flight, phase, packet, side } = passing;
    if (phase === "leaves") {
      // A message is known from its first request on, also when `send` has not resolved yet.
      if (packet.kind === "msg:R") this.#message(packet.id, side);
      if (packet.kind === "msg:N") this.#message(packet.id, other(side)).sequence = packet.sequence;
      const touches = reach(passing, this.messages);
      this.#flights.set(flight, touches);
      for (const touch of touches) this.#leaves(touch);
      return;
    }
    for (const touch of this.#flights.get(flight) ?? []) {
      if (phase === "arrives") this.#arrives(touch);
      else this.#isLost(touch);
    }
    this.#flights.delete(flight);
  }

  #line({ id, line }: Touch): Line | undefined {
    return this.#messages.get(id)?.lines[line - 1];
  }

  #leaves(touch: Touch): void {
    const line = this.#line(touch);
    if (!line) return;
    line.times++;
    if (touch.line === 1 && line.times > 1) this.#resent++;
    // The server has found that it has this message: it answers the same id once more.
    if (touch.line === 2 && touch.carrier === undefined && line.times > 1) this.#duplicatesDropped++;
    if (line.state === "dark" || line.state === "lost") line.state = "flying";
  }

  #arrives(touch: Touch): void {
    const line = this.#line(touch);
    if (!line) return;
    // The recipient's client has it already: it drops this one.
    if (touch.line === 3 && line.arrivals > 0) this.#duplicatesDropped++;
    line.arrivals++;
    if (line.state !== "lit") {
      line.state = touch.forged ? "broken" : "lit";
      line.carrier = touch.carrier;
    }
  }

  #isLost(touch: Touch): void {
    const line = this.#line(touch);
    if (line?.state === "flying") line.state = "lost";
  }
}
