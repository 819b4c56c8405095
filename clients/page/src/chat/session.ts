import {
  ClosedError,
  type ConnectionState,
  HexagramClient,
  indexedDbStore,
  MessageCancelledError,
  MessageRefusedError,
  type SentMessage,
  type TracedPacket,
} from "@hexagram/client";
import { type Ending, type Entry, History, ownKey, type Talk } from "./history";
import { type Identity, tokensFor } from "./identity";

/** Something that whoever shows the chat wants to know. */
export type Change =
  /** A message is new, or stands elsewhere. */
  | { readonly changed: "entry"; readonly entry: Entry }
  /** The list of conversations, or what is unread in it. */
  | { readonly changed: "talks" }
  /** The connection. */
  | { readonly changed: "connection" };

/** How long the beginning of a UUIDv7 is, which says when it was made. */
const TIME_DIGITS = 12;

/**
 * One user's chat in this tab: the client, what was said, and the other tabs. What arrives is kept before it is confirmed; what is sent
 * is shown when it is in the outbox, durably.
 */
export class ChatSession {
  /** The server gives this browser no tokens any more. */
  keyRefused = false;

  readonly user: string;
  readonly history: History;
  readonly #client: HexagramClient;
  readonly #channel: BroadcastChannel;
  readonly #listeners = new Set<(change: Change) => void>();
  /** Messages of one's own about which more may be heard. */
  readonly #open = new Map<string, SentMessage>();
  /** The ids of messages that this tab has seen leave, and that stand nowhere else yet. */
  readonly #left = new Set<string>();

  private constructor(user: string, history: History, client: HexagramClient) {
    this.user = user;
    this.history = history;
    this.#client = client;
    this.#channel = new BroadcastChannel(`hexagram page ${user}`);
  }

  /** Opens what this browser keeps of the user, and begins to connect. */
  static async open({ user, token }: Identity): Promise<ChatSession> {
    const history = await History.open(user);
    // The client may speak before there is a session to hear it.
    const made: { session?: ChatSession; keyRefused: boolean } = { keyRefused: false };
    const tokens = tokensFor(user, (no) => {
      made.keyRefused = no;
      if (made.session) made.session.keyRefused = no;
    });
    const client = await HexagramClient.open({
      server: "/v1",
      user,
      token: token ?? tokens,
      store: indexedDbStore(user),
      software: "hexagram-page",
      reconnect: { first: 250, max: 15_000 },
      connectTimeout: 5_000,
      trace: (traced) => made.session?.traced(traced),
    });
    const session = new ChatSession(user, history, client);
    session.keyRefused = made.keyRefused;
    made.session = session;
    await session.#begin();
    return session;
  }

  get connection(): ConnectionState {
    return this.#client.state;
  }

  /** Calls `listener` with each change, until the returned function is called. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  talks(): Promise<Talk[]> {
    return this.history.talks();
  }

  /** Resolves when the message is on this device's disk. */
  async send(peer: string, text: string): Promise<void> {
    const sent = await this.#client.send(peer, text);
    this.#open.set(ownKey(sent.number), sent);
    const entry = await this.history.addOwn(sent.number, peer, text, Date.now(), sent.state);
    this.#follow(sent);
    this.#tell({ changed: "entry", entry });
    this.#channel.postMessage(sent.number);
    await this.#raise(sent);
  }

  /** Stops sending a message that waits. How that went, its mark says. */
  async cancel(entry: Entry): Promise<void> {
    const sent = this.#open.get(entry.key);
    if (sent) await this.#client.cancel(sent);
  }

  /** Whether it has left this device; only of messages that are still waiting. */
  hasLeft(entry: Entry): boolean {
    const sent = this.#open.get(entry.key);
    return sent !== undefined && this.#left.has(sent.id);
  }

  async markRead(peer: string): Promise<void> {
    if (!(await this.history.markRead(peer))) return;
    this.#tell({ changed: "talks" });
    this.#channel.postMessage("read");
  }

  reconnect(): void {
    this.#client.reconnect();
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#client.close();
    this.#channel.close();
    this.history.close();
  }

  async #begin(): Promise<void> {
    this.#client.onMessage((message) => this.history.receive(message));
    this.#client.on("message", (message) => void this.history.received(message).then((entry) => this.#show(entry)));
    this.#client.on("sent", (sent) => void this.#raise(sent));
    this.#client.on("state", () => this.#tell({ changed: "connection" }));
    this.#channel.onmessage = ({ data }) => {
      if (typeof data === "number") void this.#seeElsewhere(data);
      else this.#tell({ changed: "talks" });
    };
    await this.#followAll();
  }

  /** Follows what waits in the outbox: from earlier visits, or from another tab. What the history has missed is put into it. */
  async #followAll(): Promise<void> {
    for (const sent of await this.#client.outbox()) {
      if (this.#open.has(ownKey(sent.number))) continue;
      const body = await this.#client.body(sent);
      const entry = await this.history.addOwn(
        sent.number,
        sent.to,
        typeof body === "string" ? body : undefined,
        madeAt(sent.id),
        sent.state,
      );
      this.#follow(sent);
      this.#tell({ changed: "entry", entry });
      await this.#raise(sent);
    }
  }

  /** Another tab has put a message into the history, or raised its mark: it may have left the outbox by now, and this tab may have heard of that too early. */
  async #seeElsewhere(number: number): Promise<void> {
    await this.#followAll();
    this.#show(await this.history.find(ownKey(number)));
  }

  /** Why a message was refused, or whether one that was cancelled may still arrive, is said to whoever waits for it. */
  #follow(sent: SentMessage): void {
    this.#open.set(ownKey(sent.number), sent);
    sent.delivered.catch(async (cause: unknown) => {
      if (cause instanceof ClosedError) return;
      this.#show(await this.history.raise(sent.number, sent.state, endingOf(cause)));
    });
  }

  async #raise(sent: SentMessage): Promise<void> {
    const entry = await this.history.raise(sent.number, sent.state);
    if (entry) this.#channel.postMessage(sent.number);
    if (sent.state !== "waiting") this.#left.delete(sent.id);
    if (sent.state === "delivered" || sent.state === "refused" || sent.state === "cancelled") this.#open.delete(ownKey(sent.number));
    this.#show(entry);
  }

  /** The first of the six lines passes. */
  private traced({ direction, packet }: TracedPacket): void {
    if (direction !== "sent" || packet.kind !== "msg:R") return;
    this.#left.add(packet.id);
    for (const [key, sent] of this.#open) {
      if (sent.id === packet.id) void this.history.find(key).then((entry) => this.#show(entry));
    }
  }

  #show(entry: Entry | undefined): void {
    if (entry) this.#tell({ changed: "entry", entry });
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function endingOf(cause: unknown): Ending | undefined {
  if (cause instanceof MessageRefusedError) return { refusal: cause.code };
  return cause instanceof MessageCancelledError ? { mayArrive: cause.mayStillArrive } : undefined;
}

function madeAt(id: string): number {
  return Number.parseInt(id.replaceAll("-", "").slice(0, TIME_DIGITS), 16);
}
