import { element } from "../dom";
import { t } from "../i18n";
import type { Entry } from "./history";
import { drawMark, markOf, wordsOf } from "./marks";
import { clock, whole } from "./times";

/** One message in its conversation. */
export class Row {
  readonly element: HTMLLIElement;
  readonly #foot: HTMLDivElement;
  #entry: Entry;
  #words: string | undefined;

  constructor(entry: Entry, hasLeft: boolean) {
    this.#entry = entry;
    const time = element("time", { dateTime: new Date(entry.at).toISOString(), title: whole(entry.at) }, clock(entry.at));
    this.#foot = element("div", { className: "row-foot" }, time);
    this.element = element(
      "li",
      { className: entry.own ? "row own" : "row", attributes: { "data-key": entry.key } },
      element(
        "div",
        { className: "bubble" },
        element("span", { className: "spoken" }, `${entry.own ? t("chat.own") : entry.peer}: `),
        element("p", { dir: "auto", attributes: { "data-time": clock(entry.at) } }, wordsIn(entry)),
        this.#foot,
      ),
    );
    this.show(entry, hasLeft);
  }

  get entry(): Entry {
    return this.#entry;
  }

  /** It stands elsewhere. What a message says never changes. */
  show(entry: Entry, hasLeft: boolean): void {
    this.#entry = entry;
    if (!entry.own) return;
    const mark = markOf(entry, hasLeft);
    const words = wordsOf(mark, entry);
    // Why a message was refused may be known a little later than that it was.
    if (words === this.#words) return;
    this.#words = words;
    this.element.dataset.mark = mark;
    const drawn = element("span", { className: "mark", title: words }, drawMark(mark), element("span", { className: "spoken" }, words));
    this.#foot.querySelector(".mark")?.remove();
    this.#foot.querySelector(".why")?.remove();
    this.#foot.append(drawn);
    if (mark === "refused") this.#foot.prepend(element("span", { className: "why", attributes: { "aria-hidden": "true" } }, words));
  }
}

/** What a message says, on one line or many. */
export function wordsIn({ text, file }: Entry): string {
  return text ?? t("chat.file", { type: file?.contentType ?? "", bytes: file?.bytes ?? 0 });
}
