import { element } from "../dom";
import { t } from "../i18n";

/** Of a longer message the beginning is shown, and the rest when somebody asks for it. */
const CHARACTERS_MAX = 1_200;
const LINES_MAX = 16;

/** What a message says, and for a long one the button that shows the rest. `time` keeps its place at the end of the last line. */
export function drawBody(text: string, time: string): HTMLElement[] {
  const body = element("p", { dir: "auto", attributes: { "data-time": time } }, text);
  const beginning = beginningOf(text);
  if (beginning === text) return [body];
  const button = element("button", { type: "button", className: "unfold" });
  const show = (all: boolean): void => {
    body.textContent = all ? text : `${beginning}…`;
    button.textContent = t(all ? "chat.less" : "chat.more");
    button.setAttribute("aria-expanded", String(all));
  };
  button.addEventListener("click", () => {
    const all = button.getAttribute("aria-expanded") !== "true";
    show(all);
    // Whoever asks for the rest reads on where the beginning ended.
    if (!all) button.scrollIntoView({ block: "nearest" });
  });
  show(false);
  return [body, button];
}

/** At most so many lines and characters, and no half of a character. A little more than that is not worth a button. */
function beginningOf(text: string): string {
  const lines = text.split("\n", LINES_MAX + 4);
  if (text.length <= CHARACTERS_MAX * 1.25 && lines.length < LINES_MAX + 4) return text;
  return lines
    .slice(0, LINES_MAX)
    .join("\n")
    .slice(0, CHARACTERS_MAX)
    .replace(/[\uD800-\uDBFF]$/, "");
}
