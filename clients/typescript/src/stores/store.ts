import type { CancelOutcome } from "../delivery/outbox-effect.js";
import type { InboxPosition } from "../delivery/inbox.js";
import type { MessageKey, SetAsideMessage } from "../message.js";
import type { Body } from "../protocol/body.js";
import { type MessageState, NO_EPOCH } from "../protocol/packet.js";

/** A message as it joins the outbox. */
export interface NewMessage {
  readonly id: string;
  readonly to: string;
  readonly body: Body;
  readonly bodyBytes: number;
  /** It is about to leave the device. */
  readonly transmitted: boolean;
}

/** A row of the outbox without its body. */
export interface StoredMessage extends Omit<NewMessage, "body"> {
  /** Its place in the order of the `send` calls of this device, over all tabs. */
  readonly number: number;
  readonly state: MessageState;
}

/** How a message left the outbox; remembered for a while, for tabs that were not told. */
export type Outcome =
  | { readonly end: "delivered" }
  | { readonly end: "refused"; readonly code: number; readonly text: string }
  | { readonly end: "cancelled"; readonly outcome: CancelOutcome };

/** One thing that changes in a store. */
export type Change =
  /** It is saved that a message may leave the device, under this id. */
  | { readonly change: "mark"; readonly number: number; readonly id: string }
  | { readonly change: "raise"; readonly number: number; readonly state: MessageState }
  | { readonly change: "remove"; readonly number: number; readonly outcome: Outcome }
  | { readonly change: "position"; readonly position: InboxPosition }
  /** A handler is about to run for this message; null: for none. */
  | { readonly change: "begun"; readonly key: MessageKey | null }
  /** A message is handled. `at` is Unix time in milliseconds; what is older than `forgetBefore` may be forgotten. */
  | { readonly change: "seen"; readonly key: MessageKey; readonly at: number; readonly forgetBefore: number }
  | { readonly change: "aside"; readonly aside: SetAsideMessage }
  | { readonly change: "aside removed"; readonly key: MessageKey }
  /** Connection numbers up to this one may be used. */
  | { readonly change: "connections"; readonly upTo: number }
  | { readonly change: "device"; readonly device: string }
  | { readonly change: "user"; readonly user: string }
  /** The server's clock minus this device's, in milliseconds. */
  | { readonly change: "clock"; readonly offset: number };

/** What a store holds beside messages. */
export interface StoredClient {
  readonly device: string | undefined;
  /** Whom the store belongs to, once a server has said it. */
  readonly user: string | undefined;
  /** Connection numbers up to here may have been used. */
  readonly lastConnection: number;
  readonly clockOffset: number;
  readonly position: InboxPosition;
  /** The message whose handler had begun and was not committed. */
  readonly begun: MessageKey | null;
}

export const EMPTY: StoredClient = {
  device: undefined,
  user: undefined,
  lastConnection: 0,
  clockOffset: 0,
  position: { epoch: NO_EPOCH, cursor: 0 },
  begun: null,
};

/** How many outcomes and how many seen messages a store remembers at the most; the oldest are forgotten beyond it. */
export const OUTCOMES_MAX = 1_000;
export const SEEN_MAX = 100_000;

/**
 * What a client remembers. Writes take effect in the order of the calls, and are durable when their promise resolves; each is
 * there as a whole or not at all.
 */
export interface Store {
  /** What is there now, beside messages. */
  load(): Promise<StoredClient>;
  /**
   * Puts a message behind all others, in the order of the calls.
   * @param max How many messages the outbox may hold with it.
   * @returns Its number.
   * @throws OutboxFullError when it would hold more.
   */
  insert(message: NewMessage, max: number): Promise<number>;
  /** The messages behind this number, in order. */
  messagesAfter(number: number): Promise<readonly StoredMessage[]>;
  /** The body of a message that is in the outbox. */
  body(number: number): Promise<Body | undefined>;
  /** How a message left the outbox, if that is still known. */
  outcome(number: number): Promise<Outcome | undefined>;
  /** Whether a message has been handled, in any history. */
  hasSeen(key: MessageKey): Promise<boolean>;
  /** What was set aside, oldest first. */
  setAside(): Promise<readonly SetAsideMessage[]>;
  /** Everything at once, or nothing. */
  write(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}

/** Where a client keeps its outbox and inbox. */
export interface ClientStore {
  /**
   * Opens it.
   * @throws StoreError when it is in use, damaged or cannot be written.
   */
  open(): Promise<Store>;
  /** How several tabs share it; undefined when there is one client at a time. */
  readonly tabs?: TabSharing;
}

/** What tabs need to find each other. */
export interface TabSharing {
  readonly name: string;
  readonly locks: Pick<LockManager, "request">;
  readonly channel: (name: string) => BroadcastChannel;
}
