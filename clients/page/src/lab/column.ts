import { element } from "../dom";
import { Hexagram, type Line, type LineState } from "../hexagram";
import { t } from "../i18n";
import type { Side } from "./network";
import { other, type MessageView } from "./ledger";
import { nameOf, standingWords } from "./words";

/** So many messages are shown at a time, the latest. */
const SHOWN_MAX = 30;
const SIX: readonly Line[] = [1, 2, 3, 4, 5, 6];

/** What a person can be asked for. */
export interface ColumnEvents {
  readonly write: (side: Side, text: string) => void;
  readonly select: (id: string) => void;
}

interface Item {
  readonly item: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly text: HTMLElement;
  readonly words: HTMLElement;
  readonly hexagram: Hexagram;
}

/** One person's device: what was written and what has arrived there, and a field to write in. */
export class Column {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;
  readonly #nothing = element("p", { className: "nothing" }, t("lab.nothing"));
  readonly #items = new Map<string, Item>();
  readonly #side: Side;
  readonly #select: (id: string) => void;

  constructor(side: Side, events: ColumnEvents) {
    this.#side = side;
    this.#select = events.select;
    const name = nameOf(side);
    this.#list = element("ol", { className: "messages", attributes: { "aria-label": t("lab.messagesOf", { name }) } });
    const field = element("input", {
      className: "field",
      autocomplete: "off",
      maxLength: 200,
      placeholder: t("lab.placeholder", { name: nameOf(other(side)) }),
      attributes: { "aria-label": t("lab.write", { name }) },
    });
    const form = element("form", { className: "compose" }, field, element("button", { className: "button primary" }, t("lab.send")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      field.value = "";
      if (text) events.write(side, text);
    });
    this.element = element(
      "section",
      { className: "column", attributes: { "data-side": side, "aria-label": name } },
      element("h2", {}, name),
      form,
      this.#nothing,
      this.#list,
    );
  }

  /** Shows this side's view of all messages: its own as soon as they are written, the other's when they are handled here. */
  show(messages: readonly MessageView[], selected: string | undefined): void {
    const here = messages.filter(({ from, handled }) => from === this.#side || handled > 0).slice(-SHOWN_MAX);
    this.#nothing.hidden = here.length > 0;
    const ids = new Set(here.map(({ id }) => id));
    for (const [id, { item }] of this.#items) {
      if (ids.has(id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    const before = this.#items.size;
    for (const message of here) this.#showOne(message, message.id === selected);
    if (this.#items.size > before) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #showOne(message: MessageView, selected: boolean): void {
    let item = this.#items.get(message.id);
    if (!item) {
      item = this.#make(message);
      this.#items.set(message.id, item);
      this.#list.append(item.item);
    }
    item.text.textContent = message.text || "…";
    // Whoever it was written to does not know what the sender knows.
    item.words.textContent = message.from === this.#side ? standingWords(message.standing) : t("lab.received");
    item.button.setAttribute("aria-pressed", String(selected));
    for (const line of SIX) item.hexagram.set(line, stateOf(message.lines[line - 1]?.state));
  }

  #make({ id, from }: MessageView): Item {
    const hexagram = new Hexagram(22);
    const text = element("span", { className: "text" });
    const words = element("span", { className: "words" });
    const button = element("button", { type: "button" }, hexagram.element, element("span", {}, text, words));
    button.addEventListener("click", () => this.#select(id));
    const item = element("li", { attributes: { "data-own": String(from === this.#side) } }, button);
    return { item, button, text, words, hexagram };
  }
}

function stateOf(state: string | undefined): LineState {
  return state === "lit" ? "passed" : state === "broken" ? "forged" : "waiting";
}
