import { element } from "../dom";
import { t, type StringKey } from "../i18n";
import type { Line, LossMode } from "./network";
import { LINES } from "./words";

/** What the switches do. */
export interface SwitchEvents {
  readonly lose: (line: Line, on: boolean) => void;
  readonly mode: (mode: LossMode) => void;
  readonly delay: (milliseconds: number) => void;
  readonly one: () => void;
  readonly twenty: () => void;
  readonly restart: () => void;
}

const DELAYS = [0, 300, 1_000] as const;

/** Everything that can be broken for both sides at once. */
export class Switches {
  readonly element: HTMLElement;
  readonly #losing = new Map<Line, HTMLButtonElement>();
  readonly #restart: HTMLButtonElement;
  /** On a phone the switches are a sheet, which this opens. */
  readonly #more: HTMLButtonElement;

  constructor(delay: number, events: SwitchEvents) {
    for (const line of LINES) {
      const button = element(
        "button",
        { type: "button", className: "button small lose", attributes: { "aria-pressed": "false" } },
        element("code", {}, line),
      );
      button.addEventListener("click", () => {
        events.lose(line, button.getAttribute("aria-pressed") !== "true");
        // On a phone the sheet lies over what is to be seen.
        this.#open(false);
      });
      this.#losing.set(line, button);
    }
    const plain = (words: StringKey, act: () => void, primary = false): HTMLButtonElement => {
      const button = element("button", { type: "button", className: `button small${primary ? " primary" : ""}` }, t(words));
      button.addEventListener("click", act);
      return button;
    };
    this.#restart = plain("lab.restart", () => {
      events.restart();
      this.#open(false);
    });
    const hint = element("p", { className: "hint", id: "lab-mode-hint" }, t("lab.modeConnectionHint"));
    const mode = choice(
      "lab.mode",
      "lab-mode",
      [
        ["connection", "lab.modeConnection"],
        ["packet", "lab.modePacket"],
      ],
      "connection",
      (value) => {
        hint.textContent = t(value === "packet" ? "lab.modePacketHint" : "lab.modeConnectionHint");
        events.mode(value);
      },
    );
    const speed = choice(
      "lab.speed",
      "lab-speed",
      DELAYS.map((ms) => [String(ms), `lab.speed${ms}`] as const),
      String(delay),
      (value) => events.delay(Number(value)),
    );
    this.#more = element(
      "button",
      { type: "button", className: "button small more", attributes: { "aria-expanded": "false", "aria-controls": "lab-breaking" } },
      t("lab.switches"),
    );
    this.#more.addEventListener("click", () => this.#open(this.#more.getAttribute("aria-expanded") !== "true"));
    this.element = element(
      "section",
      { className: "switches", attributes: { "aria-label": t("lab.switches") } },
      element("div", { className: "actions" }, plain("lab.one", events.one, true), plain("lab.twenty", events.twenty), this.#more),
      element(
        "div",
        { className: "breaking", id: "lab-breaking" },
        element("fieldset", { className: "losses" }, element("legend", {}, t("lab.lose")), ...this.#losing.values()),
        this.#restart,
        mode,
        speed,
        hint,
      ),
    );
    this.element.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.#open(false);
    });
  }

  show(losing: ReadonlySet<Line>): void {
    for (const [line, button] of this.#losing) button.setAttribute("aria-pressed", String(losing.has(line)));
  }

  #open(open: boolean): void {
    this.#more.setAttribute("aria-expanded", String(open));
    this.element.dataset.open = String(open);
  }

  showRestarting(restarting: boolean): void {
    this.#restart.disabled = restarting;
  }
}

function choice<T extends string>(
  legend: StringKey,
  name: string,
  values: readonly (readonly [T, StringKey])[],
  chosen: T,
  choose: (value: T) => void,
): HTMLElement {
  const made = values.map(([value, words]) => {
    const radio = element("input", { type: "radio", name, value, checked: value === chosen });
    radio.addEventListener("change", () => choose(value));
    return element("label", { className: "choice" }, radio, element("span", {}, t(words)));
  });
  return element("fieldset", { className: "choices" }, element("legend", {}, t(legend)), ...made);
}
