import { PROTOCOL_VIOLATION } from "../protocol/codes.js";
import { readPacket, Violation, writePacket } from "../protocol/reader.js";
import { type Link, type LinkEvents, type Transport, TransportError } from "./transport.js";

/** `WebSocket.OPEN`, which the class in use need not have. */
const OPEN = 1;
const SUBPROTOCOL = "hexagram.v1.json";

/** The part of the platform's WebSocket that is used here. */
export type WebSocketClass = new (
  url: string,
  protocols: string[],
) => Pick<WebSocket, "protocol" | "bufferedAmount" | "readyState" | "send" | "close" | "onopen" | "onmessage" | "onerror" | "onclose">;

/** One packet per message, as JSON (PROTOCOL §3.4). */
export class WebSocketTransport implements Transport {
  readonly name = "websocket";

  readonly #url: string;
  readonly #socketClass: WebSocketClass;

  constructor(url: string, socketClass: WebSocketClass) {
    this.#url = url;
    this.#socketClass = socketClass;
  }

  open(events: LinkEvents, signal: AbortSignal): Promise<Link> {
    return new Promise((resolve, reject) => {
      const socket = new this.#socketClass(this.#url, [SUBPROTOCOL]);
      const close = (): void => {
        signal.removeEventListener("abort", abort);
        socket.onopen = socket.onmessage = socket.onclose = null;
        // An error after this is nobody's concern; without a listener it would be an uncaught one in Node.
        socket.onerror = () => undefined;
        socket.close();
      };
      const abort = (): void => {
        close();
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", abort, { once: true });

      let opened = false;
      socket.onopen = () => {
        opened = true;
        signal.removeEventListener("abort", abort);
        resolve({
          send: (packet) => {
            // One that is closing takes nothing more, and a browser would complain aloud. What is not sent is sent again.
            if (socket.readyState === OPEN) socket.send(writePacket(packet));
          },
          get buffered() {
            return socket.bufferedAmount;
          },
          close,
        });
      };
      socket.onmessage = ({ data }: MessageEvent<unknown>) => {
        try {
          if (typeof data !== "string") throw new Violation(PROTOCOL_VIOLATION, "A message came that is no text.");
          events.received(readPacket(data));
        } catch (cause) {
          if (!(cause instanceof Violation)) throw cause;
          events.violated(cause);
        }
      };
      // A browser says nothing about what went wrong, to anybody.
      socket.onerror = () => undefined;
      socket.onclose = ({ code, reason }) => {
        close();
        const why = `the connection ended (${code}${reason && `: ${reason}`})`;
        if (opened) events.ended(why);
        else reject(new TransportError(`cannot connect to ${this.#url}: ${why}`));
      };
    });
  }
}
