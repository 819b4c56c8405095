import type { Passing, Side } from "./network";
import { other, type MessageView, type Ledger } from "./ledger";
import { reach } from "./reach";

/** One sentence of the guide: its key, and who plays in it. */
export interface Sentence {
  /** The key of its words; see strings.ts. */
  readonly key: string;
  readonly sender: Side;
  readonly recipient: Side;
  /** It is good news, bad news, or just what happens next. */
  readonly tone: "plain" | "good" | "bad";
  /** Which line it is about; 0 for none. */
  readonly line: number;
  /** Worth being read aloud. */
  readonly loud: boolean;
}

const SENTENCES_MAX = 12;

/** What happens to each message, in sentences. Asked with each passing *before* the record hears of it. Pure. */
export class Story {
  readonly #of = new Map<string, Sentence[]>();

  /** The sentences about a message, oldest first. */
  about(id: string): readonly Sentence[] {
    return this.#of.get(id) ?? [];
  }

  /** A message was written. While there is no connection, nothing else is to be told of it. */
  written(id: string, sender: Side, ledger: Ledger): void {
    if ((ledger.message(id)?.lines[0]?.times ?? 0) > 0 || this.#of.has(id)) return;
    this.#of.set(id, [{ key: "outbox", sender, recipient: other(sender), tone: "plain", line: 0, loud: false }]);
  }

  /** @returns What is new, with the message that it is about. */
  hear(passing: Passing, ledger: Ledger): readonly { readonly id: string; readonly sentence: Sentence }[] {
    const told = [];
    for (const touch of reach(passing, ledger.messages)) {
      const message = ledger.message(touch.id);
      const key = keyFor(passing, touch.line, touch.forged, touch.carrier, message);
      if (key === undefined) continue;
      const sender = message?.from ?? (touch.line === 3 ? other(passing.side) : passing.side);
      const tone = passing.phase === "lost" ? "bad" : key === "done" || key === "doneByStatus" ? "good" : "plain";
      const loud = tone !== "plain" || key === "stored" || key === "again1" || key === "dropped";
      const sentence: Sentence = { key, sender, recipient: other(sender), tone, line: touch.line, loud };
      const sentences = this.#of.get(touch.id) ?? [];
      if (sentences.at(-1)?.key === key) continue;
      sentences.push(sentence);
      this.#of.set(touch.id, sentences.slice(-SENTENCES_MAX));
      told.push({ id: touch.id, sentence });
    }
    return told;
  }
}

/** A line speaks when it sets out, except the last, which is news when it has come. */
function keyFor(
  { phase, packet, way }: Passing,
  line: number,
  forged: boolean,
  carrier: string | undefined,
  message: MessageView | undefined,
): string | undefined {
  const before = message?.lines[line - 1];
  if (phase === "lost") return before?.state === "lit" || carrier !== undefined ? undefined : `lost${line}`;
  if (line === 6) {
    if (phase !== "arrives" || before?.state === "lit") return undefined;
    return forged ? "stored" : carrier ? "doneByStatus" : "done";
  }
  if (phase === "arrives") {
    return packet.kind === "msg:N" && way === "down" && message && message.handled > 0 ? "dropped" : undefined;
  }
  if (carrier) return `${carrier}${line}`;
  return before && before.times > 0 ? `again${line}` : `line${line}`;
}
