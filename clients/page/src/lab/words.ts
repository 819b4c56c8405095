import { t, type StringKey } from "../i18n";
import type { Line, Side } from "./network";
import type { LineState, Standing } from "./ledger";
import type { Sentence } from "./story";

/** The six packets, line 1 first. */
export const LINES: readonly Line[] = ["msg:R", "msg:A", "msg:N", "ack:R", "ack:A", "ack:N"];

/** What somebody is called. */
export function nameOf(side: Side): string {
  return t(`lab.${side}`);
}

/** The words for where a line stands. */
export function lineWords(state: LineState): string {
  return t(`lab.state_${state}`);
}

/** The words for where a message stands. */
export function standingWords(standing: Standing): string {
  return t(`lab.standing_${standing}`);
}

/** A sentence of the guide. */
export function sentenceWords({ key, sender, recipient }: Sentence): string {
  return t(`lab.${key}` as StringKey, { sender: nameOf(sender), recipient: nameOf(recipient) });
}
