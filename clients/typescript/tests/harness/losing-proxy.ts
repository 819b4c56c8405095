import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { Packet } from "../../src/protocol/packet.js";

/** Stands between a client and its server, and loses what it is told to lose: of a connection its tail, and with it the connection. */
export class LosingProxy {
  readonly #server: WebSocketServer;
  readonly #lose: Packet["kind"][] = [];
  #strike: () => void = () => undefined;

  /** Resolves when the first that was to be lost has been. */
  readonly struck = new Promise<void>((resolve) => (this.#strike = resolve));

  private constructor(server: WebSocketServer, target: string) {
    this.#server = server;
    server.on("connection", (client) => this.#join(client, new WebSocket(`${target}/v1/ws`, ["hexagram.v1.json"])));
  }

  /** @param target The server, as `ws://…`. */
  static async start(target: string): Promise<LosingProxy> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/v1/ws" });
    await once(server, "listening");
    return new LosingProxy(server, target);
  }

  get address(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next packet of this kind is lost; the next of another, when that has been. */
  lose(...kinds: Packet["kind"][]): void {
    this.#lose.push(...kinds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: WebSocket, server: WebSocket): void {
    const waiting: string[] = [];
    const cut = (): void => {
      client.terminate();
      server.terminate();
    };
    const pass = (to: WebSocket) => (data: Buffer) => {
      const text = data.toString("utf8");
      if ((JSON.parse(text) as Packet).kind === this.#lose[0]) {
        this.#lose.shift();
        this.#strike();
        cut();
      } else if (to.readyState === WebSocket.CONNECTING) {
        waiting.push(text);
      } else if (to.readyState === WebSocket.OPEN) {
        to.send(text);
      }
    };
    client.on("message", pass(server));
    server.on("message", pass(client));
    server.on("open", () => waiting.forEach((text) => server.send(text)));
    for (const end of [client, server]) {
      end.on("close", cut);
      end.on("error", cut);
    }
  }
}
