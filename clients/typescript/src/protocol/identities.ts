import { DEVICE_BYTES_MAX, USER_BYTES_MAX } from "./limits.js";

const NAME = /^[^\p{White_Space}\p{Cc}\p{Cs}\uFFFD]+$/u;
const MESSAGE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const utf8 = new TextEncoder();

/** How many bytes a text is in UTF-8. */
export function utf8Length(text: string): number {
  return utf8.encode(text).length;
}

/** Whether a text can name a user: 1 to 128 bytes of UTF-8 without white space or control characters (PROTOCOL §2). */
export function isUser(text: string): boolean {
  return NAME.test(text) && utf8Length(text) <= USER_BYTES_MAX;
}

/** Whether a text can name a device: as a user, of up to 64 bytes. */
export function isDevice(text: string): boolean {
  return NAME.test(text) && utf8Length(text) <= DEVICE_BYTES_MAX;
}

/** Whether a text is a message id in its canonical form: a UUIDv7 in small letters. */
export function isMessageId(text: string): boolean {
  return MESSAGE_ID.test(text);
}

/** When the sender says that it made this id: Unix time in milliseconds. */
export function madeAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** A message id (RFC 9562, version 7): the time, a counter behind it (§6.2), and chance. */
export function newMessageId(at: number, counter: number): string {
  const chance = crypto.getRandomValues(new Uint32Array(2));
  const time = Math.max(0, Math.floor(at)).toString(16).padStart(12, "0");
  const count = (counter & 0xfff).toString(16).padStart(3, "0");
  const [high, low] = [chance[0] ?? 0, chance[1] ?? 0];
  const variant = (0x8000 | (high & 0x3fff)).toString(16);
  const rest = ((high >>> 16) & 0xffff).toString(16).padStart(4, "0") + low.toString(16).padStart(8, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}-${rest}`;
}
