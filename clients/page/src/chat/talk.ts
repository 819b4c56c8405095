import { element, icon } from "../dom";
import { t } from "../i18n";
import { avatar } from "./avatar";
import { composer } from "./composer";
import { Log } from "./log";
import { drawMark, type Mark } from "./marks";
import type { ChatSession } from "./session";

const BACK = "M12.5 4 6.5 10l6 6";
const LEGEND = ["waiting", "accepted", "stored", "delivered"] as const satisfies readonly Mark[];

/** An open conversation. */
export interface OpenTalk {
  readonly peer: string;
  readonly log: Log;
  readonly content: readonly HTMLElement[];
}

/** The conversation with `peer`. */
export function talkWith(session: ChatSession, peer: string): OpenTalk {
  const log = new Log(session, peer);
  const back = element(
    "a",
    { className: "button quiet icon back", href: "#/chat", attributes: { "aria-label": t("chat.back") } },
    icon(BACK),
  );
  const head = element("header", { className: "talk-head" }, back, avatar(peer), element("h2", { dir: "auto", tabIndex: -1 }, peer));
  return { peer, log, content: [head, log.element, composer(session, peer)] };
}

/** What stands where no conversation is open: what the marks say. */
export function noTalk(): HTMLElement {
  const row = (mark: (typeof LEGEND)[number]): HTMLElement =>
    element(
      "li",
      {},
      element("span", { className: `mark ${mark}` }, drawMark(mark, undefined, 22)),
      element(
        "span",
        {},
        element("strong", {}, mark === "stored" ? t("chat.legend.stored.name") : t(`chat.mark.${mark}`)),
        element("span", {}, t(`chat.legend.${mark}`)),
      ),
    );
  return element(
    "div",
    { className: "legend" },
    element("h2", {}, t("chat.choose")),
    element("p", {}, t("chat.choose.hint")),
    element("ul", {}, ...LEGEND.map(row)),
  );
}
