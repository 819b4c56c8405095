import { element } from "../dom";
import { t, type StringKey } from "../i18n";
import type { Counts } from "./ledger";

const FIGURES: readonly (readonly [keyof Counts, StringKey])[] = [
  ["sent", "lab.sent"],
  ["delivered", "lab.delivered"],
  ["resent", "lab.resent"],
  ["duplicatesDropped", "lab.duplicates"],
  ["twice", "lab.twice"],
  ["lost", "lab.lost"],
];

/** The running count. The last two are the promise: they stay 0. */
export class Tally {
  readonly element: HTMLElement;
  readonly #numbers = new Map<keyof Counts, HTMLElement>();

  constructor() {
    const list = element("dl", { className: "tally", title: t("lab.countsHint"), attributes: { "aria-label": t("lab.counts") } });
    for (const [count, words] of FIGURES) {
      const number = element("dd", {}, "0");
      this.#numbers.set(count, number);
      list.append(element("div", { attributes: { "data-count": count } }, element("dt", {}, t(words)), number));
    }
    this.element = list;
  }

  show(counts: Counts): void {
    for (const [count, number] of this.#numbers) {
      number.textContent = String(counts[count]);
      number.dataset.bad = String((count === "lost" || count === "twice") && counts[count] > 0);
    }
  }
}
