import { afterEach, beforeEach, expect, test } from "vitest";
import { HexagramClient } from "../src/client.js";
import type { ConnectionState } from "../src/connections/state.js";
import { ClosedError, MessageCancelledError, MessageRefusedError, OutboxFullError } from "../src/errors.js";
import type { ClientOptions } from "../src/options.js";
import { madeAt } from "../src/protocol/identities.js";
import { memoryStore } from "../src/stores/memory-store.js";
import { ScriptedServer } from "./harness/scripted-server.js";

let server: ScriptedServer;
let clients: HexagramClient[] = [];

beforeEach(async () => {
  server = await ScriptedServer.start();
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  clients = [];
  await server[Symbol.asyncDispose]();
});

async function open(options: Partial<ClientOptions> = {}): Promise<HexagramClient> {
  const client = await HexagramClient.open({
    server: server.address,
    token: "t",
    store: memoryStore(),
    reconnect: { first: 1, max: 1 },
    closeTimeout: 0,
    ...options,
  });
  clients.push(client);
  return client;
}

const acceptedAt = "2026-01-02T03:04:05.700Z";

test("a message is accepted, and then delivered", async () => {
  const client = await open();
  const { connection } = await server.welcomed();
  const sent = await client.send("bob", "你好");
  expect(sent.state).toBe("waiting");

  const request = await connection.next("msg:R");
  expect(request).toMatchObject({ id: sent.id, to: "bob", text: "你好" });
  connection.say({ kind: "msg:A", id: sent.id, acceptedAt });
  await sent.accepted;
  expect(sent.state).toBe("accepted");

  connection.say({ kind: "ack:N", by: "bob", ids: [sent.id], state: "delivered" });
  await sent.delivered;
  expect(sent.state).toBe("delivered");
  expect(await client.outbox()).toEqual([]);
});

test("a connection lasts longer than making one may take", async () => {
  const connectTimeout = 100;
  await open({ connectTimeout });
  const { connection } = await server.welcomed();
  const made = performance.now();
  while (performance.now() - made < 3 * connectTimeout) {
    connection.say({ kind: "ping" });
    await connection.next("pong");
  }
});

test("bytes travel with what they are", async () => {
  const client = await open();
  const { connection } = await server.welcomed();
  const sent = await client.send("bob", { contentType: "image/png", bytes: new Uint8Array([137, 80, 78, 71]) });

  expect(await connection.next("msg:R")).toMatchObject({ contentType: "image/png", base64: "iVBORw==" });
  expect(await client.body(sent)).toEqual({ contentType: "image/png", bytes: new Uint8Array([137, 80, 78, 71]) });
});

test("messages leave in the order of the calls, awaited or not, before and after the welcome", async () => {
  const client = await open();
  const before = [1, 2, 3].map((number) => client.send("bob", `${number}`));
  const { connection } = await server.welcomed();
  const after = [4, 5, 6].map((number) => client.send("bob", `${number}`));
  await Promise.all([...before, ...after]);

  const texts: string[] = [];
  for (let i = 0; i < 6; i++) {
    const request = await connection.next("msg:R");
    texts.push("text" in request ? request.text : "");
  }
  expect(texts).toEqual(["1", "2", "3", "4", "5", "6"]);
});

test("what has no msg:A goes again over the next connection, in order and under the same id", async () => {
  const client = await open();
  const { connection } = await server.welcomed();
  const sent = [await client.send("bob", "1"), await client.send("bob", "2")];
  await connection.next("msg:R");
  connection.cut();

  const { connection: next } = await server.welcomed();
  for (const message of sent) expect(await next.next("msg:R")).toMatchObject({ id: message.id });
});

test("what was accepted is asked about, and nothing new to that recipient passes it", async () => {
  const client = await open();
  const { connection } = await server.welcomed();
  const sent = await client.send("bob", "1");
  await connection.next("msg:R");
  connection.say({ kind: "msg:A", id: sent.id, acceptedAt });
  await sent.accepted;
  connection.cut();
  await connection.closed();
  const later = await client.send("bob", "2");

  const { connection: next } = await server.welcomed();
  expect(await next.next("status:R")).toMatchObject({ to: "bob", ids: [sent.id] });
  expect(next.unread).toEqual([]);
  next.say({ kind: "status:A", to: "bob", statuses: [{ id: sent.id, state: "waiting" }] });

  expect(await next.next("msg:R")).toMatchObject({ id: sent.id });
  expect(await next.next("msg:R")).toMatchObject({ id: later.id });
});

test("a refusal is told, with its code", async () => {
  const client = await open();
  const { connection } = await server.welcomed();
  const sent = await client.send("bob", "1");
  await connection.next("msg:R");
  connection.say({ kind: "error", code: 3101, text: "Not to him.", id: sent.id, to: "bob" });

  await expect(sent.delivered).rejects.toMatchObject({ name: "MessageRefusedError", code: 3101 });
  await expect(sent.accepted).rejects.toBeInstanceOf(MessageRefusedError);
  expect(sent.state).toBe("refused");
});

test("a body that is larger than the server's limit is refused here", async () => {
  const client = await open();
  const limits = { bodyBytesMax: 3, requestsInFlightMax: 256, windowMax: 1024, horizonMilliseconds: 1 };
  await server.welcomed({ limits });
  const sent = await client.send("bob", "four");

  await expect(sent.accepted).rejects.toMatchObject({ code: 3100 });
});

test("cancelling is certain before the first transmission, and only then", async () => {
  const client = await open();
  const before = await client.send("bob", "1");
  expect(await client.cancel(before)).toBe("cancelled");
  await expect(before.delivered).rejects.toMatchObject({ name: "MessageCancelledError", mayStillArrive: false });

  const { connection } = await server.welcomed();
  const after = await client.send("bob", "2");
  expect(await connection.next("msg:R")).toMatchObject({ id: after.id });
  expect(await client.cancel(after)).toBe("may still arrive");
  await expect(after.accepted).rejects.toBeInstanceOf(MessageCancelledError);
  expect(await client.cancel(after)).toBe("may still arrive");
});

test("an outbox that is full takes no more", async () => {
  const client = await open({ outboxMax: 1 });
  await client.send("bob", "1");

  await expect(client.send("bob", "2")).rejects.toBeInstanceOf(OutboxFullError);
});

test("ids are made on the server's clock, and made anew if that shows before they leave", async () => {
  const client = await open();
  const early = await client.send("bob", "1");
  const before = early.id;
  const { connection } = await server.welcomed({ serverTime: "2031-01-01T00:00:00.000Z" });

  const request = await connection.next("msg:R");
  expect(new Date(madeAt(request.id)).getUTCFullYear()).toBe(2031);
  expect(early.id).toBe(request.id);
  expect(early.id).not.toBe(before);
  expect(new Date(madeAt((await client.send("bob", "2")).id)).getUTCFullYear()).toBe(2031);
});

test("a token that has expired is asked for anew", async () => {
  const tokens = ["old", "new"];
  await open({ token: () => tokens.shift() ?? "none" });
  const connection = await server.connection();
  expect(await connection.next("hello")).toMatchObject({ token: "old" });
  connection.say({ kind: "goodbye", code: 2000, text: "It has expired." });

  expect((await server.welcomed()).hello.token).toBe("new");
});

test("a fixed token that is not accepted stops the client, until it is told to connect", async () => {
  const client = await open();
  const connection = await server.connection();
  await connection.next("hello");
  const stopped = new Promise<ConnectionState>((resolve) => client.on("state", (state) => state.status === "stopped" && resolve(state)));
  connection.say({ kind: "goodbye", code: 2001, text: "Whose?" });

  expect(await stopped).toMatchObject({ cause: "token refused", code: 2001 });
  await expect(client.whenConnected()).rejects.toThrow("Whose?");
  client.reconnect();
  await server.welcomed();
  await client.whenConnected();
});

test("a client that was superseded does not come back by itself", async () => {
  const client = await open();
  const { connection } = await server.welcomed();
  const stopped = new Promise<ConnectionState>((resolve) => client.on("state", (state) => state.status === "stopped" && resolve(state)));
  connection.say({ kind: "goodbye", code: 3003, text: "Another one." });

  expect(await stopped).toMatchObject({ cause: "superseded" });
});

test("a server that knows the client as another user gets nothing from it", async () => {
  const client = await open({ user: "alice" });
  await client.send("bob", "1");
  const stopped = new Promise<ConnectionState>((resolve) => client.on("state", (state) => state.status === "stopped" && resolve(state)));
  const { connection } = await server.welcomed({ user: "mallory" });

  expect(await stopped).toMatchObject({ cause: "other user" });
  await connection.closed();
  expect(connection.unread).toEqual([]);
});

test("connection numbers rise", async () => {
  await open();
  const numbers: number[] = [];
  for (let i = 0; i < 3; i++) {
    const { connection, hello } = await server.welcomed();
    numbers.push(hello.connection);
    connection.cut();
  }
  expect(numbers).toEqual([1, 2, 3]);
});

test.each([
  ["no JSON", "hello?", 3000],
  ["a packet of an unknown kind", '{"kind":"later"}', 3002],
  ["a packet in the wrong direction", '{"kind":"ack:R","epoch":"5eed0000c0ffee01","upTo":1}', 3000],
])("%s gets its goodbye", async (_, text, code) => {
  await open();
  const { connection } = await server.welcomed();
  connection.sayText(text);

  expect(await connection.next("goodbye")).toMatchObject({ code });
  await connection.closed();
});

test("closing tells those who wait, and what waits stays", async () => {
  const store = memoryStore();
  const client = await open({ store });
  const sent = await client.send("bob", "1");
  const waiting = expect(sent.delivered).rejects.toBeInstanceOf(ClosedError);
  await client.close();
  await waiting;
  await expect(client.send("bob", "2")).rejects.toBeInstanceOf(ClosedError);

  const next = await open({ store });
  expect(await next.outbox()).toMatchObject([{ to: "bob", state: "waiting" }]);
});

test("waiting for a state ends with its signal, and sending goes on", async () => {
  const client = await open();
  const sent = await client.send("bob", "1");
  await expect(sent.when("accepted", { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  expect(sent.state).toBe("waiting");
});

test.each([
  ["a recipient with white space", "b b", "x"],
  ["half of a surrogate pair", "bob", "\ud800"],
])("%s cannot be sent", async (_, to, text) => {
  const client = await open();
  await expect(client.send(to, text)).rejects.toBeInstanceOf(TypeError);
});

test.each([{ server: "ftp://x" }, { user: "a b" }, { window: -1 }, { software: "a\nb" }])("%o cannot be meant", async (options) => {
  await expect(open(options)).rejects.toBeInstanceOf(TypeError);
});
