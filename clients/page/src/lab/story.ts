import type { Passing, Side } from "./network";
import { other, type MessageView, type Ledger } from "./ledger";
import { reach, type Touch } from "./reach";

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

/** A sentence, and the message that it is about. */
export interface Told {
  readonly id: string;
  readonly sentence: Sentence;
}

const SENTENCES_MAX = 12;

/** Packets that leave the server together may be told in the wrong order: what was first, and what it was told after. */
const BELONGS_BEFORE: Readonly<Record<string, string>> = { line2: "line3", line5: "done", again2: "done" };

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
  hear(passing: Passing, ledger: Ledger): readonly Told[] {
    return reach(passing, ledger.messages).flatMap((touch) => {
      const message = ledger.message(touch.id);
      const key = keyFor(passing, touch, message);
      if (key === undefined) return [];
      const sender = message?.from ?? (touch.line === 3 ? other(passing.side) : passing.side);
      return [key, ...(passing.phase === "lost" ? remedyFor(passing, touch.line) : [])]
        .map((one) => this.#tell(touch, one, sender))
        .filter((told) => told !== undefined);
    });
  }

  #tell({ id, line }: Touch, key: string, sender: Side): Told | undefined {
    const sentences = this.#of.get(id) ?? [];
    const last = sentences.at(-1);
    if (last?.key === key) return undefined;
    const tone = key.startsWith("lost") ? "bad" : key.startsWith("done") ? "good" : "plain";
    const sentence: Sentence = {
      key,
      sender,
      recipient: other(sender),
      tone,
      line: REMEDIES.has(key) ? 0 : line,
      loud: tone !== "plain" || LOUD.has(key),
    };
    const told = last && last.key === BELONGS_BEFORE[key] ? [...sentences.slice(0, -1), sentence, last] : [...sentences, sentence];
    this.#of.set(id, told.slice(-SENTENCES_MAX));
    return { id, sentence };
  }
}

const LOUD: ReadonlySet<string> = new Set(["stored", "again1", "dropped"]);
const REMEDIES: ReadonlySet<string> = new Set(["timer", "senderConnects", "recipientConnects"]);

/** What makes a loss good: whoever has lost the connection makes another, or the sender's timer runs. */
function remedyFor({ alone }: Passing, line: number): readonly string[] {
  if (!alone) return [line === 1 || line === 2 || line === 6 ? "senderConnects" : "recipientConnects"];
  // Without line 2 the sender hears line 6 all the same, and line 5 is said again with the next one.
  return line === 2 || line === 5 ? [] : ["timer"];
}

/** A line speaks when it sets out, except the last, which is news when it has come. */
function keyFor({ phase, packet, way }: Passing, { line, forged, carrier }: Touch, message: MessageView | undefined): string | undefined {
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
