import { keyOf, type MessageKey, type SetAsideMessage } from "../message.js";
import type { Body } from "../protocol/body.js";
import { Contents } from "./contents.js";
import type { Change, ClientStore, NewMessage, Outcome, Store, StoredClient, StoredMessage } from "./store.js";

/** Remembers for as long as the page or process runs, and forgets everything then: for tests, and for what only listens. */
export function memoryStore(): ClientStore {
  const contents = new Contents();
  return { open: () => Promise.resolve(new MemoryStore(contents)) };
}

/** Reads from memory. Writing somewhere else as well is what a {@link FileStore} adds. */
export class MemoryStore implements Store {
  constructor(protected readonly contents: Contents) {}

  load(): Promise<StoredClient> {
    return Promise.resolve(this.contents.client);
  }

  async insert(message: NewMessage, max: number): Promise<number> {
    this.contents.checkRoom(max);
    return this.contents.insert(message);
  }

  messagesAfter(number: number): Promise<readonly StoredMessage[]> {
    return Promise.resolve([...this.contents.messages.values()].filter((message) => message.number > number));
  }

  body(number: number): Promise<Body | undefined> {
    return Promise.resolve(this.contents.messages.get(number)?.body);
  }

  outcome(number: number): Promise<Outcome | undefined> {
    return Promise.resolve(this.contents.outcomes.get(number));
  }

  hasSeen(key: MessageKey): Promise<boolean> {
    return Promise.resolve(this.contents.seen.has(keyOf(key)));
  }

  setAside(): Promise<readonly SetAsideMessage[]> {
    return Promise.resolve([...this.contents.asides.values()]);
  }

  write(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.contents.apply(change);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
