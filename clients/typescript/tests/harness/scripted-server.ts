import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { Hello, Packet, Welcome } from "../../src/protocol/packet.js";
import { readPacket, writePacket } from "../../src/protocol/reader.js";
import { OF_EITHER } from "./packets.js";

export const EPOCH = "5eed0000c0ffee01";

/** One end of a connection, in the hands of a test. */
export class ScriptedConnection {
  readonly #socket: WebSocket;
  readonly #packets: Packet[] = [];
  #wake: () => void = () => undefined;
  #closed = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      this.#packets.push(readPacket(data.toString("utf8"), undefined, OF_EITHER));
      this.#wake();
    });
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** The next packet, which must be of this kind; pings and the like are the test's concern. */
  async next<K extends Packet["kind"]>(kind: K): Promise<Extract<Packet, { kind: K }>> {
    const packet = await this.#take();
    if (packet?.kind !== kind) throw new Error(`The client sent ${JSON.stringify(packet)} where ${kind} was expected.`);
    return packet as Extract<Packet, { kind: K }>;
  }

  say(...packets: Packet[]): void {
    for (const packet of packets) this.#socket.send(writePacket(packet));
  }

  /** Something that is no packet. */
  sayText(text: string): void {
    this.#socket.send(text);
  }

  cut(): void {
    this.#socket.terminate();
  }

  async closed(): Promise<void> {
    while (!this.#closed) await this.#news();
  }

  /** What has come and was not looked at. */
  get unread(): readonly Packet[] {
    return this.#packets;
  }

  async #take(): Promise<Packet | undefined> {
    while (this.#packets.length === 0 && !this.#closed) await this.#news();
    return this.#packets.shift();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

/** A server that says what a test wants it to say. */
export class ScriptedServer {
  readonly #server: WebSocketServer;
  readonly #waiting: ScriptedConnection[] = [];
  #wake: () => void = () => undefined;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#waiting.push(new ScriptedConnection(socket));
      this.#wake();
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/v1/ws" });
    await once(server, "listening");
    return new ScriptedServer(server);
  }

  get address(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async connection(): Promise<ScriptedConnection> {
    for (;;) {
      const connection = this.#waiting.shift();
      if (connection) return connection;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** A connection behind its welcome. */
  async welcomed(fields: Partial<Welcome> = {}): Promise<{ connection: ScriptedConnection; hello: Hello }> {
    const connection = await this.connection();
    const hello = await connection.next("hello");
    connection.say(welcome({ resumeAfter: hello.cursor, last: hello.cursor, ...fields }));
    return { connection, hello };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function welcome(fields: Partial<Welcome> = {}): Welcome {
  return {
    kind: "welcome",
    user: "alice",
    epoch: EPOCH,
    firstAvailable: 1,
    last: 0,
    resumeAfter: 0,
    serverTime: new Date().toISOString(),
    limits: { bodyBytesMax: 1 << 20, requestsInFlightMax: 256, windowMax: 1024, horizonMilliseconds: 2_592_000_000 },
    ...fields,
  };
}

/** An id that no other call gives. */
export function idOf(number: number): string {
  return `019b7ca9-8f2e-7a01-8f00-${number.toString(16).padStart(12, "0")}`;
}

export function notify(sequence: number, text = `message ${sequence}`): Packet {
  return { kind: "msg:N", sequence, id: idOf(sequence), from: "bob", acceptedAt: "2026-01-02T03:04:05.700Z", text };
}
