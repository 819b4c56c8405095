import type { WireBody } from "./packet.js";
import { utf8Length } from "./identities.js";
import { CONTENT_TYPE_CHARACTERS_MAX } from "./limits.js";

/** Bytes, and what they are. */
export interface BytesBody {
  /** 1 to 127 characters of printable ASCII, such as `image/png`. */
  readonly contentType: string;
  /** The bytes themselves; memory that is handed over must not be written to again. */
  readonly bytes: Uint8Array;
}

/** What a message carries: a text, or bytes with a content type. */
export type Body = string | BytesBody;

/** Half of a surrogate pair, which no UTF-8 has. */
export const LONE_SURROGATE = /\p{Surrogate}/u;
export const CONTENT_TYPE = new RegExp(`^[ -~]{1,${CONTENT_TYPE_CHARACTERS_MAX}}$`);

/** How many bytes a body is, as the server counts it. */
export function bodyBytes(body: Body): number {
  return typeof body === "string" ? utf8Length(body) : body.bytes.length;
}

/** How many bytes of a body have come, without decoding them: base64 has four characters for three. */
export function notifyBytes(body: WireBody): number {
  return "text" in body ? utf8Length(body.text) : Math.ceil((body.base64.length * 3) / 4);
}

/** A body as it travels. */
export function toWire(body: Body): WireBody {
  return typeof body === "string" ? { text: body } : { contentType: body.contentType, base64: toBase64(body.bytes) };
}

/** A body as the application gets it. */
export function fromWire(body: WireBody): Body {
  return "text" in body ? body.text : { contentType: body.contentType, bytes: fromBase64(body.base64) };
}

/**
 * Checks what an application wants to send.
 * @throws TypeError when it has no form on the wire; the message says why.
 */
export function checkBody(body: Body): void {
  if (typeof body === "string") {
    if (LONE_SURROGATE.test(body)) throw new TypeError("A text with half of a surrogate pair in it has no UTF-8 form.");
  } else if (!CONTENT_TYPE.test(body.contentType)) {
    throw new TypeError(`The content type is not 1 to ${CONTENT_TYPE_CHARACTERS_MAX} characters of printable ASCII.`);
  }
}

/** `btoa` takes a text of bytes; made in pieces, since a call takes only so many arguments. */
function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
