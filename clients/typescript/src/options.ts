import type { Backoff } from "./connections/backoff.js";
import type { TracedPacket } from "./connections/connection.js";
import type { TokenSource } from "./connections/connector.js";
import type { TransportName } from "./connections/transport.js";
import type { WebSocketClass } from "./connections/websocket.js";
import { isDevice, isUser, utf8Length } from "./protocol/identities.js";
import { RECONNECT_AFTER, RECONNECT_AFTER_MAX, SOFTWARE_BYTES_MAX, WINDOW_BYTES_DEFAULT, WINDOW_DEFAULT } from "./protocol/limits.js";
import type { StreamStart } from "./protocol/packet.js";
import type { ClientStore } from "./stores/store.js";
import { webSocketClass } from "#socket";

/** Everything that a client can be told. Times are milliseconds. */
export interface ClientOptions {
  /**
   * Where the server is: `https://chat.example` or `wss://chat.example`, without TLS `http://127.0.0.1:7080`; in a browser also a path on
   * the page's own server, such as `/v1`. Without a path, `/v1` is meant.
   */
  readonly server: string | URL;
  /**
   * What proves who the user is: a token, or a function that is asked before the first connection and again whenever the server wants
   * another one. With a fixed token the client stops when that has expired. Empty where the page's own session, such as a cookie, says it.
   */
  readonly token: TokenSource;
  /** Where outbox and inbox are kept. */
  readonly store: ClientStore;
  /** Who the client is meant to be. When the server knows it as somebody else, it stops before it sends or takes a message. By default the first token decides. */
  readonly user?: string;
  /** Which installation of the user this is. By default one is made and kept in the store. */
  readonly device?: string;
  /** How many messages the server may send ahead of their confirmation; 0: this client only sends. */
  readonly window?: number;
  /** The same in bytes of bodies; one message always fits. */
  readonly windowBytes?: number;
  /** Where the stream of a device that the server does not know begins. */
  readonly start?: StreamStart;
  /** How many messages the outbox takes. Beyond it, `send` throws an `OutboxFullError`. */
  readonly outboxMax?: number;
  /** The ways to the server, the wanted one first. By default a WebSocket, and long polling where that is not possible. */
  readonly transports?: readonly [TransportName, TransportName?];
  /** How long an attempt to connect may take; and then, while there is another way, the welcome. */
  readonly connectTimeout?: number;
  /** How long `close` waits for the server to take the last confirmations. */
  readonly closeTimeout?: number;
  /** How long to wait before connecting again. */
  readonly reconnect?: Backoff;
  /** How long to wait before the wanted way to the server is tried again beside the other; longer after each attempt, without chance. */
  readonly probe?: Backoff;
  /** How long to wait before a handler that failed gets the same message again. */
  readonly handlerRetry?: Backoff;
  /** Name and version of the application, for the server's log: one line of up to 128 bytes. */
  readonly software?: string;
  /** Gets every packet that is sent or received, in the tab that has the connection. Must be quick and not throw. */
  readonly trace?: (traced: TracedPacket) => void;
  /** @internal What opens WebSockets, where that is not to be the platform's own: a network that loses things, for instance. */
  readonly socket?: WebSocketClass;
}

type Defaulted = Required<Omit<ClientOptions, "user" | "device" | "trace" | "server">>;

/** The options with all their defaults. */
export type Settings = Defaulted & Pick<ClientOptions, "user" | "device" | "trace"> & { readonly base: URL };

/**
 * Checks options and fills in what was left out.
 * @throws TypeError when one cannot be meant; the message says which.
 */
export function settings(options: ClientOptions): Settings {
  const { server, ...given } = options;
  const filled: Settings = {
    window: WINDOW_DEFAULT,
    windowBytes: WINDOW_BYTES_DEFAULT,
    start: "oldest",
    outboxMax: 10_000,
    transports: ["websocket", "polling"],
    connectTimeout: 10_000,
    closeTimeout: 2_000,
    reconnect: { first: RECONNECT_AFTER, max: RECONNECT_AFTER_MAX },
    probe: { first: 30_000, max: 600_000 },
    handlerRetry: { first: 1_000, max: 60_000 },
    software: "hexagram-client-typescript/0.1.0",
    socket: webSocketClass,
    ...given,
    base: baseOf(server),
  };
  const { user, device, software } = filled;
  require(user === undefined || isUser(user), `user '${user ?? ""}' cannot name a user`);
  require(device === undefined || isDevice(device), `device '${device ?? ""}' cannot name a device`);
  require(!/\p{Cc}/u.test(software) &&
    utf8Length(software) <= SOFTWARE_BYTES_MAX, `software is not one line of up to ${SOFTWARE_BYTES_MAX} bytes`);
  for (const name of ["window", "windowBytes", "outboxMax", "connectTimeout", "closeTimeout"] as const) {
    require(Number.isSafeInteger(filled[name]) && filled[name] >= 0, `${name} is not a whole number from 0`);
  }
  for (const name of ["reconnect", "probe", "handlerRetry"] as const) {
    require(filled[name].first > 0 && filled[name].max >= filled[name].first, `the first wait of ${name} is not between 0 and its longest`);
  }
  return filled;
}

/** The address of `/v1`, with http or https. */
function baseOf(server: string | URL): URL {
  const here = (globalThis.location as Location | undefined)?.href;
  let base: URL;
  try {
    base = new URL(server, here);
  } catch {
    throw new TypeError(`server is '${String(server)}'; it should look like https://chat.example or http://127.0.0.1:7080.`);
  }
  base.protocol = base.protocol.replace(/^ws/, "http");
  require(/^https?:$/.test(base.protocol), `server is '${String(server)}'; it should begin with https, http, wss or ws`);
  const path = base.pathname.replace(/\/(ws)?$/, "");
  base.pathname = path === "" ? "/v1" : path;
  return base;
}

function require(holds: boolean, otherwise: string): void {
  if (!holds) throw new TypeError(`${otherwise}.`);
}
