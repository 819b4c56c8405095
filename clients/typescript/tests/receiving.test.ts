import { afterEach, beforeEach, expect, test } from "vitest";
import { HexagramClient } from "../src/client.js";
import { ClosedError, SetAsideError } from "../src/errors.js";
import type { Message, MissingMessages } from "../src/message.js";
import { memoryStore } from "../src/stores/memory-store.js";
import type { ClientStore } from "../src/stores/store.js";
import { EPOCH, idOf, notify, ScriptedServer } from "./harness/scripted-server.js";

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

async function open(store: ClientStore = memoryStore()): Promise<HexagramClient> {
  const retry = { first: 1, max: 1 };
  const client = await HexagramClient.open({
    server: server.address,
    token: "t",
    store,
    reconnect: retry,
    handlerRetry: retry,
    closeTimeout: 0,
  });
  clients.push(client);
  return client;
}

test("a message is confirmed when its handler has ended, and not before", async () => {
  const client = await open();
  let finish: () => void = () => undefined;
  const begun = new Promise<Message>((begin) => {
    client.onMessage((message) => {
      begin(message);
      return new Promise<void>((resolve) => (finish = resolve));
    });
  });
  const { connection } = await server.welcomed();
  connection.say(notify(1), { kind: "ping" });

  expect((await begun).text).toBe("message 1");
  await connection.next("pong");
  expect(connection.unread).toEqual([]);
  finish();

  expect(await connection.next("ack:R")).toEqual({ kind: "ack:R", epoch: EPOCH, upTo: 1 });
});

test("messages are handled one at a time and in order", async () => {
  const client = await open();
  const handled: number[] = [];
  let inside = 0;
  client.onMessage(async ({ sequence }) => {
    expect(++inside).toBe(1);
    await Promise.resolve();
    handled.push(sequence);
    inside--;
  });
  const { connection } = await server.welcomed();
  connection.say(notify(1), notify(2), notify(3));

  let upTo = 0;
  while (upTo < 3) ({ upTo } = await connection.next("ack:R"));
  expect(handled).toEqual([1, 2, 3]);
});

test("what is replayed after its commit is confirmed again, and not handled", async () => {
  const client = await open();
  const handled: number[] = [];
  client.onMessage(({ sequence }) => handled.push(sequence));
  const { connection } = await server.welcomed();
  connection.say(notify(1));
  await connection.next("ack:R");

  connection.say(notify(1));

  expect(await connection.next("ack:R")).toMatchObject({ upTo: 1 });
  expect(handled).toEqual([1]);
});

test("a message that was seen in another history is not handled again", async () => {
  const client = await open();
  const handled: string[] = [];
  client.onMessage(({ id }) => handled.push(id));
  const { connection } = await server.welcomed();
  connection.say(notify(1), notify(2));
  let upTo = 0;
  while (upTo < 2) ({ upTo } = await connection.next("ack:R"));
  connection.cut();

  const restored = await server.welcomed({ epoch: "5eed0000c0ffee02", resumeAfter: 0, last: 2 });
  expect(restored.hello).toMatchObject({ epoch: EPOCH, cursor: 2 });
  // The second of the old history is the first of the new one.
  restored.connection.say({ ...notify(1), id: idOf(2) } as never, { ...notify(2), id: idOf(3) } as never);
  upTo = 0;
  while (upTo < 2) {
    const confirmation = await restored.connection.next("ack:R");
    expect(confirmation.epoch).toBe("5eed0000c0ffee02");
    ({ upTo } = confirmation);
  }
  expect(handled).toEqual([idOf(1), idOf(2), idOf(3)]);
});

test("a handler that fails gets the same message again, before all others", async () => {
  const client = await open();
  const attempts: [number, number, boolean][] = [];
  const failures: number[] = [];
  client.on("handlerFailed", ({ message }) => failures.push(message.attempt));
  client.onMessage(({ sequence, attempt, redelivered }) => {
    attempts.push([sequence, attempt, redelivered]);
    if (sequence === 1 && attempt < 3) throw new Error("not now");
  });
  const { connection } = await server.welcomed();
  connection.say(notify(1), notify(2));

  let upTo = 0;
  while (upTo < 2) ({ upTo } = await connection.next("ack:R"));
  expect(attempts).toEqual([
    [1, 1, false],
    [1, 2, true],
    [1, 3, true],
    [2, 1, false],
  ]);
  expect(failures).toEqual([1, 2]);
});

test("a message that is set aside is kept, told and confirmed", async () => {
  const client = await open();
  client.onMessage(({ sequence }) => {
    if (sequence === 1) throw new SetAsideError("no such form");
  });
  const told = new Promise((resolve) => client.on("setAside", resolve));
  const { connection } = await server.welcomed();
  connection.say(notify(1));

  expect(await connection.next("ack:R")).toMatchObject({ upTo: 1 });
  expect(await told).toMatchObject({ reason: "no such form", message: { id: idOf(1) } });
  const [aside] = await client.listSetAside();
  expect(aside).toMatchObject({ reason: "no such form" });
  if (aside) await client.removeSetAside(aside);
  expect(await client.listSetAside()).toEqual([]);
});

test("a listener may set aside what its handler cannot handle", async () => {
  const client = await open();
  client.on("handlerFailed", (failure) => failure.setAside("given up"));
  client.onMessage(() => Promise.reject(new Error("no")));
  const { connection } = await server.welcomed();
  connection.say(notify(1));

  expect(await connection.next("ack:R")).toMatchObject({ upTo: 1 });
  expect(await client.listSetAside()).toMatchObject([{ reason: "given up" }]);
});

test("what is missing is told, in its place", async () => {
  const client = await open();
  const told: (MissingMessages | number)[] = [];
  client.on("missing", (missing) => told.push(missing));
  client.onMessage(({ sequence }) => told.push(sequence));
  const { connection } = await server.welcomed();
  connection.say(notify(1));
  await connection.next("ack:R");
  connection.cut();

  const { connection: next } = await server.welcomed({ resumeAfter: 5, last: 5, firstAvailable: 6 });
  next.say(notify(6));

  let upTo = 0;
  while (upTo < 6) ({ upTo } = await next.next("ack:R"));
  expect(told).toEqual([1, { from: 2, to: 5 }, 6]);
});

test("a hole in the stream ends the connection, and the next begins at the cursor", async () => {
  const client = await open();
  client.onMessage(() => undefined);
  const { connection } = await server.welcomed();
  connection.say(notify(1));
  await connection.next("ack:R");
  connection.say(notify(3));

  await connection.closed();
  expect((await server.welcomed()).hello).toMatchObject({ epoch: EPOCH, cursor: 1 });
});

test("a server that sends more than the window is left", async () => {
  const client = await HexagramClient.open({ server: server.address, token: "t", store: memoryStore(), window: 2 });
  clients.push(client);
  client.onMessage((_, signal) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
  const { connection } = await server.welcomed();
  connection.say(...[1, 2, 3, 4, 5, 6].map((sequence) => notify(sequence)));

  await connection.closed();
});

test("a message whose handler had begun when the client ended comes again as redelivered", async () => {
  const store = memoryStore();
  const first = await open(store);
  const begun = new Promise<void>((begin) => {
    first.onMessage((_, signal) => {
      begin();
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
    });
  });
  const { connection } = await server.welcomed();
  connection.say(notify(1));
  await begun;
  await first.close();

  const second = await open(store);
  const handed = new Promise<Message>((resolve) => second.onMessage(resolve));
  const { connection: next, hello } = await server.welcomed();
  expect(hello.cursor).toBe(0);
  next.say(notify(1));

  expect(await handed).toMatchObject({ id: idOf(1), redelivered: true, attempt: 1 });
});

test("a loop confirms a message when it asks for the next one", async () => {
  const client = await open();
  const reading = client.messages();
  const first = reading.next();
  const { connection } = await server.welcomed();
  connection.say(notify(1), notify(2), { kind: "ping" });
  expect((await first).value).toMatchObject({ sequence: 1 });
  await connection.next("pong");
  expect(connection.unread).toEqual([]);

  expect((await reading.next()).value).toMatchObject({ sequence: 2 });
  expect(await connection.next("ack:R")).toMatchObject({ upTo: 1 });
  await reading.return();

  const again = client.messages();
  expect((await again.next()).value).toMatchObject({ sequence: 2, redelivered: true });
  await client.close();
  await expect(again.next()).rejects.toThrow(ClosedError);
});

test("waiting for a message ends with its signal", async () => {
  const client = await open();
  const leaving = new AbortController();
  const waiting = client.messages({ signal: leaving.signal }).next();
  leaving.abort(new Error("enough"));

  await expect(waiting).rejects.toThrow("enough");
});

test("there is one handler at a time, and its place is free when it was stopped", async () => {
  const client = await open();
  const stop = client.onMessage(() => undefined);
  expect(() => client.onMessage(() => undefined)).toThrow(TypeError);
  await stop();
  client.onMessage(() => undefined);
});

test("without a handler the client only sends, and with one it comes back to receive", async () => {
  const client = await open();
  const { connection, hello } = await server.welcomed();
  expect(hello.window).toBe(0);
  client.onMessage(() => undefined);

  await connection.closed();
  expect((await server.welcomed()).hello.window).toBe(256);
});
