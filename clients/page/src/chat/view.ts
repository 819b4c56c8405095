import { element, icon } from "../dom";
import { t } from "../i18n";
import { avatar } from "./avatar";
import { Banner } from "./banner";
import type { Change, ChatSession } from "./session";
import { noTalk, type OpenTalk, talkWith } from "./talk";
import { peerIn, Talks } from "./talks";

const OUT = "M8 4H4v12h4M12.5 6.5 16 10l-3.5 3.5M16 10H8";

/** The chat of whoever is signed in: conversations, and the one that is open. */
export class ChatView {
  readonly element: HTMLElement;
  readonly #talks: Talks;
  readonly #banner: Banner;
  readonly #status = element("span", { className: "status" });
  readonly #talk = element("section", { className: "talk" });
  readonly #session: ChatSession;
  readonly #ending = new AbortController();
  #open: OpenTalk | undefined;

  constructor(session: ChatSession, signOut: () => void) {
    this.#session = session;
    this.#talks = new Talks(session);
    this.#banner = new Banner(session, signOut);
    const out = element(
      "button",
      { type: "button", className: "button quiet icon", title: t("chat.signOut"), attributes: { "aria-label": t("chat.signOut") } },
      icon(OUT),
    );
    out.addEventListener("click", signOut);
    const who = element(
      "div",
      { className: "who" },
      avatar(session.user),
      element("span", { className: "who-name" }, element("strong", { dir: "auto" }, session.user), this.#status),
      out,
    );
    const side = element("div", { className: "side" }, who, this.#talks.element);
    const title = element("h1", { className: "spoken" }, t("shell.chat"));
    this.element = element("div", { className: "chat" }, title, this.#banner.element, side, this.#talk);
  }

  show(): void {
    const { signal } = this.#ending;
    const unlisten = this.#session.listen((change) => this.#changed(change));
    signal.addEventListener("abort", unlisten);
    addEventListener("hashchange", () => this.#follow(), { signal });
    for (const event of ["offline", "online"]) addEventListener(event, () => this.#showConnection(), { signal });
    document.addEventListener("visibilitychange", () => this.#read(), { signal });
    this.#follow();
    this.#showConnection();
  }

  close(): void {
    this.#ending.abort();
    this.#banner.close();
  }

  /** Opens the conversation that the address names. */
  #follow(): void {
    const peer = peerIn(location.hash);
    if (peer === this.#open?.peer && this.#talk.hasChildNodes()) return;
    this.#open = peer === undefined ? undefined : talkWith(this.#session, peer);
    this.#talk.toggleAttribute("data-open", this.#open !== undefined);
    this.element.toggleAttribute("data-open", this.#open !== undefined);
    this.#talk.replaceChildren(...(this.#open?.content ?? [noTalk()]));
    if (this.#open) {
      void this.#open.log.open();
      // A finger has not asked for the keyboard yet.
      const into = matchMedia("(pointer: coarse)").matches ? "h2" : "textarea";
      this.#talk.querySelector<HTMLElement>(into)?.focus({ preventScroll: true });
    }
    this.#read();
    void this.#showTalks();
  }

  #changed(change: Change): void {
    if (change.changed === "connection") {
      this.#showConnection();
      return;
    }
    if (change.changed === "entry" && change.entry.peer === this.#open?.peer) {
      this.#open.log.show(change.entry);
      this.#read();
    }
    void this.#showTalks();
  }

  /** What is seen is read. */
  #read(): void {
    if (this.#open && document.visibilityState === "visible") void this.#session.markRead(this.#open.peer);
  }

  async #showTalks(): Promise<void> {
    const talks = await this.#session.talks();
    if (!this.#ending.signal.aborted) this.#talks.show(talks, this.#open?.peer);
  }

  #showConnection(): void {
    const state = this.#session.connection;
    this.#banner.show();
    this.#status.dataset.status = state.status;
    this.#status.textContent =
      state.status === "connected"
        ? t(state.transport === "polling" ? "chat.connected.polling" : "chat.connected")
        : t(state.status === "connecting" ? "chat.connecting" : state.status === "waiting" ? "chat.reconnecting" : "chat.stopped");
  }
}
