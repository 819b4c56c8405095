import type { Body } from "./protocol/body.js";

/** What names a message for ever: its id, and who sent it. */
export interface MessageKey {
  readonly from: string;
  readonly id: string;
}

/** A message that has arrived. */
export interface Message extends MessageKey {
  /** The sender's id for it. */
  readonly id: string;
  /** Who sent it; the server has checked that. */
  readonly from: string;
  /** Its number in this user's mailbox: 1, 2, 3 … */
  readonly sequence: number;
  /** When the server accepted it, by the server's clock. */
  readonly acceptedAt: Date;
  /** When the sender says it was written; its clock may be wrong. */
  readonly sentAt: Date;
  /** What it carries. */
  readonly body: Body;
  /** The text; undefined when the body is bytes. */
  readonly text: string | undefined;
  /**
   * A handler may have run for this message before: in this page or process, or in one that ended before the message was
   * committed. False means: certainly not.
   */
  readonly redelivered: boolean;
  /** 1 for the first time that this page or process hands it to the handler, and one more each time the handler has failed. */
  readonly attempt: number;
}

/** Handles a message. It is confirmed when the promise resolves, and comes again when it rejects. */
export type MessageHandler = (message: Message, signal: AbortSignal) => unknown;

/** A message that was set aside; it stays in the store until it is removed. */
export interface SetAsideMessage {
  readonly message: Message;
  /** Why, in the words of the application. */
  readonly reason: string;
  /** When, by this device's clock. */
  readonly at: Date;
}

/** Numbers `from` to `to` that this device will never get: the server had forgotten them when it came back. */
export interface MissingMessages {
  readonly from: number;
  readonly to: number;
}

/** A text that no other message has. */
export function keyOf({ from, id }: MessageKey): string {
  return `${id} ${from}`;
}
