import { OutboxFullError, StoreError, words } from "../errors.js";
import { keyOf, type MessageKey, type SetAsideMessage } from "../message.js";
import type { Body } from "../protocol/body.js";
import { applyToClient } from "./contents.js";
import {
  type Change,
  type ClientStore,
  EMPTY,
  type NewMessage,
  type Outcome,
  OUTCOMES_MAX,
  SEEN_MAX,
  type Store,
  type StoredClient,
  type StoredMessage,
} from "./store.js";

const VERSION = 1;
const TABLES = ["client", "messages", "bodies", "outcomes", "seen", "asides"] as const;

/** The one row of the table `client`. */
const CLIENT = "client";

/** How often the seen set is looked through for what may be forgotten. */
const FORGET_EVERY = 256;

type Table = (typeof TABLES)[number];

/** What a browser brings, and what a test can bring instead. */
export interface IndexedDbOptions {
  readonly indexedDB?: IDBFactory;
  readonly locks?: Pick<LockManager, "request">;
}

/**
 * Keeps outbox and inbox in the browser's IndexedDB, synced to its disk with each write. Tabs of one origin that use the same
 * name share it, and one of them at a time has the connection. One name for each user.
 *
 * @throws StoreError where there are no Web Locks, by which tabs agree who that is: browsers have them on pages that come over
 * https or from localhost.
 */
export function indexedDbStore(name: string, options: IndexedDbOptions = {}): ClientStore {
  const locks = options.locks ?? (globalThis.navigator as Navigator | undefined)?.locks;
  if (!locks) throw new StoreError("There are no Web Locks here. Browsers have them on pages that come over https or from localhost.");
  return {
    open: () => openDatabase(options.indexedDB ?? indexedDB, `hexagram ${name}`),
    tabs: { name, locks, channel: (channel) => new BroadcastChannel(channel) },
  };
}

async function openDatabase(factory: IDBFactory, name: string): Promise<Store> {
  const opening = factory.open(name, VERSION);
  opening.onupgradeneeded = () => {
    const database = opening.result;
    for (const table of ["client", "bodies", "outcomes", "asides"] satisfies Table[]) database.createObjectStore(table);
    // The database numbers messages: over all tabs, in the order of their transactions.
    database.createObjectStore("messages", { keyPath: "number", autoIncrement: true });
    database.createObjectStore("seen").createIndex("at", "at");
  };
  try {
    return new IndexedDbStore(await settled(opening));
  } catch (cause) {
    throw new StoreError(`The store '${name}' cannot be opened: ${words(cause)}`, { cause });
  }
}

/** One transaction per write; the browser carries out those over the same tables in the order in which they were made. */
class IndexedDbStore implements Store {
  #commits = 0;

  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
    // Another version of the page wants to change the database: it waits until we have gone.
    database.onversionchange = () => database.close();
  }

  async load(): Promise<StoredClient> {
    return ((await this.#get("client", CLIENT)) as StoredClient | undefined) ?? EMPTY;
  }

  insert({ body, ...message }: NewMessage, max: number): Promise<number> {
    return this.#transact(["messages", "bodies"], async (table) => {
      if ((await settled(table("messages").count())) >= max) throw new OutboxFullError(max);
      const number = (await settled(table("messages").add({ ...message, state: "waiting" }))) as number;
      table("bodies").put(body, number);
      return number;
    });
  }

  messagesAfter(number: number): Promise<readonly StoredMessage[]> {
    return this.#read("messages", (table) => table.getAll(IDBKeyRange.lowerBound(number, true)) as IDBRequest<StoredMessage[]>);
  }

  body(number: number): Promise<Body | undefined> {
    return this.#get("bodies", number) as Promise<Body | undefined>;
  }

  outcome(number: number): Promise<Outcome | undefined> {
    return this.#get("outcomes", number) as Promise<Outcome | undefined>;
  }

  async hasSeen(key: MessageKey): Promise<boolean> {
    return (await this.#get("seen", keyOf(key))) !== undefined;
  }

  async setAside(): Promise<readonly SetAsideMessage[]> {
    const asides = await this.#read("asides", (table) => table.getAll() as IDBRequest<SetAsideMessage[]>);
    return asides.sort((left, right) => left.at.getTime() - right.at.getTime());
  }

  write(changes: readonly Change[]): Promise<void> {
    return this.#transact(TABLES, async (table) => {
      const before = ((await settled(table("client").get(CLIENT))) as StoredClient | undefined) ?? EMPTY;
      const after = changes.reduce(applyToClient, before);
      if (after !== before) table("client").put(after, CLIENT);
      for (const change of changes) await this.#apply(change, table);
    });
  }

  close(): Promise<void> {
    this.#database.close();
    return Promise.resolve();
  }

  async #apply(change: Change, table: (name: Table) => IDBObjectStore): Promise<void> {
    switch (change.change) {
      case "mark":
        return update(table("messages"), change.number, { id: change.id, transmitted: true });
      case "raise":
        return update(table("messages"), change.number, { state: change.state });
      case "remove":
        table("messages").delete(change.number);
        table("bodies").delete(change.number);
        table("outcomes").put(change.outcome, change.number);
        table("outcomes").delete(IDBKeyRange.upperBound(change.number - OUTCOMES_MAX));
        return;
      case "seen":
        table("seen").put({ at: change.at }, keyOf(change.key));
        if (this.#commits++ % FORGET_EVERY === 0) await forgetSeen(table("seen"), change.forgetBefore);
        return;
      case "aside":
        table("asides").put(change.aside, keyOf(change.aside.message));
        return;
      case "aside removed":
        table("asides").delete(keyOf(change.key));
        return;
    }
  }

  #get(table: Table, key: IDBValidKey): Promise<unknown> {
    return this.#read(table, (store) => store.get(key) as IDBRequest<unknown>);
  }

  #read<T>(table: Table, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return guarded(() => settled(ask(this.#database.transaction(table).objectStore(table))));
  }

  /** Resolves when the transaction is on the disk: not merely handed to the operating system. */
  #transact<T>(tables: readonly Table[], work: (table: (name: Table) => IDBObjectStore) => Promise<T>): Promise<T> {
    return guarded(async () => {
      const transaction = this.#database.transaction(tables, "readwrite", { durability: "strict" });
      const done = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error ?? new StoreError("the transaction was aborted"));
      });
      const working = work((name) => transaction.objectStore(name)).catch((cause: unknown) => {
        // Half of the work is none; when the transaction has failed by itself there is nothing left to abort.
        if (!transaction.error) transaction.abort();
        throw cause;
      });
      const [result] = await Promise.all([working, done]);
      return result;
    });
  }
}

/** The database's own errors, such as a full disk, become ours. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof OutboxFullError) throw cause;
    throw new StoreError(`IndexedDB failed: ${words(cause)}`, { cause });
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new StoreError("the request failed"));
  });
}

async function update(table: IDBObjectStore, number: number, fields: Partial<StoredMessage>): Promise<void> {
  const message = (await settled(table.get(number))) as StoredMessage | undefined;
  if (message) table.put({ ...message, ...fields });
}

async function forgetSeen(table: IDBObjectStore, before: number): Promise<void> {
  const index = table.index("at");
  let surplus = (await settled(table.count())) - SEEN_MAX;
  for (let cursor = await settled(index.openCursor()); cursor && (surplus > 0 || (cursor.key as number) < before); surplus--) {
    cursor.delete();
    const next = settled(cursor.request as IDBRequest<IDBCursorWithValue | null>);
    cursor.continue();
    cursor = await next;
  }
}
