import { element } from "../dom";
import { t } from "../i18n";
import type { Entry } from "./history";
import { Row } from "./row";
import type { ChatSession } from "./session";
import { day, midnight } from "./times";

/** How many messages are read at a time. */
const PAGE = 100;
/** Messages of one person that came within this time stand together. */
const TOGETHER = 300_000;
/** Within so many pixels of the end somebody is reading the end. */
const AT_END = 80;

/** The messages of one conversation: the newest are read, and earlier ones when they are asked for. */
export class Log {
  readonly element: HTMLDivElement;
  readonly #list = element("ol", { className: "rows" });
  readonly #rows = new Map<string, Row>();
  readonly #earlier: HTMLButtonElement;
  readonly #empty: HTMLDivElement;
  readonly #session: ChatSession;
  readonly #peer: string;
  #follows = true;

  constructor(session: ChatSession, peer: string) {
    this.#session = session;
    this.#peer = peer;
    this.#earlier = element("button", { type: "button", className: "button quiet earlier", hidden: true }, t("chat.earlier"));
    this.#earlier.addEventListener("click", () => void this.#showEarlier());
    this.#empty = element(
      "div",
      { className: "blank", hidden: true },
      element("p", { className: "blank-title" }, t("chat.first", { peer })),
      element("p", {}, t("chat.first.hint")),
    );
    // A mark that changes is not read aloud: only what is said is.
    const said = { role: "log", "aria-label": t("chat.log", { peer }), "aria-relevant": "additions", tabindex: "0" };
    this.element = element("div", { className: "log", attributes: said }, this.#earlier, this.#empty, this.#list);
    this.element.addEventListener("scroll", () => (this.#follows = this.#isAtEnd()));
    // Whoever asks for the rest of a long message reads that, and not the end.
    this.#list.addEventListener("click", ({ target }) => {
      if (target instanceof Element && target.matches(".unfold")) this.#follows = false;
    });
    // A keyboard or a banner comes in, a bubble grows: whoever reads the end goes on doing so.
    const size = new ResizeObserver(() => {
      if (this.#follows) this.toEnd();
    });
    size.observe(this.element);
    size.observe(this.#list);
  }

  async open(): Promise<void> {
    const entries = await this.#session.history.messages(this.#peer, PAGE);
    this.#earlier.hidden = entries.length < PAGE;
    for (const entry of entries) this.#place(entry);
    this.#arrange();
    this.toEnd();
  }

  /** A message is new, or stands elsewhere. */
  show(entry: Entry): void {
    const row = this.#rows.get(entry.key);
    if (row) {
      row.show(entry, this.#session.hasLeft(entry));
      return;
    }
    const follow = entry.own || this.#follows;
    this.#place(entry);
    this.#arrange();
    if (follow) this.toEnd();
  }

  toEnd(): void {
    this.#follows = true;
    this.element.scrollTop = this.element.scrollHeight;
  }

  #isAtEnd(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < AT_END;
  }

  async #showEarlier(): Promise<void> {
    const first = Math.min(...[...this.#rows.values()].map(({ entry }) => entry.order));
    const entries = await this.#session.history.messages(this.#peer, PAGE, first);
    const { scrollTop, scrollHeight } = this.element;
    this.#follows = false;
    for (const entry of entries.reverse()) this.#place(entry);
    this.#earlier.hidden = entries.length < PAGE;
    this.#arrange();
    this.element.scrollTop = scrollTop + this.element.scrollHeight - scrollHeight;
    this.element.focus();
  }

  /** Puts a message where its number belongs: mostly at the end. */
  #place(entry: Entry): void {
    const known = this.#rows.get(entry.key);
    if (known) return;
    const row = new Row(entry, this.#session.hasLeft(entry), (cancelled) => void this.#session.cancel(cancelled));
    const rows = [...this.#rows.values()].sort((left, right) => left.entry.order - right.entry.order);
    const behind = rows.find((other) => other.entry.order > entry.order);
    this.#list.insertBefore(row.element, behind?.element ?? null);
    this.#rows.set(entry.key, row);
  }

  /** Days stand between messages, and messages that belong together stand close. */
  #arrange(): void {
    for (const old of this.#list.querySelectorAll(".day")) old.remove();
    this.#empty.hidden = this.#rows.size > 0;
    let before: Entry | undefined;
    for (const { element: shown, entry } of [...this.#rows.values()].sort((left, right) => left.entry.order - right.entry.order)) {
      const isNewDay = !before || midnight(before.at) !== midnight(entry.at);
      if (isNewDay) shown.before(element("li", { className: "day" }, element("span", {}, day(entry.at))));
      const joins = !isNewDay && before?.own === entry.own && entry.at - before.at < TOGETHER;
      shown.classList.toggle("joins", joins);
      before = entry;
    }
  }
}
