import { afterEach, beforeEach, expect, test } from "vitest";
import { HexagramClient } from "../src/client.js";
import type { ConnectionState } from "../src/connections/state.js";
import type { ClientOptions } from "../src/options.js";
import { memoryStore } from "../src/stores/memory-store.js";
import { PollingServer } from "./harness/polling-server.js";
import { EPOCH, idOf, notify, welcome } from "./harness/scripted-server.js";

let server: PollingServer;
let clients: HexagramClient[] = [];

beforeEach(async () => {
  server = await PollingServer.start();
});

afterEach(async () => {
  const closing = Promise.all(clients.map((client) => client.close()));
  clients = [];
  await closing;
  await server[Symbol.asyncDispose]();
});

async function open(options: Partial<ClientOptions> = {}): Promise<HexagramClient> {
  const client = await HexagramClient.open({
    server: server.address,
    token: "t",
    store: memoryStore(),
    transports: ["polling"],
    reconnect: { first: 1, max: 1 },
    closeTimeout: 0,
    ...options,
  });
  clients.push(client);
  return client;
}

const acceptedAt = "2026-01-02T03:04:05.700Z";

test("the first poll is not held, says hello without its token, and its welcome is that of the connection", async () => {
  const client = await open();
  const poll = await server.next("poll");
  expect(poll.token).toBe("Bearer t");
  expect(poll.body).toMatchObject({ hello: { kind: "hello", token: "", connection: 1, window: 0 }, holdMilliseconds: 0 });
  expect(poll.body.received).toBeUndefined();
  poll.answer(welcome());

  await client.whenConnected();
  expect(client.state).toMatchObject({ status: "connected", transport: "polling" });
  const next = await server.next("poll");
  expect(next.body).toMatchObject({ hello: { connection: 1, epoch: EPOCH }, received: 0, holdMilliseconds: 25_000 });
});

test("a message arrives, and the next poll confirms it", async () => {
  const client = await open();
  const handled: number[] = [];
  client.onMessage(({ sequence }) => handled.push(sequence));
  (await server.next("poll")).answer(welcome(), notify(1), notify(2));

  let poll = await server.next("poll");
  while (poll.body.hello.cursor < 2) {
    expect(poll.body.received).toBe(2);
    poll.answer(welcome({ resumeAfter: poll.body.hello.cursor }));
    poll = await server.next("poll");
  }
  expect(handled).toEqual([1, 2]);
});

test("a confirmation does not wait for the poll that is held", async () => {
  const client = await open();
  client.onMessage(() => undefined);
  (await server.next("poll")).answer(welcome());
  const held = await server.next("poll");
  held.answer(welcome(), notify(1));
  expect((await server.next("poll")).body.hello.cursor).toBe(1);
});

test("confirmations gather while more is to be confirmed", async () => {
  const client = await open();
  client.onMessage(() => new Promise((resolve) => setImmediate(resolve)));
  (await server.next("poll")).answer(welcome(), ...Array.from({ length: 50 }, (_, index) => notify(index + 1)));

  const told = new Set<number>();
  while (!told.has(50)) {
    const poll = await server.next("poll");
    told.add(poll.body.hello.cursor);
    poll.answer(welcome({ resumeAfter: poll.body.hello.cursor }));
  }
  expect(told.size).toBeLessThan(10);
});

test("the first of them does not wait until the last is handled", async () => {
  const client = await open();
  let release: () => void = () => undefined;
  client.onMessage(({ sequence }, signal) => {
    if (sequence < 2) return;
    return new Promise((resolve) => {
      signal.addEventListener("abort", resolve);
      if (sequence === 2) release = () => resolve(undefined);
    });
  });
  (await server.next("poll")).answer(welcome(), notify(1), notify(2), notify(3));

  let poll = await server.next("poll");
  while (poll.body.hello.cursor < 1) poll = await server.next("poll");
  expect(poll.body).toMatchObject({ received: 3, hello: { cursor: 1 } });
  release();
  expect((await server.next("poll")).body).toMatchObject({ received: 3, hello: { cursor: 2 } });
});

test("messages go together, in order, and get their answers", async () => {
  const client = await open();
  const sent = [await client.send("bob", "1"), await client.send("bob", "2")];
  (await server.next("poll")).answer(welcome());

  const first = await server.next("messages");
  const requests = [...first.body.requests];
  first.answer(...requests.map(({ id }) => ({ kind: "msg:A" as const, id, acceptedAt })));
  while (requests.length < 2) {
    const more = await server.next("messages");
    requests.push(...more.body.requests);
    more.answer(...more.body.requests.map(({ id }) => ({ kind: "msg:A" as const, id, acceptedAt })));
  }
  expect(requests.map(({ id }) => id)).toEqual(sent.map(({ id }) => id));
  await Promise.all(sent.map((message) => message.accepted));

  (await server.next("poll")).answer(welcome(), { kind: "ack:N", by: "bob", ids: sent.map(({ id }) => id), state: "delivered" });
  await Promise.all(sent.map((message) => message.delivered));
});

test("what is held back is told to the server, until it is sent again", async () => {
  const client = await open();
  (await server.next("poll")).answer(welcome());
  const held = await client.send("bob", "1");
  const error = { kind: "error", code: 1100, text: "Full.", id: held.id, to: "bob", retryAfterMilliseconds: 1 } as const;
  (await server.next("messages")).answer(error);

  const other = await client.send("carol", "2");
  const requests: string[] = [];
  while (requests.length < 2) {
    const { body, ...request } = await server.next("messages").then((next) => ({ body: next.body, next }));
    for (const { id, to } of body.requests) requests.push(to === "carol" ? other.id : id);
    expect(body.held?.map(({ id }) => id)).toEqual(body.requests.some(({ id }) => id === held.id) ? undefined : [held.id]);
    request.next.answer(...body.requests.map(({ id }) => ({ kind: "msg:A" as const, id, acceptedAt })));
  }
  await held.accepted;
  await other.accepted;
});

test("a problem is a goodbye, and what was said before it counts", async () => {
  const client = await open();
  const sent = await client.send("bob", "1");
  (await server.next("poll")).answer(welcome());
  const stopped = new Promise<ConnectionState>((resolve) => client.on("state", (state) => state.status === "stopped" && resolve(state)));
  (await server.next("messages")).problem(409, 3003, { kind: "msg:A", id: sent.id, acceptedAt });

  await sent.accepted;
  expect(await stopped).toMatchObject({ cause: "superseded", code: 3003 });
});

test("a poll that goes on elsewhere ends the connection, and the next has a higher number", async () => {
  await open();
  (await server.next("poll")).answer(welcome());
  (await server.next("poll")).answer(welcome({ epoch: "5eed0000c0ffee02" }));

  const poll = await server.next("poll");
  expect(poll.body).toMatchObject({ hello: { connection: 2 }, holdMilliseconds: 0 });
});

test.each(["foreign", "cut"] as const)("messages whose answer is lost (%s) are sent again over the next connection", async (loss) => {
  const client = await open();
  (await server.next("poll")).answer(welcome());
  const sent = await client.send("bob", "1");
  (await server.next("messages"))[loss]();

  for (;;) {
    const poll = await server.next("poll");
    if (poll.body.hello.connection === 1) continue;
    poll.answer(welcome());
    break;
  }
  expect((await server.next("messages")).body.requests).toMatchObject([{ id: sent.id }]);
});

test("leaving is said, and confirms; whoever closes waits for the answer, and not for the poll that is held", async () => {
  const client = await open({ closeTimeout: 60_000 });
  client.onMessage(() => undefined);
  (await server.next("poll")).answer(welcome(), notify(1));
  let poll = await server.next("poll");
  while (poll.body.hello.cursor < 1) poll = await server.next("poll");
  const closed = client.close();

  const last = await server.next("poll");
  expect(last.body).toMatchObject({ leaves: true, holdMilliseconds: 0, hello: { cursor: 1 } });
  last.answer(welcome({ resumeAfter: 1 }));
  await closed;
});

test("where no WebSocket can be opened, the client polls", async () => {
  const client = await open({ transports: ["websocket", "polling"] });
  (await server.next("poll")).answer(welcome());
  await client.whenConnected();
  expect(client.state).toMatchObject({ transport: "polling" });
});

test("where a WebSocket opens and nothing comes, the client polls as soon as connecting has taken too long", async () => {
  server.takeSilentWebSockets();
  const begun = performance.now();
  const client = await open({ transports: ["websocket", "polling"], connectTimeout: 200 });
  (await server.next("poll")).answer(welcome());
  await client.whenConnected();
  expect(client.state).toMatchObject({ transport: "polling" });
  expect(performance.now() - begun).toBeGreaterThan(199);
  // Much sooner than the time for an answer, which nobody else is waited for.
  expect(performance.now() - begun).toBeLessThan(15_000);
});

test("the window is what is left of it", async () => {
  const client = await open({ window: 2, windowBytes: 9 });
  client.onMessage((_, signal) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
  (await server.next("poll")).answer(welcome(), notify(1, "four"), { ...notify(2, "more!"), id: idOf(2) } as never);

  expect((await server.next("poll")).body).toMatchObject({ received: 2, hello: { cursor: 0, window: 2, windowBytes: 0 } });
});
