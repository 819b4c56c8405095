import { element, icon } from "../dom";
import { t } from "../i18n";
import type { ChatSession } from "./session";

const SEND = "M3.5 10 17 3.5 13 17l-3.2-5.2zM9.8 11.8 17 3.5";

/** What was begun and not sent, by person: it survives a reload, and a look at another conversation. */
function draftKey(session: ChatSession, peer: string): string {
  return `hexagram draft ${session.user} ${peer}`;
}

/** Where one writes. Enter sends, Shift and Enter break the line; while a word is being composed, Enter belongs to that. */
export function composer(session: ChatSession, peer: string): HTMLFormElement {
  const failed = element("p", { className: "composer-failed", hidden: true, attributes: { role: "alert" } });
  const words = element("textarea", {
    className: "field",
    rows: 1,
    placeholder: t("chat.write.placeholder"),
    dir: "auto",
    value: sessionStorage.getItem(draftKey(session, peer)) ?? "",
    attributes: { "aria-label": t("chat.write", { peer }), enterkeyhint: "send" },
  });
  const button = element(
    "button",
    { type: "submit", className: "button primary icon", title: t("chat.send"), attributes: { "aria-label": t("chat.send") } },
    icon(SEND),
  );
  const form = element("form", { className: "composer" }, failed, words, button);

  const grow = (): void => {
    button.disabled = words.value.trim() === "";
    words.style.height = "auto";
    words.style.height = `${words.scrollHeight + words.offsetHeight - words.clientHeight}px`;
  };
  const write = (text: string): void => {
    words.value = text;
    sessionStorage.setItem(draftKey(session, peer), text);
    grow();
  };
  const send = async (): Promise<void> => {
    const text = words.value.trim();
    if (text === "") return;
    write("");
    failed.hidden = true;
    try {
      await session.send(peer, text);
    } catch (cause) {
      // It is not on the disk, so it is not sent: whoever wrote it has it back.
      write(words.value === "" ? text : `${text}\n${words.value}`);
      failed.textContent = t("chat.send.failed", { reason: cause instanceof Error ? cause.message : String(cause) });
      failed.hidden = false;
    }
  };

  words.addEventListener("input", () => write(words.value));
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void send();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
    words.focus();
  });
  requestAnimationFrame(grow);
  return form;
}
