import { drawing, element } from "../dom";
import { t } from "../i18n";
import { Breakers, type BreakerEvents } from "./breakers";
import type { Passing, Side } from "./network";
import { nameOf } from "./words";

/** How a side stands with the server, as the wire is drawn. */
export type WireState = "connected" | "connecting" | "waiting" | "offline" | "stopped";

/** So many packets are drawn on a wire at a time; beyond it they pass unseen. */
const DRAWN_MAX = 24;
/** A packet that takes no time is shown for this long all the same, in milliseconds. */
const SEEN_FOR = 260;
/** A lost one stays where it was lost, to be noticed. */
const LOST_SEEN_FOR = 900;
const SERVER = "M4 4h12v5H4zM4 11h12v5H4zM7 6.5h.01M7 13.5h.01";

/** Alice, the server, Bob, and every packet that moves between them. */
export class Stage {
  readonly element: HTMLElement;
  readonly #wires: Readonly<Record<Side, HTMLElement>>;
  readonly #states: Readonly<Record<Side, HTMLElement>>;
  readonly #breakers: Readonly<Record<Side, Breakers>>;
  readonly #server: HTMLElement;
  readonly #flying = new Map<number, { readonly dot: HTMLElement; readonly animation: Animation | undefined }>();
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(events: BreakerEvents) {
    this.#breakers = { alice: new Breakers("alice", events), bob: new Breakers("bob", events) };
    const wire = (side: Side): HTMLElement =>
      element("div", { className: "wire", attributes: { "data-side": side, "aria-hidden": "true" } });
    const state = (): HTMLElement => element("span", { className: "state" });
    this.#wires = { alice: wire("alice"), bob: wire("bob") };
    this.#states = { alice: state(), bob: state() };
    this.#server = element("span", { className: "state" });
    const person = (side: Side): HTMLElement =>
      element(
        "div",
        { className: "node", attributes: { "data-side": side } },
        element("span", { className: "disc", attributes: { "aria-hidden": "true" } }, nameOf(side).slice(0, 1)),
        element("strong", {}, nameOf(side)),
        this.#states[side],
      );
    const sign = drawing("path", {
      d: SERVER,
      fill: "none",
      stroke: "currentColor",
      "stroke-width": 1.5,
      "stroke-linejoin": "round",
      "stroke-linecap": "round",
    });
    this.element = element(
      "div",
      { className: "stage" },
      person("alice"),
      this.#breakers.alice.element,
      this.#wires.alice,
      element(
        "div",
        { className: "node server" },
        element("span", { className: "disc" }, drawing("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, sign)),
        element("strong", {}, t("lab.server")),
        this.#server,
      ),
      this.#wires.bob,
      this.#breakers.bob.element,
      person("bob"),
    );
  }

  /** How a side stands. */
  show(side: Side, state: WireState): void {
    this.#wires[side].dataset.state = state;
    this.#states[side].textContent = t(`lab.${state}`);
    this.#states[side].dataset.state = state;
    this.#breakers[side].show(state === "offline");
  }

  showServer(away: boolean): void {
    this.#server.textContent = away ? t("lab.restarting") : "";
  }

  /** Draws a packet that sets out, arrives or is lost. */
  pass({ flight, side, way, phase, packet }: Passing, delay: number): void {
    if (phase === "leaves") {
      const wire = this.#wires[side];
      if (wire.childElementCount >= DRAWN_MAX) return;
      const half = packet.kind.startsWith("msg") ? "message" : packet.kind.startsWith("ack") ? "confirmation" : "other";
      const dot = element("span", { className: "packet", attributes: { "data-way": way, "data-half": half } }, packet.kind);
      wire.append(dot);
      // Alice's way up leads to the right, Bob's to the left.
      const rightwards = (way === "up") === (side === "alice");
      const path = [
        { left: "0%", translate: "0" },
        { left: "100%", translate: "-100%" },
      ];
      const duration = delay || SEEN_FOR;
      const animation = this.#calm.matches ? undefined : dot.animate(rightwards ? path : path.reverse(), { duration, fill: "forwards" });
      if (!animation) dot.style.left = "50%";
      this.#flying.set(flight, { dot, animation });
      if (delay === 0) setTimeout(() => this.#remove(flight), duration);
      return;
    }
    if (phase === "arrives") {
      if (delay > 0) this.#remove(flight);
      return;
    }
    const flying = this.#flying.get(flight);
    if (!flying) return;
    this.#flying.delete(flight);
    flying.animation?.pause();
    flying.dot.dataset.lost = "true";
    setTimeout(() => flying.dot.remove(), LOST_SEEN_FOR);
  }

  #remove(flight: number): void {
    this.#flying.get(flight)?.dot.remove();
    this.#flying.delete(flight);
  }
}
