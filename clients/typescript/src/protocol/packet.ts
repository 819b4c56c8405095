/**
 * All that travels, in its JSON form (PROTOCOL §3.5). Times are strings like `2026-01-02T03:04:05.678Z`, durations are
 * milliseconds, an epoch is 16 hexadecimal digits, an id the canonical text of a UUIDv7.
 */

/** Where a message stands. States only rise (PROTOCOL §7). */
export type MessageState = "waiting" | "accepted" | "stored" | "delivered";

/** Where the stream of a device that the server does not know begins. */
export type StreamStart = "oldest" | "latest";

/** A body as it travels: a text, or bytes with what they are. */
export type WireBody = { readonly text: string } | { readonly contentType: string; readonly base64: string };

/** Line 1, msg:R: "take this". */
export type MessageRequest = { readonly kind: "msg:R"; readonly id: string; readonly to: string } & WireBody;

/** Line 2, msg:A: "it is on disk". */
export interface MessageAcknowledge {
  readonly kind: "msg:A";
  readonly id: string;
  readonly acceptedAt: string;
}

/** Line 3, msg:N: "here is an entry". */
export type MessageNotify = {
  readonly kind: "msg:N";
  readonly sequence: number;
  readonly id: string;
  readonly from: string;
  readonly acceptedAt: string;
  readonly redelivered?: true;
} & WireBody;

/** Line 4, ack:R: "everything up to here is committed". */
export interface AckRequest {
  readonly kind: "ack:R";
  readonly epoch: string;
  readonly upTo: number;
}

/** Line 5, ack:A: where the cursor stands at the server. */
export interface AckAcknowledge {
  readonly kind: "ack:A";
  readonly epoch: string;
  readonly upTo: number;
}

/** Line 6, ack:N: what became of messages. */
export interface AckNotify {
  readonly kind: "ack:N";
  readonly by: string;
  readonly ids: readonly string[];
  readonly state: "stored" | "delivered";
}

/** The first packet of a connection. Its cursor is an ack:R. */
export interface Hello {
  readonly kind: "hello";
  readonly token: string;
  readonly device: string;
  readonly connection: number;
  readonly epoch: string;
  readonly cursor: number;
  readonly window: number;
  readonly windowBytes: number;
  readonly start: StreamStart;
  readonly software: string;
}

/** What a server allows in one session. */
export interface SessionLimits {
  readonly bodyBytesMax: number;
  readonly requestsInFlightMax: number;
  readonly windowMax: number;
  readonly horizonMilliseconds: number;
}

/** The answer to hello. */
export interface Welcome {
  readonly kind: "welcome";
  readonly user: string;
  readonly epoch: string;
  readonly firstAvailable: number;
  readonly last: number;
  readonly resumeAfter: number;
  readonly serverTime: string;
  readonly limits: SessionLimits;
}

/** "Where do these messages stand?" */
export interface StatusRequest {
  readonly kind: "status:R";
  readonly to: string;
  readonly ids: readonly string[];
}

/** Where one message stands at the server. */
export interface MessageStatus {
  readonly id: string;
  readonly state: MessageState;
  readonly forgotten?: true;
}

/** "There." */
export interface StatusAcknowledge {
  readonly kind: "status:A";
  readonly to: string;
  readonly statuses: readonly MessageStatus[];
}

/** "Are you there?" */
export interface Ping {
  readonly kind: "ping";
}

/** "I am." */
export interface Pong {
  readonly kind: "pong";
}

/** Another answer to a msg:R than msg:A. */
export interface RequestError {
  readonly kind: "error";
  readonly code: number;
  readonly text: string;
  readonly id: string;
  readonly to: string;
  readonly retryAfterMilliseconds?: number;
}

/** The last packet of a connection. */
export interface Goodbye {
  readonly kind: "goodbye";
  readonly code: number;
  readonly text: string;
  readonly retryAfterMilliseconds?: number;
}

/** One thing that travels between client and server. */
export type Packet =
  | MessageRequest
  | MessageAcknowledge
  | MessageNotify
  | AckRequest
  | AckAcknowledge
  | AckNotify
  | Hello
  | Welcome
  | StatusRequest
  | StatusAcknowledge
  | Ping
  | Pong
  | RequestError
  | Goodbye;

/** No history: a new inbox. */
export const NO_EPOCH = "0000000000000000";

/** Which of two states is the higher one: more than 0 when it is the left. */
export function compareStates(left: MessageState, right: MessageState): number {
  return ORDER.indexOf(left) - ORDER.indexOf(right);
}

const ORDER: readonly MessageState[] = ["waiting", "accepted", "stored", "delivered"];
