import { element } from "../dom";
import { t, type StringKey } from "../i18n";
import { restart } from "../server";
import { Column } from "./column";
import { Figure } from "./figure";
import { Network, type Line, type Passing, type Side, type Weather } from "./network";
import { PacketLog } from "./packet-log";
import { Person, type PersonEvents } from "./person";
import { Ledger, MESSAGES_MAX, other, type Standing } from "./ledger";
import { Stage, type WireState } from "./stage";
import { Story } from "./story";
import { Switches } from "./switches";
import { Tally } from "./tally";
import { nameOf, sentenceWords } from "./words";

/** How long a packet is under way at first, in milliseconds: long enough to be watched. */
const WATCHABLE = 300;
/** How long the server stays away, in milliseconds. */
const AWAY = 1_500;
const TWENTY = 20;

/** Two people, their networks, what has happened, and how it is drawn. One for each visit. */
export class Laboratory {
  readonly element: HTMLElement;
  readonly #weather: Weather = { delay: WATCHABLE, mode: "connection", losing: new Set<Line>() };
  readonly #ledger = new Ledger();
  readonly #story = new Story();
  readonly #people: Partial<Record<Side, Person>> = {};
  readonly #stage: Stage;
  readonly #tally = new Tally();
  readonly #figure = new Figure(() => this.#one());
  readonly #log = new PacketLog();
  readonly #switches: Switches;
  readonly #columns: Readonly<Record<Side, Column>>;
  readonly #spoken = element("p", { className: "spoken", attributes: { role: "status" } });
  readonly #notice = element("p", { className: "notice", hidden: true, attributes: { role: "alert" } });
  #selected: string | undefined;
  #hasClosed = false;
  #drawing = 0;
  #written = 0;

  constructor() {
    this.#switches = new Switches(WATCHABLE, {
      lose: (line, on) => this.#lose(line, on),
      mode: (mode) => (this.#weather.mode = mode),
      delay: (delay) => (this.#weather.delay = delay),
      one: () => this.#one(),
      twenty: () => this.#twenty(),
      restart: () => void this.#restart(),
    });
    this.#stage = new Stage({ cut: (from) => this.#cut(from), setOffline: (from, offline) => this.#setOffline(from, offline) });
    const column = (side: Side): Column =>
      new Column(side, {
        write: (from, text) => void this.#write(from, text),
        select: (id) => {
          this.#selected = id;
          this.#draw();
        },
      });
    this.#columns = { alice: column("alice"), bob: column("bob") };
    this.element = element(
      "div",
      { className: "lab" },
      element(
        "header",
        { className: "intro" },
        element("div", {}, element("h1", {}, t("lab.title")), element("p", {}, t("lab.lead"))),
        this.#tally.element,
      ),
      this.#notice,
      this.#stage.element,
      this.#switches.element,
      element("div", { className: "bench" }, this.#columns.alice.element, this.#figure.element, this.#columns.bob.element),
      this.#log.element,
      this.#spoken,
    );
  }

  /** Opens both clients, as users that nobody was before. */
  async open(): Promise<void> {
    const visit = crypto.randomUUID().slice(0, 8);
    await Promise.all((["alice", "bob"] as const).map((side) => this.#openOne(side, visit)));
    this.element.dataset.ready = "true";
  }

  async close(): Promise<void> {
    this.#hasClosed = true;
    cancelAnimationFrame(this.#drawing);
    await Promise.all(Object.values(this.#people).map((person) => person.close()));
  }

  async #openOne(side: Side, visit: string): Promise<void> {
    const network = new Network(
      side,
      this.#weather,
      (passing) => this.#pass(passing),
      () => this.#switches.show(this.#weather.losing),
    );
    this.#stage.show(side, "connecting");
    const person = await Person.open(`${side}-${visit}`, network, this.#events());
    this.#people[side] = person;
    // Somebody may have left the lab meanwhile.
    if (this.#hasClosed) await person.close();
    else this.#showState(side);
  }

  #events(): PersonEvents {
    return {
      written: (side, sent, text) => {
        this.#ledger.hear({ event: "written", side, id: sent.id, text });
        this.#story.written(sent.id, side, this.#ledger);
        this.#selected = sent.id;
        this.#draw();
      },
      stands: ({ id, state }) => {
        this.#ledger.hear({ event: "stands", id, standing: state satisfies Standing });
        this.#draw();
      },
      handled: (side, { id }) => {
        this.#ledger.hear({ event: "handled", side, id });
        this.#draw();
      },
      state: (side) => this.#showState(side),
      traced: (side, traced) => this.#log.add(side, traced),
    };
  }

  // ---- what is seen ------------------------------------------------------------------------

  #pass(passing: Passing): void {
    for (const { id, sentence } of this.#story.hear(passing, this.#ledger)) {
      if (sentence.loud && id === (this.#selected ?? id)) this.#say(sentenceWords(sentence));
    }
    this.#ledger.hear({ event: "passing", passing });
    this.#stage.pass(passing, this.#weather.delay);
    this.#draw();
  }

  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = requestAnimationFrame(() => {
      this.#drawing = 0;
      const { messages } = this.#ledger;
      const shown = this.#ledger.message(this.#selected ?? "") ?? messages.at(-1);
      if (shown) this.#figure.show(shown, this.#story.about(shown.id), this.#weather.delay);
      for (const column of Object.values(this.#columns)) column.show(messages, shown?.id);
      this.#tally.show(this.#ledger.counts);
      this.element.dataset.settled = String(this.#ledger.isSettled);
    });
  }

  #showState(side: Side): void {
    const person = this.#people[side];
    if (!person) return;
    const state: WireState = person.network.isOffline ? "offline" : person.state.status;
    this.#stage.show(side, state);
  }

  #showFault(key: StringKey, cause: unknown): void {
    this.#notice.textContent = t(key, { why: cause instanceof Error ? cause.message : String(cause) });
    this.#notice.hidden = false;
  }

  #say(words: string): void {
    this.#spoken.textContent = words;
  }

  // ---- what is done ------------------------------------------------------------------------

  async #write(side: Side, text: string): Promise<void> {
    if (this.#ledger.isFull) {
      this.#notice.textContent = t("lab.full", { count: MESSAGES_MAX });
      this.#notice.hidden = false;
      return;
    }
    const to = this.#people[other(side)];
    try {
      if (to) await this.#people[side]?.write(to.user, text);
    } catch (cause) {
      this.#showFault("lab.notSent", cause);
    }
  }

  #one(): void {
    void this.#write("alice", t("lab.oneText", { n: ++this.#written }));
  }

  #twenty(): void {
    for (let n = 1; n <= TWENTY; n++) void this.#write("alice", t("lab.twentyText", { n }));
  }

  #lose(line: Line, on: boolean): void {
    if (on) this.#weather.losing.add(line);
    else this.#weather.losing.delete(line);
    this.#switches.show(this.#weather.losing);
    this.#say(t(on ? "lab.say_armed" : "lab.say_disarmed", { packet: line }));
  }

  #cut(side: Side): void {
    this.#people[side]?.network.cut();
    this.#say(t("lab.say_cut", { name: nameOf(side) }));
  }

  #setOffline(side: Side, offline: boolean): void {
    this.#people[side]?.setOffline(offline);
    this.#showState(side);
    this.#say(t(offline ? "lab.say_offline" : "lab.say_online", { name: nameOf(side) }));
  }

  async #restart(): Promise<void> {
    this.#switches.showRestarting(true);
    this.#say(t("lab.say_restart"));
    this.#notice.hidden = true;
    try {
      await restart(AWAY);
      this.#stage.showServer(true);
      await Promise.all(Object.values(this.#people).map((person) => person.isBack()));
    } catch (cause) {
      this.#showFault("lab.restartFailed", cause);
    } finally {
      this.#stage.showServer(false);
      this.#switches.showRestarting(false);
    }
  }
}
