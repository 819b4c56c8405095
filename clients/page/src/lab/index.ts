import { element } from "../dom";
import { t } from "../i18n";
import { facts, hasKey } from "../server";
import "./figure.css";
import "./lab.css";
import "./stage.css";
import { Laboratory } from "./laboratory";

/** Shows the lab in `root`, until the returned function is called. */
export function mountLab(root: HTMLElement): () => void {
  const laboratory = new Laboratory();
  let left = false;
  const say = (words: string): void =>
    root.replaceChildren(
      element("div", { className: "lab" }, element("h1", {}, t("lab.title")), element("p", { className: "notice" }, words)),
    );
  const open = async (): Promise<void> => {
    try {
      if (!hasKey() || !(await facts()).link) {
        if (!left) say(t("lab.noLink"));
        return;
      }
      if (left) return;
      root.replaceChildren(laboratory.element);
      await laboratory.open();
    } catch (cause) {
      if (!left) say(t("lab.failed", { why: cause instanceof Error ? cause.message : String(cause) }));
    }
  };
  void open();
  return () => {
    left = true;
    void laboratory.close();
  };
}
