import type { MessageStatus, Packet, SessionLimits, WireBody } from "./packet.js";
import { PROTOCOL_VIOLATION, PACKET_TOO_LARGE, PACKET_UNKNOWN } from "./codes.js";
import { CONTENT_TYPE, LONE_SURROGATE } from "./body.js";
import { isMessageId, isUser, utf8Length } from "./identities.js";
import {
  BODY_BYTES_CEILING,
  HORIZON_MAX,
  IDS_PER_PACKET_MAX,
  MESSAGE_BYTES_MAX,
  NUMBER_MAX,
  RETRY_AFTER_MAX,
  TEXT_BYTES_MAX,
} from "./limits.js";
import { NO_EPOCH } from "./packet.js";

/** The other side broke the protocol: this code belongs into the goodbye that ends the connection (PROTOCOL §3.3). */
export class Violation extends Error {
  override readonly name = "Violation";

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads one message of the transport as one packet. What leaves here is valid: every field is there, of its type and in its
 * range, and nothing else. The platform's parser sees values, not their spelling; PROTOCOL §3.5 allows that to a client.
 *
 * @param kinds Those that the other side may send; by default what a server does.
 * @throws Violation for everything else.
 */
export function readPacket(message: string | Uint8Array, bytesMax = MESSAGE_BYTES_MAX, kinds = OF_A_SERVER): Packet {
  // A text of n characters has n to 3n bytes.
  const bytes = typeof message !== "string" || message.length > bytesMax ? message.length : 3 * message.length;
  if (bytes > bytesMax && (typeof message !== "string" || utf8Length(message) > bytesMax)) {
    throw new Violation(PACKET_TOO_LARGE, `A message is longer than the limit of ${bytesMax} bytes.`);
  }
  return toPacket(parse(message), kinds);
}

/** The same for what has been parsed already: a packet inside of a larger JSON text, as long polling has it. */
export function toPacket(value: unknown, kinds = OF_A_SERVER): Packet {
  if (!isObject(value)) refuse("A packet is not one JSON object.");
  const { kind } = value;
  if (kind === undefined) throw new Violation(PACKET_UNKNOWN, "A packet is of no kind.");
  if (typeof kind !== "string") refuse("The kind of a packet is not a text.");
  const read = Object.hasOwn(kinds, kind) ? kinds[kind as Packet["kind"]] : undefined;
  if (!read)
    throw new Violation(OF_A_CLIENT.test(kind) ? PROTOCOL_VIOLATION : PACKET_UNKNOWN, "A packet is of a kind that has no place here.");
  return read(value);
}

/** Writes a packet, with its kind in front, as every reader reads fastest. */
export function writePacket(packet: Packet): string {
  return JSON.stringify(packet);
}

// ---- values --------------------------------------------------------------------------------

export type Kinds = Readonly<Partial<Record<Packet["kind"], (value: Members) => Packet>>>;
type Read<T> = (value: unknown, name: string) => T;
type Fields<T> = { readonly [K in keyof T]-?: Read<T[K]> };
type Members = Readonly<Record<string, unknown>>;

const OF_A_CLIENT = /^(hello|(msg|ack|status):R)$/;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parse(message: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof message === "string" ? message : strict.decode(message));
  } catch {
    return refuse("A packet is not one JSON object in UTF-8.");
  }
}

function refuse(words: string): never {
  throw new Violation(PROTOCOL_VIOLATION, words);
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function check<T>(holds: boolean, value: T, name: string): T {
  return holds ? value : refuse(`${name} is missing or not valid.`);
}

function string(value: unknown, name: string): string {
  return check(typeof value === "string", value as string, name);
}

export function matching(test: (text: string) => boolean): Read<string> {
  return (value, name) => {
    const text = string(value, name);
    return check(test(text), text, name);
  };
}

export function number(min: number, max = NUMBER_MAX): Read<number> {
  // −0 is 0.
  return (value, name) =>
    check(Number.isInteger(value) && (value as number) >= min && (value as number) <= max, (value as number) + 0, name);
}

export function oneOf<T extends string>(...words: readonly T[]): Read<T> {
  return (value, name) => check(words.includes(value as T), value as T, name);
}

export function listOf<T>(item: Read<T>): Read<readonly T[]> {
  return (value, name) => {
    const list: unknown[] = Array.isArray(value) ? value : [];
    return check(list.length >= 1 && list.length <= IDS_PER_PACKET_MAX, list, name).map((element) => item(element, name));
  };
}

/** May be left out; false is the same. */
const flag: Read<true | undefined> = (value, name) =>
  value === true ? true : check(value === undefined || value === false, undefined, name);

/** May be left out; 0 is the same. */
const wait: Read<number | undefined> = (value, name) =>
  value === undefined ? undefined : number(0, RETRY_AFTER_MAX)(value, name) || undefined;

export const id: Read<string> = (value, name) => matching(isMessageId)(string(value, name).toLowerCase(), name);
export const anyEpoch: Read<string> = (value, name) =>
  matching((text) => /^[0-9a-f]{16}$/.test(text))(string(value, name).toLowerCase(), name);
export const epoch: Read<string> = (value, name) => matching((text) => text !== NO_EPOCH)(anyEpoch(value, name), name);
export const user = matching(isUser);
const wellFormed = matching((text) => !LONE_SURROGATE.test(text));
const contentType = matching((text) => CONTENT_TYPE.test(text));
export const sequence = number(1);
export const cursor = number(0);
const some = number(1, 2 ** 31 - 1);

/** One line for people or a log. */
export function line(bytesMax: number): Read<string> {
  return matching((text) => !/[\p{Cc}\p{Cs}]/u.test(text) && utf8Length(text) <= bytesMax);
}

/** UTC with three digits of milliseconds, on a day that there is. */
const instant = matching((text) => {
  const at = text.length === 24 ? Date.parse(text) : NaN;
  return at >= 0 && new Date(at).toISOString() === text;
});

/** The platform reads base64 leniently; what it writes is the one spelling. */
const base64 = matching((text) => {
  try {
    return btoa(atob(text)) === text;
  } catch {
    return false;
  }
});

// ---- packets -------------------------------------------------------------------------------

/** What the fields say, in their order; what may be left out and says nothing is left out. */
function object<T>(fields: Fields<T>): Read<T> {
  const entries = Object.entries<Read<unknown>>(fields);
  return (value, name) => {
    if (!isObject(value)) return check(false, {} as T, name);
    const read: Record<string, unknown> = {};
    for (const [field, of] of entries) {
      const member = of(Object.hasOwn(value, field) ? value[field] : undefined, field);
      if (member !== undefined) read[field] = member;
    }
    return read as T;
  };
}

export function packet<T extends Packet>(kind: T["kind"], fields: Fields<Omit<T, "kind">>): (value: Members) => T {
  const read = object(fields);
  return (value) => ({ kind, ...read(value, kind) }) as T;
}

function body(value: Members): WireBody {
  const has = (name: string): boolean => Object.hasOwn(value, name);
  if (has("text") === (has("contentType") || has("base64"))) refuse("A body is a text, or bytes with a content type.");
  return has("text")
    ? { text: wellFormed(value.text, "text") }
    : { contentType: contentType(value.contentType, "contentType"), base64: base64(value.base64, "base64") };
}

/** A body stands beside the fields, not in one. */
export function packetWithBody<T>(kind: Packet["kind"], fields: Fields<T>): (value: Members) => Packet {
  const read = object(fields);
  return (value) => ({ kind, ...read(value, kind), ...body(value) }) as Packet;
}

const limits = object<SessionLimits>({
  bodyBytesMax: number(1, BODY_BYTES_CEILING),
  requestsInFlightMax: some,
  windowMax: some,
  horizonMilliseconds: number(0, HORIZON_MAX),
});

const status = object<MessageStatus>({
  id,
  state: oneOf("waiting", "accepted", "stored", "delivered"),
  forgotten: flag,
});

const welcome = packet<Extract<Packet, { kind: "welcome" }>>("welcome", {
  user,
  epoch,
  firstAvailable: sequence,
  last: cursor,
  resumeAfter: cursor,
  serverTime: instant,
  limits,
});

/** What servers send, and a client must be able to read. */
export const OF_A_SERVER: Kinds = {
  "msg:A": packet("msg:A", { id, acceptedAt: instant }),
  "msg:N": packetWithBody("msg:N", { sequence, id, from: user, acceptedAt: instant, redelivered: flag as Read<true> }),
  "ack:A": packet("ack:A", { epoch, upTo: cursor }),
  "ack:N": packet("ack:N", { by: user, ids: listOf(id), state: oneOf("stored", "delivered") }),
  welcome: (value) => {
    const read = welcome(value);
    return check(read.firstAvailable <= read.last + 1, read, "firstAvailable");
  },
  "status:A": packet("status:A", { to: user, statuses: listOf(status) }),
  ping: () => ({ kind: "ping" }),
  pong: () => ({ kind: "pong" }),
  error: packet("error", { code: some, text: line(TEXT_BYTES_MAX), id, to: user, retryAfterMilliseconds: wait as Read<number> }),
  goodbye: packet("goodbye", { code: some, text: line(TEXT_BYTES_MAX), retryAfterMilliseconds: wait as Read<number> }),
};
