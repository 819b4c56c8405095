import { element } from "../dom";
import { t } from "../i18n";
import type { ChatSession } from "./session";

/** What stands above the chat while it is not connected: why, that nothing is lost, and what can be done. */
export class Banner {
  readonly element = element("div", { className: "banner", hidden: true });
  readonly #words = element("p", { attributes: { role: "status" } });
  readonly #next = element("span", { className: "banner-next", attributes: { "aria-hidden": "true" } });
  readonly #button = element("button", { type: "button", className: "button" });
  #ticking: ReturnType<typeof setInterval> | undefined;
  #act: () => void = () => undefined;

  readonly #session: ChatSession;
  readonly #signOut: () => void;

  constructor(session: ChatSession, signOut: () => void) {
    this.#session = session;
    this.#signOut = signOut;
    this.#button.addEventListener("click", () => this.#act());
    this.element.append(this.#words, this.#next, this.#button);
  }

  show(): void {
    clearInterval(this.#ticking);
    const state = this.#session.connection;
    const again = (): void => this.#session.reconnect();
    this.#next.textContent = "";
    switch (state.status) {
      case "connected":
        this.element.hidden = true;
        return;
      case "connecting":
        // A connection takes a moment; only what lasts is worth a word.
        return;
      case "waiting":
        if (this.#session.keyRefused) this.#say("bad", t("chat.signIn.key.bad"), t("chat.banner.now"), again);
        else this.#say("warn", navigator.onLine ? t("chat.banner.unreachable") : t("chat.banner.offline"), t("chat.banner.now"), again);
        this.#countDownTo(state.retryAt);
        return;
      case "stopped":
        if (state.cause === "closed") return;
        if (state.cause === "superseded")
          // A page that is opened begins with a connection number far above those before it, which the next one here need not be.
          this.#say("warn", t("chat.banner.superseded", { user: this.#session.user }), t("chat.banner.here"), () => location.reload());
        else if (state.cause === "token refused" || state.cause === "other user")
          this.#say("bad", t("chat.banner.token"), t("chat.banner.again"), this.#signOut);
        else this.#say("bad", t("chat.banner.stopped", { reason: state.reason }), t("chat.banner.now"), again);
    }
  }

  close(): void {
    clearInterval(this.#ticking);
  }

  #say(tone: "warn" | "bad", words: string, action: string, act: () => void): void {
    this.element.hidden = false;
    this.element.dataset.tone = tone;
    // Said once, and not with each attempt.
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.#button.textContent = action;
    this.#act = act;
  }

  #countDownTo(at: Date): void {
    const tick = (): void => {
      const seconds = Math.max(0, Math.ceil((at.getTime() - Date.now()) / 1000));
      this.#next.textContent = seconds > 1 ? t("chat.banner.next", { seconds }) : "";
    };
    tick();
    this.#ticking = setInterval(tick, 1000);
  }
}
