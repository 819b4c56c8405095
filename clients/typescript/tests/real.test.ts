import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { HexagramClient } from "../src/client.js";
import type { TracedPacket } from "../src/connections/connection.js";
import type { TransportName } from "../src/connections/transport.js";
import { fileStore } from "../src/node/file-store.js";
import type { ClientOptions } from "../src/options.js";
import type { Packet } from "../src/protocol/packet.js";
import { memoryStore } from "../src/stores/memory-store.js";
import { LosingProxy } from "./harness/losing-proxy.js";
import { hexagram, RealServer, said } from "./harness/real-server.js";

let folder: string;
let server: RealServer;
let clients: HexagramClient[] = [];
let people = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hexagram-"));
  server = await RealServer.start(join(folder, "data"));
}, 60_000);

afterAll(async () => {
  await server.kill();
  await rm(folder, { recursive: true });
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  clients = [];
});

/** Somebody whom no other test knows. */
function somebody(name: string): string {
  return `${name}${++people}`;
}

async function open(user: string, options: Partial<ClientOptions> = {}): Promise<HexagramClient> {
  const client = await HexagramClient.open({
    server: server.address,
    token: server.token(user),
    store: memoryStore(),
    reconnect: { first: 20, max: 200 },
    ...options,
  });
  clients.push(client);
  return client;
}

/** Collects what a client is given, and waits for so many. */
function collect(client: HexagramClient): { readonly texts: (string | undefined)[]; has(count: number): Promise<void> } {
  const texts: (string | undefined)[] = [];
  let wake: () => void = () => undefined;
  client.onMessage(({ text }) => {
    texts.push(text);
    wake();
  });
  const has = async (count: number): Promise<void> => {
    while (texts.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { texts, has };
}

const lines = ["msg:R", "msg:A", "msg:N", "ack:R", "ack:A", "ack:N"] as const;
const losses: Packet["kind"][][] = [
  ...lines.map((line) => [line]),
  ...lines.map((line) => [line, line]),
  ["msg:R", "msg:A"],
  ["msg:A", "ack:N"],
  ["msg:N", "ack:R"],
  ["welcome", "msg:N"],
];

describe.each<{ transport: TransportName }>([{ transport: "websocket" }, { transport: "polling" }])("over $transport", ({ transport }) => {
  const over = { transports: [transport] } as const;

  test("a message has its six lines", async () => {
    const [alice, bob] = [somebody("alice"), somebody("bob")];
    const seen = new Set<string>();
    const trace = ({ packet: { kind } }: TracedPacket): void => void seen.add(kind);
    const sender = await open(alice, { trace, ...over });
    const receiver = await open(bob, { trace, ...over });
    const got = collect(receiver);
    await (
      await sender.send(bob, "你好")
    ).delivered;
    expect(sender.state).toMatchObject({ transport });
    // It waits for ack:A, which over long polling comes with the answer of a poll.
    await receiver.close();
    expect([...seen]).toEqual(expect.arrayContaining([...lines]));
    expect(got.texts).toEqual(["你好"]);
  });

  test("it is stored while nobody is there, and delivered when somebody comes", async () => {
    const [alice, bob] = [somebody("alice"), somebody("bob")];
    const sent = await (await open(alice, over)).send(bob, "1");
    await sent.when("stored");
    expect(sent.state).toBe("stored");

    collect(await open(bob, over));
    await sent.delivered;
  });

  test("200 messages arrive once and in order, awaited or not", async () => {
    const [alice, bob] = [somebody("alice"), somebody("bob")];
    const sender = await open(alice, over);
    const got = collect(await open(bob, over));
    const texts = Array.from({ length: 200 }, (_, number) => `${number}`);
    const sent = await Promise.all(texts.map((text) => sender.send(bob, text)));
    await Promise.all(sent.map((message) => message.delivered));
    expect(got.texts).toEqual(texts);
  });

  test.each(losses.map((lost) => ({ lost })))(
    "each message is handled once and in order, though there is lost: $lost",
    async ({ lost }) => {
      const [alice, bob] = [somebody("alice"), somebody("bob")];
      const proxy = await LosingProxy.start(server.address);
      proxy.lose(...lost);
      const sender = await open(alice, { server: proxy.address, ...over });
      const got = collect(await open(bob, { server: proxy.address, ...over }));
      const sent = await Promise.all(["1", "2", "3", "4", "5"].map((text) => sender.send(bob, text)));

      await Promise.all(sent.map((message) => message.delivered));
      await proxy.struck;
      expect(got.texts).toEqual(["1", "2", "3", "4", "5"]);
      await proxy[Symbol.asyncDispose]();
    },
  );

  test("what is sent while the server is killed and started again arrives once and in order", async () => {
    const [alice, bob] = [somebody("alice"), somebody("bob")];
    const sender = await open(alice, over);
    const got = collect(await open(bob, over));
    const sent = [await sender.send(bob, "0")];
    await got.has(1);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 10; i++) sent.push(await sender.send(bob, `${sent.length}`));
      await server.kill();
      for (let i = 0; i < 10; i++) sent.push(await sender.send(bob, `${sent.length}`));
      await server.start();
      await Promise.all(sent.map((message) => message.delivered));
    }
    expect(got.texts).toEqual(sent.map((_, number) => `${number}`));
  }, 60_000);
});

test("who polls because no WebSocket can be opened goes back to one when that is possible, and loses nothing on the way", async () => {
  const [alice, bob] = [somebody("alice"), somebody("bob")];
  const proxy = await LosingProxy.start(server.address);
  proxy.takesWebSockets = false;
  const sender = await open(alice, { server: proxy.address, probe: { first: 20, max: 100 } });
  const got = collect(await open(bob, { server: proxy.address, probe: { first: 20, max: 100 } }));
  const sent = [await sender.send(bob, "0")];
  await sent[0]?.delivered;
  expect(sender.state).toMatchObject({ transport: "polling" });
  // It is tried, and found closed, more than once.
  await proxy.refused(4);

  const back = new Promise<void>((resolve) => {
    sender.on("state", (state) => state.status === "connected" && state.transport === "websocket" && resolve());
  });
  proxy.takesWebSockets = true;
  let over = false;
  void back.then(() => (over = true));
  while (!over) {
    const message = await sender.send(bob, `${sent.length}`);
    sent.push(message);
    await message.delivered;
  }
  sent.push(await sender.send(bob, `${sent.length}`));
  await Promise.all(sent.map((message) => message.delivered));
  expect(got.texts).toEqual(sent.map((_, number) => `${number}`));
  await proxy[Symbol.asyncDispose]();
});

test("a process that is killed behind `send` has sent the message when its folder is opened again", async () => {
  const [alice, bob] = [somebody("alice"), somebody("bob")];
  const place = join(folder, alice);
  const script = fileURLToPath(new URL("harness/send-and-hang.js", import.meta.url));
  // A server that nobody answers at: the message cannot have left.
  const child = spawn(process.execPath, [script, place, "http://127.0.0.1:9", bob, "from before"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await said(child, "saved");
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;

  const got = collect(await open(bob));
  const [sent] = await (await open(alice, { store: fileStore(place) })).outbox();
  await sent?.delivered;
  expect(got.texts).toEqual(["from before"]);
});

test("the C# client gets what this one sends", async () => {
  const [alice, bob] = [somebody("alice"), somebody("bob")];
  const receiver = hexagram(
    "receive",
    "--as",
    bob,
    "--server",
    server.webSocket,
    "--data",
    server.data,
    "--state",
    join(folder, bob),
    "--count",
    "1",
    "--json",
  );
  const sent = await (await open(alice)).send(bob, "from TypeScript");
  expect(await said(receiver, "from TypeScript")).toContain(sent.id);
  await sent.delivered;
});

test("this one gets what the C# client sends", async () => {
  const [alice, bob] = [somebody("alice"), somebody("bob")];
  const got = collect(await open(bob));
  const sender = hexagram(
    "send",
    "--as",
    alice,
    "--server",
    server.webSocket,
    "--data",
    server.data,
    "--state",
    join(folder, alice),
    "--to",
    bob,
    "from C#",
    "--json",
  );
  await said(sender, '"delivered"');
  expect(got.texts).toEqual(["from C#"]);
});

test("the quick start works when it is pasted", async () => {
  const [alice, bob] = [somebody("alice"), somebody("bob")];
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const code = /```js\n(.*?)```/s.exec(readme)?.[1] ?? "";
  // It finds the package by its name from inside of it.
  const pasted = fileURLToPath(new URL(`../dist/${alice}.mjs`, import.meta.url));
  await writeFile(pasted, code);
  const got = collect(await open(bob));
  const run = spawn(process.execPath, [pasted, server.address, server.token(alice), bob, "pasted"], { cwd: folder, stdio: "inherit" });
  const [exit] = (await once(run, "exit")) as [number];
  await rm(pasted);
  expect([exit, got.texts]).toEqual([0, ["pasted"]]);
});
