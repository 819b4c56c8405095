import { element, icon } from "./dom";
import { innerTruth } from "./hexagram";
import { language, setLanguage, t } from "./i18n";
import { nextTheme, theme } from "./theme";

/** Shows a view in `root`, until the returned function is called. */
export type Mount = (root: HTMLElement) => () => void;

const VIEWS = ["chat", "lab"] as const;
type View = (typeof VIEWS)[number];

const THEME_ICONS = {
  system: "M3 4.5h14v9H3zM7.5 17h5M10 13.5V17",
  light:
    "M10 6.7a3.3 3.3 0 1 0 0 6.6 3.3 3.3 0 0 0 0-6.6zM10 2v1.4M10 16.6V18M2 10h1.4M16.6 10H18M4.3 4.3l1 1M14.7 14.7l1 1M4.3 15.7l1-1M14.7 5.3l1-1",
  dark: "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
};

/** The frame: the name, the way to both views, colours and language. */
export class Shell {
  #shown: View | undefined;
  #leave: () => void = () => undefined;
  readonly #masthead = element("header", { className: "masthead" });
  readonly #main = element("main", { className: "view", id: "view" });
  readonly #mounts: Readonly<Record<View, Mount>>;

  constructor(mounts: Readonly<Record<View, Mount>>) {
    this.#mounts = mounts;
  }

  show(root: HTMLElement): void {
    root.replaceChildren(element("div", { className: "shell" }, this.#masthead, this.#main));
    addEventListener("hashchange", () => this.#follow());
    this.#follow();
  }

  /** Shows what the address names. What stands behind the view's name is the view's own. */
  #follow(): void {
    const named = /^#\/(\w+)/.exec(location.hash)?.[1];
    const view = VIEWS.find((one) => one === named) ?? "chat";
    if (view === this.#shown) return;
    this.#shown = view;
    this.#draw();
  }

  #draw(): void {
    const view = this.#shown ?? "chat";
    this.#drawMasthead(view);
    this.#leave();
    this.#main.replaceChildren();
    this.#main.dataset.view = view;
    this.#leave = this.#mounts[view](this.#main);
  }

  #drawMasthead(view: View): void {
    const link = (to: View, label: string): HTMLAnchorElement =>
      element("a", { href: `#/${to}`, attributes: to === view ? { "aria-current": "page" } : {} }, label);
    this.#masthead.replaceChildren(
      element(
        "a",
        { className: "brand", href: "#/chat", attributes: { "aria-label": "Hexagram" } },
        innerTruth(20),
        element("span", {}, "Hexagram"),
      ),
      element(
        "nav",
        { className: "views", attributes: { "aria-label": t("shell.views") } },
        link("chat", t("shell.chat")),
        link("lab", t("shell.lab")),
      ),
      element("div", { className: "settings" }, this.#themeButton(), this.#languageButton()),
    );
  }

  #themeButton(): HTMLButtonElement {
    const button = element("button", { type: "button", className: "button quiet icon" });
    const draw = (): void => {
      button.replaceChildren(icon(THEME_ICONS[theme()]));
      button.title = t(`shell.theme.${theme()}`);
      button.setAttribute("aria-label", button.title);
    };
    button.addEventListener("click", () => {
      nextTheme();
      draw();
    });
    draw();
    return button;
  }

  #languageButton(): HTMLButtonElement {
    const other = language() === "zh" ? "en" : "zh";
    const button = element(
      "button",
      { type: "button", className: "button quiet", lang: other === "zh" ? "zh-Hans" : "en" },
      t("shell.otherLanguage"),
    );
    button.addEventListener("click", () => {
      setLanguage(other);
      this.#draw();
      this.#masthead.querySelector<HTMLButtonElement>(".settings button:last-child")?.focus();
    });
    return button;
  }
}
