import { describe, expect, test } from "vitest";
import { Inbox } from "../src/delivery/inbox.js";
import { Outbox } from "../src/delivery/outbox.js";
import type { OutboxEffect } from "../src/delivery/outbox-effect.js";
import { OutboxEntry } from "../src/delivery/outbox-entry.js";
import type { MessageState } from "../src/protocol/packet.js";
import { readVectors } from "./vectors.js";

/** Time, event, effects, and when the machine wants to be told that time has passed. */
type OutboxStep = readonly [at: number, told: string, answered: readonly string[], next: number | null];
type InboxStep = readonly [told: string, answered: readonly string[]];

interface Traces<Step> {
  readonly vectors: readonly { readonly name: string; readonly steps: readonly Step[] }[];
}

/** An outbox that is spoken to in the words of the traces. Messages go by their numbers. */
class OutboxPlayer {
  readonly #outbox = new Outbox(() => 0.5);
  readonly #entries = new Map<string, OutboxEntry>();

  get next(): number | null {
    return this.#outbox.nextDeadline ?? null;
  }

  tell(event: string, now: number): string[] {
    const [kind = "", ...words] = event.split(" ");
    const [first = "", second = "", third = "", fourth = ""] = words;
    switch (kind) {
      case "add": {
        const entry = new OutboxEntry(Number(first), first, second, third as MessageState, fourth === "transmitted");
        this.#entries.set(first, entry);
        this.#outbox.add(entry, now);
        break;
      }
      case "marked":
        this.#outbox.marked(
          words.flatMap((number) => this.#entries.get(number) ?? []),
          now,
        );
        break;
      case "connected":
        this.#outbox.connected(Number(first), now);
        break;
      case "disconnected":
        this.#outbox.disconnected();
        break;
      case "acknowledged":
        this.#outbox.acknowledged(first, now);
        break;
      case "errored":
        this.#outbox.errored(first, Number(second), "", Number(third), now);
        break;
      case "reported":
        this.#outbox.reported(words.slice(1), first as MessageState, now);
        break;
      case "status":
        this.#outbox.statusReported(words.map(toStatus), now);
        break;
      case "cancel":
        this.#outbox.cancel(first);
        break;
      case "advance":
        this.#outbox.advance(now);
        break;
      default:
        throw new Error(`The trace says '${event}'.`);
    }
    const effects: string[] = [];
    for (let effect = this.#outbox.takeEffect(); effect; effect = this.#outbox.takeEffect()) effects.push(inWords(effect));
    return effects;
  }
}

function toStatus(word: string): { id: string; state: MessageState; forgotten?: true } {
  const [id = "", state = ""] = word.split("=");
  return state === "forgotten" ? { id, state: "waiting", forgotten: true } : { id, state: state as MessageState };
}

function inWords(effect: OutboxEffect): string {
  switch (effect.do) {
    case "transmit":
    case "delivered":
    case "leave":
      return `${effect.do} ${effect.entry.number}`;
    case "mark":
      return `mark ${effect.entries.map((entry) => entry.number).join(" ")}`;
    case "ask":
      return `ask ${effect.to} ${effect.ids.join(" ")}`;
    case "raise":
      return `raise ${effect.entry.number} ${effect.state}`;
    case "refused":
      return `refused ${effect.entry.number} ${effect.code}`;
    case "reconnect":
      return "reconnect";
  }
}

describe("the outbox does what the traces say", () => {
  test.each((readVectors("traces-outbox.json") as Traces<OutboxStep>).vectors)("$name", ({ steps }) => {
    const player = new OutboxPlayer();
    for (const [at, told, answered, next] of steps) {
      expect([told, player.tell(told, at), player.next]).toEqual([told, answered, next]);
    }
  });
});

const toEpoch = (number: string): string => number.padStart(16, "0");
const fromEpoch = (epoch: string): number => Number(epoch);

function tellInbox(inbox: Inbox, event: string): string[] {
  const [kind, first = "", second = ""] = event.split(" ");
  switch (kind) {
    case "welcomed": {
      const { adopt, gap } = inbox.welcomed(toEpoch(first), Number(second));
      return [...(adopt ? [`adopt ${fromEpoch(adopt.epoch)} ${adopt.cursor}`] : []), ...(gap ? [`gap ${gap.from} ${gap.to}`] : [])];
    }
    case "notified":
      return [inbox.notified(Number(first))];
    case "committed": {
      const confirmation = inbox.committed(toEpoch(first), Number(second));
      return confirmation ? [`confirm ${confirmation.upTo}`] : [];
    }
    default:
      throw new Error(`The trace says '${event}'.`);
  }
}

describe("the inbox does what the traces say", () => {
  test.each((readVectors("traces-inbox.json") as Traces<InboxStep>).vectors)("$name", ({ steps }) => {
    let inbox = new Inbox();
    for (const [told, answered] of steps) {
      const [kind, first = "", second = ""] = told.split(" ");
      if (kind === "open") inbox = new Inbox({ epoch: toEpoch(first), cursor: Number(second) });
      else expect([told, tellInbox(inbox, told)]).toEqual([told, answered]);
    }
  });
});
