import "fake-indexeddb/auto";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OutboxFullError, StoreError } from "../src/errors.js";
import { fileStore } from "../src/node/file-store.js";
import { indexedDbStore } from "../src/stores/indexeddb-store.js";
import { memoryStore } from "../src/stores/memory-store.js";
import type { ClientStore, NewMessage, Store } from "../src/stores/store.js";
import { TestLocks } from "./harness/test-locks.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hexagram-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const makers: [string, () => ClientStore][] = [
  ["a store in memory", memoryStore],
  ["a store in a folder", () => fileStore(folder)],
  ["a store in IndexedDB", () => indexedDbStore("alice", { indexedDB: new IDBFactory(), locks: new TestLocks() })],
];

function message(text: string, to = "bob"): NewMessage {
  return { id: `id of ${text}`, to, body: text, bodyBytes: text.length, transmitted: false };
}

const key = { from: "bob", id: "019b7ca9-8f2e-7a01-8f00-000000000001" };
const position = { epoch: "5eed0000c0ffee01", cursor: 7 };
const aside = {
  message: {
    ...key,
    sequence: 1,
    acceptedAt: new Date(1),
    sentAt: new Date(2),
    body: { contentType: "a/b", bytes: new Uint8Array([1, 2]) },
    text: undefined,
    redelivered: false,
    attempt: 1,
  },
  reason: "why",
  at: new Date(3),
};

describe.each(makers)("%s", (_, make) => {
  /** Writes to a store, opens it again, and looks at what is there. */
  async function throughReopening(write: (store: Store) => Promise<unknown>, look: (store: Store) => Promise<void>): Promise<void> {
    const store = make();
    const first = await store.open();
    await write(first);
    await look(first);
    await first.close();
    const second = await store.open();
    await look(second);
    await second.close();
  }

  test("numbers messages in the order of the calls, and keeps them with their bodies", async () => {
    const bytes = { contentType: "image/png", bytes: new Uint8Array([0, 255]) };
    await throughReopening(
      async (store) => {
        const numbers = await Promise.all([
          store.insert(message("1"), 9),
          store.insert({ ...message("2"), body: bytes }, 9),
          store.insert(message("3"), 9),
        ]);
        expect(numbers).toEqual([1, 2, 3]);
      },
      async (store) => {
        expect((await store.messagesAfter(1)).map(({ number, id, state }) => [number, id, state])).toEqual([
          [2, "id of 2", "waiting"],
          [3, "id of 3", "waiting"],
        ]);
        expect(await store.body(1)).toBe("1");
        expect(await store.body(2)).toEqual(bytes);
        expect(await store.body(4)).toBeUndefined();
      },
    );
  });

  test("never gives a number twice", async () => {
    const store = make();
    const first = await store.open();
    await first.insert(message("1"), 9);
    await first.write([{ change: "remove", number: 1, outcome: { end: "delivered" } }]);
    await first.close();
    const second = await store.open();
    expect(await second.insert(message("2"), 9)).toBe(2);
    await second.close();
  });

  test("takes no more messages than it may", async () => {
    const store = await make().open();
    await store.insert(message("1"), 1);
    await expect(store.insert(message("2"), 1)).rejects.toBeInstanceOf(OutboxFullError);
    expect(await store.messagesAfter(0)).toHaveLength(1);
    await store.close();
  });

  test("keeps what becomes of messages", async () => {
    await throughReopening(
      async (store) => {
        await store.insert(message("1"), 9);
        await store.insert(message("2"), 9);
        await store.write([{ change: "mark", number: 1, id: "another" }]);
        await store.write([{ change: "raise", number: 1, state: "stored" }]);
        await store.write([{ change: "remove", number: 2, outcome: { end: "refused", code: 3101, text: "no" } }]);
      },
      async (store) => {
        expect(await store.messagesAfter(0)).toMatchObject([{ number: 1, id: "another", state: "stored", transmitted: true }]);
        expect(await store.outcome(2)).toEqual({ end: "refused", code: 3101, text: "no" });
        expect(await store.body(2)).toBeUndefined();
      },
    );
  });

  test("keeps where the inbox stands, and what was handled", async () => {
    await throughReopening(
      (store) =>
        store.write([
          { change: "position", position },
          { change: "begun", key },
          { change: "seen", key, at: 1_000, forgetBefore: 0 },
          { change: "connections", upTo: 100 },
          { change: "device", device: "phone" },
          { change: "user", user: "alice" },
          { change: "clock", offset: -5 },
        ]),
      async (store) => {
        expect(await store.load()).toEqual({ device: "phone", user: "alice", lastConnection: 100, clockOffset: -5, position, begun: key });
        expect(await store.hasSeen(key)).toBe(true);
        expect(await store.hasSeen({ ...key, from: "carol" })).toBe(false);
      },
    );
  });

  test("keeps what was set aside, until it is removed", async () => {
    await throughReopening(
      (store) => store.write([{ change: "aside", aside }]),
      async (store) => expect(await store.setAside()).toEqual([aside]),
    );
    await throughReopening(
      (store) =>
        store.write([
          { change: "aside", aside },
          { change: "aside removed", key },
        ]),
      async (store) => expect(await store.setAside()).toEqual([]),
    );
  });
});

describe("a folder", () => {
  test("is used by one client at a time", async () => {
    const first = await fileStore(folder).open();
    await expect(fileStore(folder).open()).rejects.toThrow(StoreError);
    await first.close();
    await (await fileStore(folder).open()).close();
  });

  test.each(["", "0", "01234567 {", "01234567 {}\n"])("is opened behind a last line that was torn: '%s'", async (torn) => {
    const first = await fileStore(folder).open();
    await first.insert(message("1"), 9);
    await first.close();
    await appendFile(join(folder, "journal"), torn);

    const second = await fileStore(folder).open();
    expect(await second.messagesAfter(0)).toHaveLength(1);
    expect(await second.insert(message("2"), 9)).toBe(2);
    await second.close();
    const third = await fileStore(folder).open();
    expect(await third.messagesAfter(0)).toHaveLength(2);
    await third.close();
  });

  test("that is damaged is not opened", async () => {
    const first = await fileStore(folder).open();
    await first.insert(message("1"), 9);
    await first.insert(message("2"), 9);
    await first.close();
    const path = join(folder, "journal");
    await writeFile(path, (await readFile(path, "utf8")).replace("id of 1", "id of 7"));

    await expect(fileStore(folder).open()).rejects.toThrow("damaged at byte 0");
  });

  test("does not grow for ever", async () => {
    const first = await fileStore(folder).open();
    await first.insert(message("kept"), 9);
    await first.write([{ change: "position", position }]);
    const large = "x".repeat(100_000);
    for (let i = 0; i < 30; i++) {
      const number = await first.insert(message(large), 9);
      await first.write([{ change: "remove", number, outcome: { end: "delivered" } }]);
    }
    await first.close();

    expect((await readFile(join(folder, "journal"))).length).toBeLessThan(1_500_000);
    const second = await fileStore(folder).open();
    expect(await second.messagesAfter(0)).toMatchObject([{ number: 1, id: "id of kept" }]);
    expect((await second.load()).position).toEqual(position);
    expect(await second.insert(message("next"), 9)).toBe(32);
    await second.close();
  });
});
