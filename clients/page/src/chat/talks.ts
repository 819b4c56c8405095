import { element, icon } from "../dom";
import { t } from "../i18n";
import { avatar } from "./avatar";
import type { Talk } from "./history";
import { canBeUser } from "./identity";
import { drawMark, markOf, wordsOf } from "./marks";
import { wordsIn } from "./row";
import type { ChatSession } from "./session";
import { short } from "./times";

const OPEN = "M10 4v12M4 10h12";

/** The address of a conversation. */
export function addressOf(peer: string): string {
  return `#/chat/${encodeURIComponent(peer)}`;
}

/** Whose conversation an address names; undefined when it names none. */
export function peerIn(hash: string): string | undefined {
  const named = /^#\/chat\/(.+)$/.exec(hash)?.[1];
  try {
    return named === undefined ? undefined : decodeURIComponent(named);
  } catch {
    // Somebody has typed it, and it is not an address of ours: that is the answer.
    return undefined;
  }
}

/** The list of conversations, and a place to begin another. */
export class Talks {
  readonly element: HTMLElement;
  readonly #list = element("ul", { className: "talk-list" });
  readonly #none = element("p", { className: "talks-none", hidden: true }, t("chat.talks.none"));
  readonly #session: ChatSession;

  constructor(session: ChatSession) {
    this.#session = session;
    this.element = element(
      "nav",
      { className: "talk-nav", attributes: { "aria-label": t("chat.talks") } },
      begin(),
      this.#none,
      this.#list,
    );
  }

  /** Draws it anew. The one that had the focus has it again. */
  show(talks: readonly Talk[], openPeer: string | undefined): void {
    const focused = this.#list.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.peer : undefined;
    this.#none.hidden = talks.length > 0;
    this.#list.replaceChildren(...talks.map((talk) => this.#row(talk, talk.peer === openPeer)));
    if (focused !== undefined) this.#list.querySelector<HTMLElement>(`[data-peer="${CSS.escape(focused)}"]`)?.focus();
  }

  #row({ peer, unread, last }: Talk, isOpen: boolean): HTMLElement {
    const words = wordsIn(last);
    const mark = markOf(last, this.#session.hasLeft(last));
    return element(
      "li",
      {},
      element(
        "a",
        {
          href: addressOf(peer),
          className: unread > 0 ? "talk-row unread" : "talk-row",
          attributes: { "data-peer": peer, ...(isOpen && { "aria-current": "page" }) },
        },
        avatar(peer),
        element("span", { className: "talk-peer", dir: "auto" }, peer),
        element("time", { dateTime: new Date(last.at).toISOString() }, short(last.at)),
        element("span", { className: "talk-last" }, last.own ? t("chat.talks.you", { text: words }) : words),
        last.own && element("span", { className: `mark ${mark}` }, drawMark(mark, wordsOf(mark, last), 13)),
        unread > 0 && this.#badge(unread),
      ),
    );
  }

  #badge(unread: number): HTMLElement {
    return element(
      "span",
      { className: "badge" },
      element("span", { attributes: { "aria-hidden": "true" } }, unread > 99 ? "99+" : String(unread)),
      element("span", { className: "spoken" }, t("chat.talks.unread", { count: unread })),
    );
  }
}

/** Begins a conversation with whoever is named. */
function begin(): HTMLFormElement {
  const name = element("input", {
    className: "field",
    placeholder: t("chat.talks.to.placeholder"),
    autocomplete: "off",
    spellcheck: false,
    attributes: { "aria-label": t("chat.talks.to"), autocapitalize: "none", enterkeyhint: "go" },
  });
  const button = element(
    "button",
    { type: "submit", className: "button icon", title: t("chat.talks.open"), attributes: { "aria-label": t("chat.talks.open") } },
    icon(OPEN),
  );
  name.addEventListener("input", () => name.setCustomValidity(""));
  const form = element("form", { className: "begin", noValidate: true }, name, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const peer = name.value.trim();
    if (peer === "") {
      name.focus();
    } else if (canBeUser(peer)) {
      name.value = "";
      location.hash = addressOf(peer);
    } else {
      name.setCustomValidity(t("chat.signIn.name.bad"));
      name.reportValidity();
    }
  });
  return form;
}
