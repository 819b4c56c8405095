import { HexagramClient, memoryStore, type ConnectionState, type Message, type SentMessage, type TracedPacket } from "@hexagram/client";
import { tokenFor } from "../server";
import type { Network, Side } from "./network";

/** How soon a client tries again here: soon enough to watch. */
const RECONNECT = { first: 600, max: 1_500 };

/** What becomes known of a person. */
export interface PersonEvents {
  written(side: Side, sent: SentMessage, text: string): void;
  stands(sent: SentMessage): void;
  /** The application has the message: this is what it is for. */
  handled(side: Side, message: Message): void;
  state(side: Side, state: ConnectionState): void;
  traced(side: Side, traced: TracedPacket): void;
}

/** Alice or Bob: a real client, as any application has it, on a network that can fail. */
export class Person {
  readonly side: Side;
  readonly user: string;
  readonly network: Network;

  readonly #client: HexagramClient;
  readonly #events: PersonEvents;

  private constructor(user: string, network: Network, client: HexagramClient, events: PersonEvents) {
    this.side = network.side;
    this.user = user;
    this.network = network;
    this.#client = client;
    this.#events = events;
    client.on("state", (state) => events.state(this.side, state));
    client.on("sent", (sent) => events.stands(sent));
    client.onMessage((message) => events.handled(this.side, message));
  }

  /** @throws ServerRefusal when the server gives no token. */
  static async open(user: string, network: Network, events: PersonEvents): Promise<Person> {
    const client = await HexagramClient.open({
      server: new URL("/v1", location.href),
      token: () => tokenFor(user),
      store: memoryStore(),
      transports: ["websocket"],
      reconnect: RECONNECT,
      software: "hexagram-lab",
      socket: network.webSocket,
      trace: (traced) => events.traced(network.side, traced),
    });
    return new Person(user, network, client, events);
  }

  get state(): ConnectionState {
    return this.#client.state;
  }

  async write(to: string, text: string): Promise<void> {
    this.#events.written(this.side, await this.#client.send(to, text), text);
  }

  /** Goes offline, as in a tunnel, and comes back. Writing works all the same. */
  setOffline(offline: boolean): void {
    this.network.isOffline = offline;
    if (!offline) this.#client.reconnect();
  }

  /** Resolves when the connection that there is has ended and there is another; at once while offline. */
  async isBack(): Promise<void> {
    if (this.network.isOffline) return;
    if (this.state.status === "connected") {
      await new Promise<void>((resolve) => {
        const off = this.#client.on("state", () => {
          off();
          resolve();
        });
      });
    }
    await this.#client.whenConnected();
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
