import { element } from "../dom";
import { t } from "../i18n";

/** Shows the chat in `root`, until the returned function is called. */
export function mountChat(root: HTMLElement): () => void {
  const title = element("h1", {}, t("shell.chat"));
  root.append(title);
  return () => title.remove();
}
