/**
 * `@hexagram/client`: instant messages that are not lost, not shown twice, and about which nobody lies.
 *
 * @packageDocumentation
 */
export { type ClientEvents, HexagramClient, type WithSignal } from "./client.js";
export type { ClientOptions } from "./options.js";
export type { Message, MessageHandler, MessageKey, MissingMessages, SetAsideMessage } from "./message.js";
export type { AwaitedState, SentMessage, SentState } from "./sending/sent-message.js";
export type { HandlerFailure } from "./receiving/handler-loop.js";
export type { CancelOutcome } from "./delivery/outbox-effect.js";
export type { ConnectionState, StopCause } from "./connections/state.js";
export type { TokenSource } from "./connections/connector.js";
export type { TracedPacket } from "./connections/connection.js";
export type { TransportName } from "./connections/transport.js";
export type { Backoff } from "./connections/backoff.js";
export type { Body, BytesBody } from "./protocol/body.js";
export type * from "./protocol/packet.js";
export { ErrorCode, type Remedy, remedyFor } from "./protocol/codes.js";
export { ClosedError, MessageCancelledError, MessageRefusedError, OutboxFullError, SetAsideError, StoreError } from "./errors.js";
export type { Unsubscribe } from "./events.js";
export type { ClientStore } from "./stores/store.js";
export { memoryStore } from "./stores/memory-store.js";
export { indexedDbStore, type IndexedDbOptions } from "./stores/indexeddb-store.js";
