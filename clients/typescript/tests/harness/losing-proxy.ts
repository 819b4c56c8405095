import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { Packet } from "../../src/protocol/packet.js";
import type { PollingBody } from "./polling-server.js";

/**
 * Stands between a client and its server, and loses what it is told to lose: of a WebSocket its tail, and with it the connection; of long
 * polling the request or the answer that speaks for that packet.
 */
export class LosingProxy {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #target: string;
  readonly #lose: Packet["kind"][] = [];
  readonly #closing = new AbortController();
  #strike: () => void = () => undefined;

  /** Whether it lets WebSockets through, as many a network does not. */
  takesWebSockets = true;
  #refusals = 0;
  #refused: () => void = () => undefined;

  /** Resolves when the first that was to be lost has been. */
  readonly struck = new Promise<void>((resolve) => (this.#strike = resolve));

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#target = target;
    server.on("request", (request, response) => void this.#pass(request, response));
    server.on("upgrade", (request, socket, head) => {
      if (this.takesWebSockets) {
        const onward = `${target.replace("http", "ws")}/v1/ws`;
        this.#sockets.handleUpgrade(request, socket, head, (client) => this.#join(client, new WebSocket(onward, ["hexagram.v1.json"])));
        return;
      }
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
      this.#refusals++;
      this.#refused();
    });
  }

  /** @param target The server, as `http://…`. */
  static async start(target: string): Promise<LosingProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new LosingProxy(server, target);
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next packet of this kind is lost; the next of another, when that has been. */
  lose(...kinds: Packet["kind"][]): void {
    this.#lose.push(...kinds);
  }

  /** Waits until so many WebSockets have been refused. */
  async refused(count: number): Promise<void> {
    while (this.#refusals < count) await new Promise<void>((resolve) => (this.#refused = resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Whether something with these packets is what is to be lost. */
  #loses(kinds: readonly Packet["kind"][]): boolean {
    const [next] = this.#lose;
    if (next === undefined || !kinds.includes(next)) return false;
    this.#lose.shift();
    this.#strike();
    return true;
  }

  // ---- a WebSocket ------------------------------------------------------------------------

  #join(client: WebSocket, server: WebSocket): void {
    const waiting: string[] = [];
    const cut = (): void => {
      client.terminate();
      server.terminate();
    };
    const pass = (to: WebSocket) => (data: Buffer) => {
      const text = data.toString("utf8");
      if (this.#loses([(JSON.parse(text) as Packet).kind])) cut();
      else if (to.readyState === WebSocket.CONNECTING) waiting.push(text);
      else if (to.readyState === WebSocket.OPEN) to.send(text);
    };
    client.on("message", pass(server));
    server.on("message", pass(client));
    server.on("open", () => waiting.forEach((text) => server.send(text)));
    for (const end of [client, server]) {
      end.on("close", cut);
      end.on("error", cut);
    }
  }

  // ---- long polling -----------------------------------------------------------------------

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    try {
      const body = await textOf(request);
      if (this.#loses(saidBy(body))) {
        response.destroy();
        return;
      }
      const answer = await fetch(`${this.#target}${request.url ?? ""}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: request.headers.authorization ?? "" },
        body,
        signal: AbortSignal.any([gone.signal, this.#closing.signal]),
      });
      const text = await answer.text();
      if (this.#loses(answeredBy(body, text))) response.destroy();
      else response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" }).end(text);
    } catch {
      // One side has gone: so has the other.
      response.destroy();
    }
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

/** The packets that a request stands for: the cursor of a poll is an ack:R (PROTOCOL §14.1). */
function saidBy(body: string): Packet["kind"][] {
  const { hello, requests = [] } = JSON.parse(body) as Partial<PollingBody>;
  return [...requests.map(({ kind }) => kind), ...(hello ? ["hello" as const] : []), ...(hello?.cursor ? ["ack:R" as const] : [])];
}

/** The packets of an answer, and the ack:A that its welcome stands for. */
function answeredBy(body: string, answer: string): Packet["kind"][] {
  const { packets = [] } = JSON.parse(answer) as { packets?: Packet[] };
  return [...packets.map(({ kind }) => kind), ...(saidBy(body).includes("ack:R") ? ["ack:A" as const] : [])];
}
