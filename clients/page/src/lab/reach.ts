import type { Passing } from "./network";
import type { MessageView } from "./ledger";

/** A line that a packet carries. */
export interface Touch {
  readonly id: string;
  /** 1 to 6. */
  readonly line: number;
  /** The server's word that the message is on its disk, where the recipient's word is meant to stand. */
  readonly forged: boolean;
  /** The packet that says it, where that is not the line's own. */
  readonly carrier: string | undefined;
}

/**
 * Which lines of which messages a packet carries. Requests and notifications name their message. Confirmations name a number, and
 * speak for every message up to it; a hello does the same, and a status says what lines 2 and 6 would have said (PROTOCOL §4, §5).
 */
export function reach({ side, packet }: Passing, messages: readonly MessageView[]): readonly Touch[] {
  const touch = (id: string, line: number, forged = false, carrier?: string): Touch => ({ id, line, forged, carrier });
  const toThisSide = messages.filter(({ from }) => from !== side);
  switch (packet.kind) {
    case "msg:R":
      return [touch(packet.id, 1)];
    case "msg:A":
      return [touch(packet.id, 2)];
    case "msg:N":
      return [touch(packet.id, 3)];
    case "ack:R":
    case "ack:A": {
      const line = packet.kind === "ack:R" ? 4 : 5;
      return upTo(toThisSide, packet.upTo)
        .filter((message) => message.sequence === packet.upTo || isOpen(message, line))
        .map(({ id }) => touch(id, line));
    }
    case "ack:N":
      return packet.ids.map((id) => touch(id, 6, packet.state === "stored"));
    case "hello":
      return upTo(toThisSide, packet.cursor)
        .filter((message) => isOpen(message, 4))
        .map(({ id }) => touch(id, 4, false, "hello"));
    case "welcome":
      return upTo(toThisSide, packet.resumeAfter)
        .filter((message) => isOpen(message, 5) && !isOpen(message, 4))
        .map(({ id }) => touch(id, 5, false, "welcome"));
    case "status:A":
      return packet.statuses.flatMap(({ id, state }) => {
        const message = messages.find((candidate) => candidate.id === id);
        if (!message || state === "waiting") return [];
        const said = [];
        if (isOpen(message, 2)) said.push(touch(id, 2, false, "status:A"));
        if (state !== "accepted" && message.lines[5]?.state !== "lit") said.push(touch(id, 6, state === "stored", "status:A"));
        return said;
      });
    default:
      return [];
  }
}

function upTo(messages: readonly MessageView[], sequence: number): readonly MessageView[] {
  return messages.filter((message) => message.sequence !== undefined && message.sequence <= sequence);
}

/** The line has not been said yet, and nothing is under way to say it. */
function isOpen(message: MessageView, line: number): boolean {
  const state = message.lines[line - 1]?.state;
  return state === "dark" || state === "lost";
}
