import { OutboxFullError } from "../errors.js";
import { keyOf, type SetAsideMessage } from "../message.js";
import type { Body } from "../protocol/body.js";
import {
  type Change,
  EMPTY,
  type NewMessage,
  type Outcome,
  OUTCOMES_MAX,
  SEEN_MAX,
  type StoredClient,
  type StoredMessage,
} from "./store.js";

/** Everything that a store holds, in memory. Pure: what it is told is what it becomes. */
export class Contents {
  client: StoredClient = EMPTY;
  lastNumber = 0;
  readonly messages = new Map<number, StoredMessage & { readonly body: Body }>();
  readonly outcomes = new Map<number, Outcome>();
  /** When each was handled, oldest first. */
  readonly seen = new Map<string, number>();
  readonly asides = new Map<string, SetAsideMessage>();

  /** @throws OutboxFullError when there is no room for one more. */
  checkRoom(max: number): void {
    if (this.messages.size >= max) throw new OutboxFullError(max);
  }

  insert(message: NewMessage, number = this.lastNumber + 1): number {
    this.lastNumber = number;
    this.messages.set(number, { ...message, number, state: "waiting" });
    return number;
  }

  apply(change: Change): void {
    switch (change.change) {
      case "mark":
        this.#update(change.number, { id: change.id, transmitted: true });
        break;
      case "raise":
        this.#update(change.number, { state: change.state });
        break;
      case "remove":
        this.messages.delete(change.number);
        this.outcomes.set(change.number, change.outcome);
        forgetOldest(this.outcomes, OUTCOMES_MAX);
        break;
      case "seen":
        this.seen.set(keyOf(change.key), change.at);
        this.#forgetSeen(change.forgetBefore);
        break;
      case "aside":
        this.asides.set(keyOf(change.aside.message), change.aside);
        break;
      case "aside removed":
        this.asides.delete(keyOf(change.key));
        break;
      default:
        this.client = applyToClient(this.client, change);
    }
  }

  #update(number: number, fields: Partial<StoredMessage>): void {
    const message = this.messages.get(number);
    if (message) this.messages.set(number, { ...message, ...fields });
  }

  #forgetSeen(before: number): void {
    for (const [key, at] of this.seen) {
      if (at >= before) break;
      this.seen.delete(key);
    }
    forgetOldest(this.seen, SEEN_MAX);
  }
}

/** What one of the single values becomes. */
export function applyToClient(client: StoredClient, change: Change): StoredClient {
  switch (change.change) {
    case "position":
      return { ...client, position: change.position };
    case "begun":
      return { ...client, begun: change.key };
    case "connections":
      return { ...client, lastConnection: change.upTo };
    case "device":
      return { ...client, device: change.device };
    case "user":
      return { ...client, user: change.user };
    case "clock":
      return { ...client, clockOffset: change.offset };
    default:
      return client;
  }
}

function forgetOldest(map: Map<unknown, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
