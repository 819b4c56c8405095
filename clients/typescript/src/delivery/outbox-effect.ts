import type { MessageState } from "../protocol/packet.js";
import type { OutboxEntry } from "./outbox-entry.js";

/** What the outbox asks of its shell. Carried out in order. */
export type OutboxEffect =
  /** Send msg:R. It may be the first time or a resend; the id is the same. */
  | { readonly do: "transmit"; readonly entry: OutboxEntry }
  /**
   * These are about to leave the device for the first time. Save that durably (and a new id for each whose time the server
   * would refuse), then call `marked`.
   */
  | { readonly do: "mark"; readonly entries: readonly OutboxEntry[] }
  /** Send a status request. */
  | { readonly do: "ask"; readonly to: string; readonly ids: readonly string[] }
  /** The message stands higher than before: save it (losing that costs a question) and tell the application. */
  | { readonly do: "raise"; readonly entry: OutboxEntry; readonly state: MessageState }
  /** A device of the recipient has committed it. Remove it. */
  | { readonly do: "delivered"; readonly entry: OutboxEntry }
  /** The server will not take it, finally; with 3103 the outcome is unknown. Remove it and tell the application. */
  | { readonly do: "refused"; readonly entry: OutboxEntry; readonly code: number; readonly text: string }
  /** The server holds it, and its id has passed the horizon: nothing more can be asked about it. Remove it. */
  | { readonly do: "leave"; readonly entry: OutboxEntry }
  /** End this connection and make a new one. */
  | { readonly do: "reconnect"; readonly reason: string };

/** What can still be done about a cancelled message. */
export type CancelOutcome =
  /** It never left the device and never will. */
  | "cancelled"
  /** It has left the device: it is no longer resent, and may still arrive. */
  | "may still arrive"
  /** It is not in the outbox: delivered, refused or cancelled before. */
  | "not waiting";
