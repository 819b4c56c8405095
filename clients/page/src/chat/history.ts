import type { Message, SentState } from "@hexagram/client";

/** A message of a conversation, as this browser keeps it. */
export interface Entry {
  /** Names it here for ever, so that what comes twice is kept once. */
  readonly key: string;
  /** Its place among all messages of this browser. */
  readonly order: number;
  /** The other person. */
  readonly peer: string;
  readonly own: boolean;
  /** Undefined when it carries bytes. */
  readonly text: string | undefined;
  readonly file?: { readonly contentType: string; readonly bytes: number };
  /** When it was written, or accepted by the server: Unix time in milliseconds. */
  readonly at: number;
  /** Of a message of one's own. */
  readonly state?: SentState;
  /** Why the server did not take it: one of its codes. */
  readonly refusal?: number;
  /** Of a cancelled message: it had left this device before. */
  readonly mayArrive?: boolean;
}

/** What is known of a message that has ended, a little later than that it has. */
export type Ending = Pick<Entry, "refusal" | "mayArrive">;

/** A conversation. */
export interface Talk {
  readonly peer: string;
  readonly unread: number;
  readonly last: Entry;
}

const VERSION = 1;
const STATES: readonly SentState[] = ["waiting", "accepted", "stored", "delivered"];

/** The key of a message of one's own: its number in the outbox. Its id may still change before it leaves the device. */
export function ownKey(number: number): string {
  return `#${number}`;
}

function keyOf(message: Message): string {
  return `${message.id} ${message.from}`;
}

/**
 * One user's conversations in this browser's IndexedDB, shared by its tabs. What `receive` has resolved for is on the disk: only then is it
 * confirmed to the server.
 */
export class History {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
    database.onversionchange = () => database.close();
  }

  static async open(user: string): Promise<History> {
    const opening = indexedDB.open(`hexagram page ${user}`, VERSION);
    opening.onupgradeneeded = () => {
      const messages = opening.result.createObjectStore("messages", { keyPath: "order", autoIncrement: true });
      messages.createIndex("key", "key", { unique: true });
      messages.createIndex("talk", ["peer", "order"]);
      opening.result.createObjectStore("talks", { keyPath: "peer" });
    };
    return new History(await settled(opening));
  }

  /** Keeps a message that has arrived, unless it is kept already. */
  async receive(message: Message): Promise<void> {
    const { body } = message;
    await this.#add({
      key: keyOf(message),
      peer: message.from,
      own: false,
      text: message.text,
      ...(typeof body !== "string" && { file: { contentType: body.contentType, bytes: body.bytes.length } }),
      at: message.acceptedAt.getTime(),
    });
  }

  /** Keeps a message of one's own, unless it is kept already. */
  addOwn(number: number, peer: string, text: string | undefined, at: number, state: SentState): Promise<Entry> {
    return this.#add({ key: ownKey(number), peer, own: true, text, at, state });
  }

  /** What was received. */
  received(message: Message): Promise<Entry | undefined> {
    return this.find(keyOf(message));
  }

  find(key: string): Promise<Entry | undefined> {
    return this.#read("messages", (table) => table.index("key").get(key) as IDBRequest<Entry | undefined>);
  }

  /** A message of one's own stands elsewhere. States only rise. */
  raise(number: number, state: SentState, ending?: Ending): Promise<Entry | undefined> {
    return this.#transact("relaxed", async (messages, talks) => {
      const before = (await settled(messages.index("key").get(ownKey(number)))) as Entry | undefined;
      if (!before?.state || !isHigher(state, before.state, ending)) return before;
      const after: Entry = { ...before, state, ...ending };
      messages.put(after);
      const talk = (await settled(talks.get(before.peer))) as Talk | undefined;
      if (talk?.last.key === after.key) talks.put({ ...talk, last: after });
      return after;
    });
  }

  /** All conversations, the latest first. */
  async talks(): Promise<Talk[]> {
    const talks = await this.#read("talks", (table) => table.getAll() as IDBRequest<Talk[]>);
    return talks.sort((left, right) => right.last.order - left.last.order);
  }

  /** The last messages of a conversation, of those before `before`, oldest first. */
  messages(peer: string, max: number, before = Infinity): Promise<Entry[]> {
    return this.#transact("relaxed", async (messages) => {
      const range = IDBKeyRange.bound([peer, 0], [peer, before], false, true);
      const found: Entry[] = [];
      const request = messages.index("talk").openCursor(range, "prev");
      for (let cursor = await settled(request); cursor && found.length < max;) {
        found.unshift(cursor.value as Entry);
        const next = settled(request);
        cursor.continue();
        cursor = await next;
      }
      return found;
    });
  }

  /** Nothing of this conversation is unread. @returns Whether something was. */
  markRead(peer: string): Promise<boolean> {
    return this.#transact("relaxed", async (_, talks) => {
      const talk = (await settled(talks.get(peer))) as Talk | undefined;
      if (!talk || talk.unread === 0) return false;
      talks.put({ ...talk, unread: 0 });
      return true;
    });
  }

  close(): void {
    this.#database.close();
  }

  #add(entry: Omit<Entry, "order">): Promise<Entry> {
    return this.#transact("strict", async (messages, talks) => {
      const known = (await settled(messages.index("key").get(entry.key))) as Entry | undefined;
      if (known) return known;
      const order = (await settled(messages.add(entry))) as number;
      const added: Entry = { ...entry, order };
      const talk = (await settled(talks.get(entry.peer))) as Talk | undefined;
      talks.put({ peer: entry.peer, unread: (talk?.unread ?? 0) + (entry.own ? 0 : 1), last: added } satisfies Talk);
      return added;
    });
  }

  #read<T>(table: "messages" | "talks", ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return settled(ask(this.#database.transaction(table).objectStore(table)));
  }

  /** Resolves when the transaction has ended: with `strict`, when it is on the disk. */
  async #transact<T>(durability: "strict" | "relaxed", work: (messages: IDBObjectStore, talks: IDBObjectStore) => Promise<T>): Promise<T> {
    const transaction = this.#database.transaction(["messages", "talks"], "readwrite", { durability });
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("The transaction was aborted."));
    });
    const [result] = await Promise.all([work(transaction.objectStore("messages"), transaction.objectStore("talks")), done]);
    return result;
  }
}

function isHigher(state: SentState, before: SentState, ending: Ending | undefined): boolean {
  if (before === "delivered") return false;
  if (before === "refused" || before === "cancelled") return state === before && ending !== undefined;
  return state === "refused" || state === "cancelled" || STATES.indexOf(state) > STATES.indexOf(before);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The request failed."));
  });
}
