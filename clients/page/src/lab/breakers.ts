import { element } from "../dom";
import { t } from "../i18n";
import type { Side } from "./network";
import { nameOf } from "./words";

/** What can be done to one person's network. */
export interface BreakerEvents {
  readonly cut: (side: Side) => void;
  readonly setOffline: (side: Side, offline: boolean) => void;
}

/** The switches of one person's network, beside the wire that they break. */
export class Breakers {
  readonly element: HTMLElement;
  readonly #cut = element("button", { type: "button", className: "button small" }, t("lab.cut"));
  readonly #offline = element(
    "button",
    { type: "button", className: "button small", attributes: { "aria-pressed": "false" } },
    t("lab.goOffline"),
  );

  constructor(side: Side, events: BreakerEvents) {
    this.#cut.title = t("lab.cutHint");
    this.#cut.addEventListener("click", () => events.cut(side));
    this.#offline.addEventListener("click", () => events.setOffline(side, this.#offline.getAttribute("aria-pressed") !== "true"));
    this.element = element(
      "div",
      { className: "breakers", attributes: { role: "group", "data-side": side, "aria-label": t("lab.networkOf", { name: nameOf(side) }) } },
      this.#cut,
      this.#offline,
    );
  }

  show(offline: boolean): void {
    this.#offline.setAttribute("aria-pressed", String(offline));
    this.#cut.disabled = offline;
  }
}
