import { element } from "../dom";
import { t } from "../i18n";

/** Shows the lab in `root`, until the returned function is called. */
export function mountLab(root: HTMLElement): () => void {
  const title = element("h1", {}, t("lab.title"));
  root.append(title);
  return () => title.remove();
}
