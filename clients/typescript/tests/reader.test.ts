import { describe, expect, test } from "vitest";
import { isDevice, isMessageId, isUser } from "../src/protocol/identities.js";
import type { Packet } from "../src/protocol/packet.js";
import * as reader from "../src/protocol/reader.js";
import { Violation, writePacket } from "../src/protocol/reader.js";
import { OF_EITHER } from "./harness/packets.js";
import { readVectors } from "./vectors.js";

/** What the vectors' README calls the longest message. */
const LONGEST_MESSAGE_BYTES = 6_684_672;

/** Reads what either side sends. */
function readPacket(message: string | Uint8Array, bytesMax?: number): Packet {
  return reader.readPacket(message, bytesMax, OF_EITHER);
}

type Piece = string | { readonly text: string; readonly times: number } | { readonly hex: string };

interface PacketVector {
  readonly name: string;
  readonly packet: Packet;
}

interface TextVector {
  readonly name: string;
  readonly why: string;
  readonly message: readonly Piece[];
  readonly packet?: Packet;
  readonly values?: Packet;
  readonly error?: number;
}

function toBytes(pieces: readonly Piece[]): Uint8Array {
  return Buffer.concat(
    pieces.map((piece) => {
      if (typeof piece === "string") return Buffer.from(piece, "utf8");
      return "hex" in piece ? Buffer.from(piece.hex.replaceAll(" ", ""), "hex") : Buffer.from(piece.text.repeat(piece.times), "utf8");
    }),
  );
}

function codeOf(read: () => unknown): number {
  try {
    read();
  } catch (cause) {
    if (cause instanceof Violation) return cause.code;
    throw cause;
  }
  return 0;
}

test("what clients send goes the wrong way when a server sends it", () => {
  expect(codeOf(() => reader.readPacket('{"kind":"ack:R","epoch":"5eed0000c0ffee01","upTo":1}'))).toBe(3000);
});

describe("packets.json", () => {
  test.each((readVectors("packets.json") as { vectors: PacketVector[] }).vectors)("$name is written and read", ({ packet }) => {
    const text = writePacket(packet);
    expect(readPacket(text)).toEqual(packet);
  });
});

describe("conversations.json", () => {
  const { vectors } = readVectors("conversations.json") as { vectors: { name: string; steps: { packet: Packet }[] }[] };
  test.each(vectors)("$name is written and read, step by step", ({ steps }) => {
    for (const { packet } of steps) {
      expect(readPacket(writePacket(packet))).toEqual(packet);
    }
  });
});

/** The bytes are those of the other form; what they say must be valid in this one too. */
describe("reading.json", () => {
  const { vectors } = readVectors("reading.json") as { vectors: { name: string; packet?: Packet }[] };
  const said = vectors.filter((vector): vector is PacketVector => vector.packet !== undefined);
  test.each(said)("what $name says is read", ({ packet }) => {
    expect(readPacket(writePacket(packet))).toEqual(packet);
  });
});

describe("reading-json.json", () => {
  const { vectors } = readVectors("reading-json.json") as { vectors: TextVector[] };
  test.each(vectors)("$name: $why", ({ message, packet, values, error }) => {
    const bytes = toBytes(message);
    const expected = packet ?? values;
    if (expected) {
      expect(readPacket(bytes, LONGEST_MESSAGE_BYTES)).toEqual(expected);
    } else {
      expect(codeOf(() => readPacket(bytes, LONGEST_MESSAGE_BYTES))).toBe(error);
    }
  });
});

describe("identities.json", () => {
  interface Identity {
    readonly kind: "user" | "device" | "message";
    readonly text: string;
    readonly valid: boolean;
    readonly why: string;
  }
  const valid: Record<Identity["kind"], (text: string) => boolean> = {
    user: isUser,
    device: isDevice,
    message: (text) => isMessageId(text.toLowerCase()),
  };
  test.each((readVectors("identities.json") as { vectors: Identity[] }).vectors)("$kind: $why", (vector) => {
    expect(valid[vector.kind](vector.text)).toBe(vector.valid);
  });
});
