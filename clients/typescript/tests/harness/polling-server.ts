import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { Hello, MessageRequest, Packet, RequestError, StatusRequest } from "../../src/protocol/packet.js";

/** The body of one of the three requests. */
export interface PollingBody {
  readonly hello: Hello;
  readonly received?: number;
  readonly holdMilliseconds: number;
  readonly leaves?: true;
  readonly requests: readonly MessageRequest[];
  readonly held?: readonly RequestError[];
}

/** A request that waits for the test to answer it. */
export class HeldRequest {
  readonly path: string;
  readonly token: string | undefined;
  readonly body: PollingBody & StatusRequest;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, text: string) {
    this.path = request.url ?? "";
    this.token = request.headers.authorization;
    this.body = JSON.parse(text) as PollingBody & StatusRequest;
    this.#response = response;
  }

  answer(...packets: Packet[]): void {
    this.#end(200, { packets });
  }

  problem(status: number, code: number, ...packets: Packet[]): void {
    this.#end(status, { type: `urn:hexagram:error:${code}`, status, code, detail: "So it is.", packets });
  }

  /** Something between the server and the client answers. */
  foreign(): void {
    this.#response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
  }

  cut(): void {
    this.#response.destroy();
  }

  #end(status: number, body: unknown): void {
    this.#response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }
}

/** An HTTP server that answers as a test wants it to (PROTOCOL §14). It knows no WebSocket. */
export class PollingServer {
  readonly #server: Server;
  readonly #waiting: HeldRequest[] = [];
  #wake: () => void = () => undefined;
  #silence: () => void = () => undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString("utf8")));
      request.on("end", () => {
        if (request.method === "POST") this.#waiting.push(new HeldRequest(request, response, text));
        else response.writeHead(404).end();
        this.#wake();
      });
    });
  }

  static async start(): Promise<PollingServer> {
    const server = new PollingServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  /** Takes WebSockets from here on, and says nothing on them: as something on the way may. */
  takeSilentWebSockets(): void {
    const sockets = new WebSocketServer({ server: this.#server, handleProtocols: ([first]) => first ?? false });
    this.#silence = () => {
      for (const socket of sockets.clients) socket.terminate();
    };
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next request of this kind, whatever else waits. */
  async next(path: "poll" | "messages" | "status"): Promise<HeldRequest> {
    for (;;) {
      const at = this.#waiting.findIndex((request) => request.path === `/v1/${path}`);
      const [request] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (request) return request;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#silence();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
