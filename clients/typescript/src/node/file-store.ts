import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { StoreError, words } from "../errors.js";
import type { SetAsideMessage } from "../message.js";
import type { Body } from "../protocol/body.js";
import { Contents } from "../stores/contents.js";
import { MemoryStore } from "../stores/memory-store.js";
import type { Change, ClientStore, NewMessage, Outcome, Store, StoredClient, StoredMessage } from "../stores/store.js";
import { type FolderLock, lockFolder } from "./folder-lock.js";
import { Journal } from "./journal.js";

/** A journal shorter than this is not worth being written anew. */
const COMPACT_BYTES = 1 << 20;

/** One line of the journal. */
type Record =
  | { readonly insert: NewMessage; readonly number: number }
  | { readonly changes: readonly Change[] }
  // What a compacted journal begins with.
  | { readonly client: StoredClient; readonly lastNumber: number }
  | { readonly message: StoredMessage & { readonly body: Body } }
  | { readonly outcome: readonly [number, Outcome] }
  | { readonly seen: readonly [string, number] }
  | { readonly aside: readonly [string, SetAsideMessage] };

/**
 * Keeps outbox and inbox in a folder, for Node: a journal, synced to the disk with each write. One process at a time, by a lock that goes with
 * the process. One folder for each user.
 */
export function fileStore(folder: string): ClientStore {
  return { open: () => FileStore.open(folder) };
}

class FileStore extends MemoryStore {
  #compacted = 0;

  readonly #journal: Journal;
  readonly #lock: FolderLock;

  private constructor(contents: Contents, journal: Journal, lock: FolderLock) {
    super(contents);
    this.#journal = journal;
    this.#lock = lock;
    this.#compacted = journal.bytes;
  }

  static async open(folder: string): Promise<Store> {
    await mkdir(folder, { recursive: true });
    const lock = await lockFolder(folder);
    try {
      const contents = new Contents();
      const journal = await Journal.open(join(folder, "journal"), (record) => read(contents, record as Record));
      return new FileStore(contents, journal, lock);
    } catch (cause) {
      await lock.release();
      throw cause instanceof StoreError ? cause : new StoreError(`The folder '${folder}' cannot be read: ${words(cause)}`, { cause });
    }
  }

  override async insert(message: NewMessage, max: number): Promise<number> {
    this.contents.checkRoom(max);
    const number = this.contents.insert(message);
    await this.#append({ insert: message, number });
    return number;
  }

  override async write(changes: readonly Change[]): Promise<void> {
    const writing = this.#append({ changes });
    for (const change of changes) this.contents.apply(change);
    await writing;
  }

  override async close(): Promise<void> {
    await this.#journal.close();
    await this.#lock.release();
  }

  async #append(record: Record): Promise<void> {
    await this.#journal.append(record);
    if (this.#journal.bytes > Math.max(COMPACT_BYTES, 4 * this.#compacted)) {
      this.#compacted = this.#journal.bytes;
      // Read when its turn comes: with all that was appended before it.
      await this.#journal.replace({ [Symbol.iterator]: () => write(this.contents) });
      this.#compacted = this.#journal.bytes;
    }
  }
}

function read(contents: Contents, record: Record): void {
  if ("insert" in record) contents.insert(record.insert, record.number);
  else if ("changes" in record) for (const change of record.changes) contents.apply(change);
  else if ("client" in record) Object.assign(contents, record);
  else if ("message" in record) contents.messages.set(record.message.number, record.message);
  else if ("outcome" in record) contents.outcomes.set(...record.outcome);
  else if ("seen" in record) contents.seen.set(...record.seen);
  else contents.asides.set(...record.aside);
}

function* write(contents: Contents): Generator<Record> {
  yield { client: contents.client, lastNumber: contents.lastNumber };
  for (const message of contents.messages.values()) yield { message };
  for (const outcome of contents.outcomes) yield { outcome };
  for (const seen of contents.seen) yield { seen };
  for (const aside of contents.asides) yield { aside };
}
