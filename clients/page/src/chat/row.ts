import { element } from "../dom";
import { t } from "../i18n";
import { drawBody } from "./body";
import type { Entry } from "./history";
import { drawMark, markOf, wordsOf } from "./marks";
import { clock, whole } from "./times";

/** What waits for less than this need not be cancelled: mostly it is gone before anybody has seen it wait. Milliseconds. */
const CANCEL_AFTER = 1_000;

/** One message in its conversation. */
export class Row {
  readonly element: HTMLLIElement;
  readonly #foot: HTMLDivElement;
  #entry: Entry;
  #words: string | undefined;
  #offering: ReturnType<typeof setTimeout> | undefined;
  readonly #cancel: (entry: Entry) => void;

  /** @param cancel Stops sending it, if that is wanted while it waits. */
  constructor(entry: Entry, hasLeft: boolean, cancel: (entry: Entry) => void) {
    this.#entry = entry;
    this.#cancel = cancel;
    const time = element("time", { dateTime: new Date(entry.at).toISOString(), title: whole(entry.at) }, clock(entry.at));
    this.#foot = element("div", { className: "row-foot" }, time);
    this.element = element(
      "li",
      { className: entry.own ? "row own" : "row", attributes: { "data-key": entry.key } },
      element(
        "div",
        { className: "bubble" },
        element("span", { className: "spoken" }, `${entry.own ? t("chat.own") : entry.peer}: `),
        ...drawBody(wordsIn(entry), clock(entry.at)),
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
    // Why a message was refused, or whether it may still arrive, may be known a little later.
    if (words === this.#words) return;
    this.#words = words;
    this.element.dataset.mark = mark;
    const drawn = element("span", { className: "mark", title: words }, drawMark(mark), element("span", { className: "spoken" }, words));
    this.#foot.querySelector(".mark")?.remove();
    this.#foot.querySelector(".why")?.remove();
    this.#foot.append(drawn);
    if (mark === "refused" || mark === "cancelled")
      this.#foot.prepend(element("span", { className: "why", attributes: { "aria-hidden": "true" } }, words));
    this.#offerToCancel(mark === "waiting" || mark === "sent");
  }

  #offerToCancel(waits: boolean): void {
    const button = this.#foot.querySelector<HTMLElement>(".cancel");
    if (waits) {
      if (!button) this.#offering ??= setTimeout(() => this.#foot.prepend(this.#cancelButton()), CANCEL_AFTER);
      return;
    }
    clearTimeout(this.#offering);
    this.#offering = undefined;
    // Whoever pressed it by the keyboard goes on from here.
    if (button === document.activeElement) this.element.closest<HTMLElement>(".log")?.focus();
    button?.remove();
  }

  #cancelButton(): HTMLElement {
    const button = element("button", { type: "button", className: "cancel" }, t("chat.cancel"));
    button.addEventListener("click", () => this.#cancel(this.#entry));
    return button;
  }
}

/** What a message says, on one line or many. */
export function wordsIn({ text, file }: Entry): string {
  return text ?? t("chat.file", { type: file?.contentType ?? "", bytes: file?.bytes ?? 0 });
}
