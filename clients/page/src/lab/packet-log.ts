import type { TracedPacket } from "@hexagram/client";
import { element } from "../dom";
import { t } from "../i18n";
import type { Side } from "./network";
import { nameOf } from "./words";

const SHOWN_MAX = 200;

/** Every packet as the clients' own trace tells it, for those who want to see the wire. */
export class PacketLog {
  readonly element: HTMLElement;
  readonly #list = element("ol", { className: "packets", tabIndex: 0, attributes: { "aria-label": t("lab.packets") } });
  readonly #began = performance.now();

  constructor() {
    this.element = element(
      "details",
      { className: "log-of-packets" },
      element("summary", {}, t("lab.packets")),
      element("p", { className: "hint" }, t("lab.packetsHint")),
      this.#list,
    );
  }

  add(side: Side, { direction, packet }: TracedPacket): void {
    const at = ((performance.now() - this.#began) / 1_000).toFixed(3);
    const ends = direction === "sent" ? { from: nameOf(side), to: t("lab.server") } : { from: t("lab.server"), to: nameOf(side) };
    this.#list.prepend(
      element(
        "li",
        {},
        element("span", {}, `${at} s`),
        element("span", {}, t("lab.to", ends)),
        element("code", {}, JSON.stringify(packet)),
      ),
    );
    if (this.#list.childElementCount > SHOWN_MAX) this.#list.lastElementChild?.remove();
  }
}
