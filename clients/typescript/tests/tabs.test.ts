import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HexagramClient } from "../src/client.js";
import type { Message } from "../src/message.js";
import { indexedDbStore } from "../src/stores/indexeddb-store.js";
import { idOf, notify, ScriptedServer, welcome } from "./harness/scripted-server.js";
import { TestLocks } from "./harness/test-locks.js";

const acceptedAt = "2026-01-02T03:04:05.700Z";

let server: ScriptedServer;
let locks: TestLocks;
let database: IDBFactory;
let open: HexagramClient[];

beforeEach(async () => {
  server = await ScriptedServer.start();
  locks = new TestLocks();
  database = new IDBFactory();
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((client) => client.close()));
  await server[Symbol.asyncDispose]();
});

/** A tab of the browser in which this test runs. */
async function openTab(): Promise<HexagramClient> {
  const store = indexedDbStore("alice", { indexedDB: database, locks });
  const client = await HexagramClient.open({ server: server.address, token: "t", store, reconnect: { first: 1, max: 1 }, closeTimeout: 0 });
  open.push(client);
  return client;
}

async function ownerTab(): Promise<HexagramClient> {
  const tab = await openTab();
  if (!tab.isOwner) await new Promise((resolve) => tab.on("owner", resolve));
  return tab;
}

test("one tab has the connection, and the others know how it stands", async () => {
  const first = await ownerTab();
  const second = await openTab();
  await server.welcomed();

  await Promise.all([first.whenConnected(), second.whenConnected()]);
  expect([first.isOwner, second.isOwner]).toEqual([true, false]);
});

test("a tab sends through the one that has the connection, and hears what becomes of it", async () => {
  await ownerTab();
  const second = await openTab();
  const { connection } = await server.welcomed();
  const sent = await second.send("bob", "from the other tab");

  expect(await connection.next("msg:R")).toMatchObject({ id: sent.id, text: "from the other tab" });
  connection.say({ kind: "msg:A", id: sent.id, acceptedAt });
  await sent.accepted;
  connection.say({ kind: "ack:N", by: "bob", ids: [sent.id], state: "delivered" });
  await sent.delivered;
});

test("messages of all tabs leave in the order in which they were saved", async () => {
  const tabs = [await ownerTab(), await openTab(), await openTab()];
  const { connection } = await server.welcomed();
  for (let i = 0; i < 9; i++) await tabs[i % 3]?.send("bob", `${i}`);

  for (let i = 0; i < 9; i++) expect(await connection.next("msg:R")).toMatchObject({ text: `${i}` });
});

test("the handler of the owner handles, and all tabs hear of it", async () => {
  const handled: number[] = [];
  const first = await ownerTab();
  first.onMessage(() => handled.push(1));
  const second = await openTab();
  second.onMessage(() => handled.push(2));
  const tabs = [first, second];
  const heard = tabs.map((tab) => new Promise<Message>((resolve) => tab.on("message", resolve)));
  const { connection } = await server.welcomed();
  connection.say(notify(1));
  await connection.next("ack:R");

  expect((await Promise.all(heard)).map(({ id }) => id)).toEqual([idOf(1), idOf(1)]);
  expect(handled).toEqual([1]);
});

test("another tab takes over when the owner closes, and nothing is lost or comes twice", async () => {
  const handled: [string, number][] = [];
  const first = await ownerTab();
  first.onMessage(({ sequence }) => handled.push(["first", sequence]));
  const second = await openTab();
  second.onMessage(({ sequence }) => handled.push(["second", sequence]));
  const { connection, hello } = await server.welcomed();
  connection.say(notify(1));
  await connection.next("ack:R");
  const fromFirst = await first.send("bob", "1");
  await connection.next("msg:R");
  const fromSecond = await second.send("bob", "2");
  await connection.next("msg:R");

  await first.close();
  const next = await server.welcomed();
  expect(next.hello.connection).toBeGreaterThan(hello.connection);
  expect(next.hello.cursor).toBe(1);
  expect(await next.connection.next("msg:R")).toMatchObject({ id: fromFirst.id });
  expect(await next.connection.next("msg:R")).toMatchObject({ id: fromSecond.id });
  next.connection.say({ kind: "msg:A", id: fromSecond.id, acceptedAt }, notify(2));
  await fromSecond.accepted;
  await next.connection.next("ack:R");
  expect(handled).toEqual([
    ["first", 1],
    ["second", 2],
  ]);
});

test("a tab that was not told what became of its message asks the next owner", async () => {
  const first = await ownerTab();
  const second = await openTab();
  const { connection } = await server.welcomed();
  const sent = await second.send("bob", "1");
  await connection.next("msg:R");
  // What a tab cannot hear: it is as if its browser had been busy.
  const channel = vi.spyOn(BroadcastChannel.prototype, "postMessage").mockReturnValue(undefined);
  connection.say({ kind: "msg:A", id: sent.id, acceptedAt }, { kind: "ack:N", by: "bob", ids: [sent.id], state: "delivered" });
  while ((await first.outbox()).length > 0) await new Promise((resolve) => setImmediate(resolve));
  channel.mockRestore();
  expect(sent.state).toBe("waiting");

  await first.close();
  await sent.delivered;
});

test("a tab cancels through the owner", async () => {
  await ownerTab();
  const second = await openTab();
  const sent = await second.send("bob", "1");

  expect(await second.cancel(sent)).toBe("cancelled");
  expect(await second.outbox()).toEqual([]);
});

test("what waits when all tabs have closed leaves when one is opened again", async () => {
  const first = await ownerTab();
  const sent = await first.send("bob", "1");
  await first.close();

  const later = await ownerTab();
  expect(await later.outbox()).toMatchObject([{ id: sent.id, state: "waiting" }]);
  for (;;) {
    const connection = await server.connection();
    const hello = await connection.next("hello").catch(() => undefined);
    if (!hello) continue;
    connection.say(welcome());
    expect(await connection.next("msg:R")).toMatchObject({ id: sent.id });
    break;
  }
});
