import { element } from "../dom";
import { t, type StringKey } from "../i18n";
import { other, type LineView, type MessageView } from "./ledger";
import type { Sentence } from "./story";
import { LINES, lineWords, nameOf, sentenceWords, standingWords } from "./words";

interface Row {
  readonly row: HTMLElement;
  readonly bar: HTMLElement;
  readonly way: HTMLElement;
  readonly note: HTMLElement;
  times: number;
}

/** Who says a line, and to whom: the sender, the server, the recipient. */
const ENDS = [
  ["sender", "server"],
  ["server", "sender"],
  ["server", "recipient"],
  ["recipient", "server"],
  ["server", "recipient"],
  ["server", "sender"],
] as const;

/** Which half of the hexagram begins, from above, with a line. */
const HALVES: Readonly<Record<number, StringKey>> = { 2: "lab.lower", 5: "lab.upper" };

/** One message, large: its six lines, the first at the bottom, each filling as its packet passes, in the direction in which it travels. */
export class Figure {
  readonly element: HTMLElement;
  readonly #title = element("figcaption", {});
  readonly #standing = element("p", { className: "standing" });
  readonly #rows: Row[] = [];
  readonly #story = element("ol", { className: "story", tabIndex: 0, attributes: { "aria-label": t("lab.guide") } });
  #told: readonly Sentence[] = [];
  #shown: string | undefined;

  constructor(begin: () => void) {
    const lines = element("ol", { className: "lines", reversed: true, attributes: { "aria-label": t("lab.lines") } });
    for (const [index, packet] of LINES.entries()) {
      const bar = element("span", { className: "bar", attributes: { "aria-hidden": "true" } }, element("i"));
      const way = element("span", { className: "way" });
      const note = element("span", { className: "note" });
      const name = element("span", { className: "name" }, element("b", {}, String(index + 1)), element("code", {}, packet), way);
      const row = element("li", { attributes: { "data-line": String(index + 1) } }, name, bar, note);
      if (HALVES[index]) row.dataset.half = t(HALVES[index]);
      this.#rows.push({ row, bar, way, note, times: 0 });
      lines.prepend(row);
    }
    const beginButton = element("button", { type: "button", className: "button primary first" }, t("lab.beginButton"));
    beginButton.addEventListener("click", begin);
    this.element = element(
      "div",
      { className: "hero" },
      element("figure", { className: "figure" }, this.#title, this.#standing, lines),
      element(
        "section",
        { className: "guide", attributes: { "aria-label": t("lab.guide") } },
        element("h2", {}, t("lab.guide")),
        this.#story,
        element("p", { className: "invitation" }, t("lab.begin")),
        beginButton,
      ),
    );
    this.#showEmpty();
  }

  /** Shows a message and what is told of it. */
  show(message: MessageView, sentences: readonly Sentence[], delay: number): void {
    const another = this.#shown !== message.id;
    this.#shown = message.id;
    this.element.dataset.empty = "false";
    this.#title.textContent = message.text || "…";
    this.#standing.textContent = `${t("lab.to", { from: nameOf(message.from), to: nameOf(other(message.from)) })} · ${standingWords(message.standing)}`;
    this.#standing.dataset.standing = message.standing;
    this.element.style.setProperty("--flight", `${delay}ms`);
    for (const [index, row] of this.#rows.entries()) {
      const line = message.lines[index];
      if (line) this.#showLine(row, index, line, message, another);
    }
    this.#tell(sentences);
  }

  #showEmpty(): void {
    this.element.dataset.empty = "true";
    this.#title.textContent = t("lab.emptyFigure");
    for (const [index, { row, way }] of this.#rows.entries()) {
      row.dataset.state = "dark";
      const [from, to] = ENDS[index] ?? ["sender", "server"];
      const names = { sender: nameOf("alice"), server: t("lab.server"), recipient: nameOf("bob") };
      way.textContent = t("lab.to", { from: names[from], to: names[to] });
    }
  }

  #showLine(row: Row, index: number, line: LineView, message: MessageView, another: boolean): void {
    const names = { sender: nameOf(message.from), server: t("lab.server"), recipient: nameOf(other(message.from)) };
    const [from, to] = ENDS[index] ?? ["sender", "server"];
    row.row.dataset.state = line.state;
    // Alice is on the left: what leaves her, or goes to Bob, travels to the right.
    const leftEnd = message.from === "alice" ? "sender" : "recipient";
    row.row.dataset.way = from === leftEnd || (to !== leftEnd && from === "server") ? "right" : "left";
    row.way.textContent = t("lab.to", { from: names[from], to: names[to] });
    const notes = [line.times > 1 && `×${line.times}`, line.carrier && t("lab.carrier", { packet: line.carrier })];
    row.note.textContent = notes.filter(Boolean).join(" ");
    row.row.setAttribute(
      "aria-label",
      `${index + 1} ${LINES[index] ?? ""}, ${row.way.textContent}: ${lineWords(line.state)} ${row.note.textContent}`,
    );
    if (!another && line.times > row.times && row.times > 0) pulse(row.bar);
    row.times = line.times;
  }

  #tell(sentences: readonly Sentence[]): void {
    const known = this.#told.every((sentence, place) => sentence === sentences[place]) ? this.#told.length : 0;
    if (known === sentences.length) return;
    if (known === 0) this.#story.replaceChildren();
    for (const sentence of sentences.slice(known)) {
      const number = element(
        "span",
        { className: "number", attributes: { "aria-hidden": "true" } },
        sentence.line > 0 ? String(sentence.line) : "",
      );
      this.#story.append(
        element("li", { attributes: { "data-tone": sentence.tone, "data-key": sentence.key } }, number, sentenceWords(sentence)),
      );
    }
    this.#told = [...sentences];
    this.#story.scrollTop = this.#story.scrollHeight;
  }
}

/** The same line once more: one sees that it came again. */
function pulse(bar: HTMLElement): void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  bar.animate([{ filter: "brightness(1)" }, { filter: "brightness(1.6)", transform: "scaleY(1.35)" }, { filter: "brightness(1)" }], {
    duration: 420,
    easing: "ease-out",
  });
}
