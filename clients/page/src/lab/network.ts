import type { Packet } from "@hexagram/client";

/** Who sits at which end of the server. */
export type Side = "alice" | "bob";

/** The six that can be lost. */
export type Line = "msg:R" | "msg:A" | "msg:N" | "ack:R" | "ack:A" | "ack:N";

/** What becomes of the connection whose packet is lost. */
export type LossMode =
  /** It dies, as on TCP: a packet that never comes is a connection that has ended. */
  | "connection"
  /** It goes on, as when a server's process forgets one thing: only a timer notices. */
  | "packet";

/** One packet on its way between a client and the server. */
export interface Passing {
  /** Tells this flight from all others. */
  readonly flight: number;
  readonly side: Side;
  /** Up is from the client to the server. */
  readonly way: "up" | "down";
  readonly phase: "leaves" | "arrives" | "lost";
  readonly packet: Packet;
  /** It was lost, and its connection goes on. */
  readonly alone?: true;
}

/** What the switches have set, for both sides. */
export interface Weather {
  /** How long a packet is under way, in milliseconds. */
  delay: number;
  mode: LossMode;
  /** The next packet of each of these kinds is lost. */
  readonly losing: Set<Line>;
}

/** One side's way to the server: it can be slow, cut, or gone. */
export class Network {
  #sockets = new Set<LabSocket>();
  #isOffline = false;
  static #flights = 0;

  constructor(
    readonly side: Side,
    readonly weather: Weather,
    private readonly passing: (passing: Passing) => void,
    private readonly lost: (line: Line) => void,
  ) {}

  get isOffline(): boolean {
    return this.#isOffline;
  }

  /** Nothing gets through, in either direction, until it is online again. */
  set isOffline(offline: boolean) {
    this.#isOffline = offline;
    if (offline) this.cut();
  }

  /** Ends what connections there are; others can be made. */
  cut(): void {
    for (const socket of [...this.#sockets]) socket.die();
  }

  /** What the client takes for the platform's WebSocket. */
  get webSocket(): new (url: string, protocols: string[]) => LabSocket {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the class below has a `this` of its own
    const network = this;
    return class extends LabSocket {
      constructor(url: string, protocols: string[]) {
        super(network, url, protocols);
      }
    };
  }

  /** @internal */
  opened(socket: LabSocket): void {
    this.#sockets.add(socket);
  }

  /** @internal */
  ended(socket: LabSocket): void {
    this.#sockets.delete(socket);
  }

  /** @internal A packet sets out. */
  leaves(way: "up" | "down", packet: Packet): Flight {
    const flight = ++Network.#flights;
    const tell = (phase: Passing["phase"], alone = false): void =>
      this.passing({ flight, side: this.side, way, phase, packet, ...(alone && { alone }) });
    tell("leaves");
    const doomed = this.weather.losing.delete(packet.kind as Line);
    if (doomed) this.lost(packet.kind as Line);
    return { arrives: () => tell("arrives"), isLost: (alone) => tell("lost", alone), doomed };
  }
}

/** What to tell of a packet's end, and whether it is to get there. */
interface Flight {
  readonly arrives: () => void;
  readonly isLost: (alone?: boolean) => void;
  readonly doomed: boolean;
}

interface Waiting {
  readonly deliver: () => void;
  readonly isLost: () => void;
}

type Listener<E extends Event> = ((event: E) => void) | null;

/** A real WebSocket at the end of a network that may hold packets up, lose them, or fail. */
export class LabSocket {
  onopen: Listener<Event> = null;
  onmessage: Listener<MessageEvent> = null;
  onerror: Listener<Event> = null;
  onclose: Listener<CloseEvent> = null;
  readonly protocol: string;

  #real: WebSocket | undefined;
  #ended = false;
  readonly #queues = { up: [] as Waiting[], down: [] as Waiting[] };
  readonly #last = { up: 0, down: 0 };
  readonly #network: Network;

  constructor(network: Network, url: string, protocols: string[]) {
    this.#network = network;
    this.protocol = protocols[0] ?? "";
    network.opened(this);
    if (network.isOffline) {
      queueMicrotask(() => this.die());
      return;
    }
    const real = (this.#real = new WebSocket(url, protocols));
    real.onopen = (event) => this.onopen?.(event);
    real.onmessage = ({ data }: MessageEvent<string>) => this.#came(data);
    real.onclose = () => this.#pass("down", { deliver: () => this.die(), isLost: () => undefined });
  }

  get readyState(): WebSocket["readyState"] {
    return this.#ended ? WebSocket.CLOSED : (this.#real?.readyState ?? WebSocket.CONNECTING);
  }

  get bufferedAmount(): number {
    return this.#real?.bufferedAmount ?? 0;
  }

  send(text: string): void {
    if (this.#ended) return;
    const packet = JSON.parse(text) as Packet;
    this.#fly("up", packet, () => {
      // The server may have gone while the packet was under way.
      if (this.#real?.readyState === WebSocket.OPEN) this.#real.send(text);
    });
  }

  /** What was sent before still gets there. */
  close(): void {
    this.#network.ended(this);
    if (!this.#ended) this.#pass("up", { deliver: () => this.#end(), isLost: () => undefined });
  }

  /** The connection breaks. What is under way is lost, and both ends notice. */
  die(): void {
    if (this.#ended) return;
    this.#end();
    this.onclose?.(new CloseEvent("close", { code: 1006 }));
  }

  #end(): void {
    this.#ended = true;
    this.#network.ended(this);
    for (const { isLost } of [...this.#queues.up.splice(0), ...this.#queues.down.splice(0)]) isLost();
    if (!this.#real) return;
    this.#real.onopen = this.#real.onmessage = this.#real.onclose = null;
    this.#real.close();
  }

  #came(text: string): void {
    const event = new MessageEvent("message", { data: text });
    this.#fly("down", JSON.parse(text) as Packet, () => this.onmessage?.(event));
  }

  #fly(way: "up" | "down", packet: Packet, deliver: () => void): void {
    const { arrives, isLost, doomed } = this.#network.leaves(way, packet);
    if (!doomed) {
      const arrive = (): void => {
        arrives();
        deliver();
      };
      this.#pass(way, { deliver: arrive, isLost });
      return;
    }
    // It is lost half-way, so that one sees it set out. Requests are never lost alone: no connection lets a later one overtake.
    const withConnection = this.#network.weather.mode === "connection" || packet.kind === "msg:R";
    setTimeout(() => {
      isLost(!withConnection);
      if (withConnection) this.die();
    }, this.#network.weather.delay / 2);
  }

  /** First in, first out, also when the delay changes meanwhile. */
  #pass(way: "up" | "down", waiting: Waiting): void {
    const queue = this.#queues[way];
    const now = performance.now();
    const at = Math.max(this.#last[way], now + this.#network.weather.delay);
    if (at <= now && queue.length === 0) {
      waiting.deliver();
      return;
    }
    this.#last[way] = at;
    queue.push(waiting);
    setTimeout(() => queue.shift()?.deliver(), at - now);
  }
}
