import type { Packet } from "../protocol/packet.js";
import type { Violation } from "../protocol/reader.js";

/** How packets travel. */
export type TransportName = "websocket" | "polling";

/** Packets out. No method throws. */
export interface Link {
  /** Sends a packet behind those before it. */
  send(packet: Packet): void;
  /** Bytes that were sent and have not left. */
  readonly buffered: number;
  /** Brings what was confirmed to the server without delay, because {@link close} follows; left out where it is under way as soon as it is sent. */
  leave?(): void;
  /** Closes at once; nothing is received afterwards. */
  close(): void;
}

/** Packets in, one after the other, and the end. */
export interface LinkEvents {
  received(packet: Packet): void;
  /** The server is there, and had nothing to say that has to be told. */
  alive(): void;
  /** The server sent something that is not of the protocol. */
  violated(violation: Violation): void;
  /** The other side is gone. Said once, and not after {@link Link.close}. */
  ended(reason: string): void;
}

/** A way to the server. */
export interface Transport {
  readonly name: TransportName;
  /**
   * Opens a link, over which hello can be sent.
   * @throws TransportError when there is no way through; the signal's reason when that is aborted.
   */
  open(events: LinkEvents, signal: AbortSignal): Promise<Link>;
}

/** There is no connection. */
export class TransportError extends Error {
  override readonly name = "TransportError";
}
