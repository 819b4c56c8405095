import type { ConnectionState } from "../connections/state.js";
import type { CancelOutcome } from "../delivery/outbox-effect.js";
import type { Message, MissingMessages, SetAsideMessage } from "../message.js";
import type { MessageState } from "../protocol/packet.js";
import type { Outcome } from "../stores/store.js";

/** What the tab that owns the connection tells all tabs, itself included. */
export type Notice =
  /** This tab owns the connection from now on: what the others wished for may not have been heard. */
  | { readonly notice: "owner" }
  | { readonly notice: "state"; readonly state: ConnectionState }
  | { readonly notice: "stands"; readonly number: number; readonly id: string; readonly state: MessageState }
  | { readonly notice: "ended"; readonly number: number; readonly outcome: Outcome }
  | { readonly notice: "cancelled"; readonly call: string; readonly outcome: CancelOutcome }
  | { readonly notice: "not cancelled"; readonly call: string; readonly reason: string }
  /** A message was handled and committed. */
  | { readonly notice: "message"; readonly message: Message }
  | { readonly notice: "missing"; readonly missing: MissingMessages }
  | { readonly notice: "set aside"; readonly aside: SetAsideMessage }
  | { readonly notice: "store failed"; readonly reason: string };

/** What a tab wants from the one that owns the connection. Each may be said again, and loses nothing if it is not heard: the next owner is told. */
export type Wish =
  /** A tab has opened: what is the state? */
  | { readonly wish: "state" }
  /** This message was saved: where does it stand? */
  | { readonly wish: "look"; readonly number: number }
  | { readonly wish: "cancel"; readonly number: number; readonly call: string }
  | { readonly wish: "reconnect" };
