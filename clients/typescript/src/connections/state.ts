import type { TransportName } from "./transport.js";

/** Why a client has stopped. */
export type StopCause =
  /** It was closed. */
  | "closed"
  /** A newer connection of the same device has taken over: another copy of this store is in use. */
  | "superseded"
  /** The server does not accept the token, and there is no function to give another. */
  | "token refused"
  /** The server says that trying again cannot help. */
  | "refused"
  /** The server knows this client as another user than the one its store belongs to. */
  | "other user"
  /** The client found a mistake in itself, and does not go on with what may be wrong. */
  | "defect";

/** How a client stands with its server. Nothing is lost in any of these. */
export type ConnectionState =
  /** It is making a connection. */
  | { readonly status: "connecting" }
  /** The server has welcomed it. */
  | { readonly status: "connected"; readonly user: string; readonly transport: TransportName }
  /** The connection has ended, and the next attempt is due at `retryAt`, by this device's clock. `code` is what the server said. */
  | { readonly status: "waiting"; readonly retryAt: Date; readonly reason: string; readonly code?: number }
  /** It does not connect again by itself; `reconnect` makes it. */
  | { readonly status: "stopped"; readonly cause: StopCause; readonly reason: string; readonly code?: number };

/** Why a connection, or the attempt to make one, has ended. */
export interface ConnectionEnd {
  /** What the server said, if it said something. */
  readonly code?: number;
  /** For people. */
  readonly reason: string;
  /** How long the server wants to be left alone at the least, in milliseconds. */
  readonly retryAfter?: number;
  /** The client is not to go on by itself, whatever the code. */
  readonly stop?: StopCause;
  /** The client wants another connection at once. */
  readonly atOnce?: true;
}
