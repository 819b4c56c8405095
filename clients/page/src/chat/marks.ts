import { ErrorCode } from "@hexagram/client";
import { Hexagram, type Line } from "../hexagram";
import { t } from "../i18n";
import type { Entry } from "./history";

/** How far a message of one's own has come, as its mark shows it. */
export type Mark = "waiting" | "sent" | "accepted" | "stored" | "delivered" | "refused" | "cancelled";

/** The lines that the sender knows to have passed. The sixth of `stored` is forged: the server's word, and not the recipient's. */
const PASSED: Readonly<Record<Mark, readonly Line[]>> = {
  waiting: [],
  sent: [1],
  accepted: [1, 2],
  stored: [1, 2],
  delivered: [1, 2, 3, 4, 5, 6],
  refused: [1],
  cancelled: [],
};

const WIDTH = 15;

/** What is to be shown of where a message stands. `hasLeft`: this tab has seen it leave. */
export function markOf({ state }: Entry, hasLeft: boolean): Mark {
  if (state === undefined) return "waiting";
  return state === "waiting" && hasLeft ? "sent" : state;
}

/** The same in words. */
export function wordsOf(mark: Mark, { peer, refusal, mayArrive }: Entry): string {
  if (mark === "cancelled" && mayArrive !== undefined) return t(`chat.mark.cancelled.${mayArrive ? "late" : "never"}`);
  if (mark !== "refused") return t(`chat.mark.${mark}`, { peer });
  switch (refusal) {
    case ErrorCode.BodyTooLarge:
      return t("chat.mark.refused.size");
    case ErrorCode.Forbidden:
      return t("chat.mark.refused.forbidden", { peer });
    case ErrorCode.Expired:
      return t("chat.mark.refused.unknown");
    default:
      return t("chat.mark.refused");
  }
}

/** Draws a mark. Its words stand beside it, or are its label. */
export function drawMark(mark: Mark, label?: string, width = WIDTH): SVGSVGElement {
  const hexagram = new Hexagram(width, label);
  hexagram.show(PASSED[mark], mark === "stored");
  hexagram.element.dataset.mark = mark;
  return hexagram.element;
}
