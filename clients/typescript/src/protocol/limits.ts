/** The constants of the protocol (PROTOCOL §13). Times are milliseconds. */

/** The highest sequence, cursor and connection number: 2^53 − 1. */
export const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
/** Ids in one ack:N, status:R or status:A; at least 1. */
export const IDS_PER_PACKET_MAX = 1_000;
/** Characters of a token. */
export const TOKEN_CHARACTERS_MAX = 8_192;
/** Bytes of a user in UTF-8. */
export const USER_BYTES_MAX = 128;
/** Bytes of a device in UTF-8. */
export const DEVICE_BYTES_MAX = 64;
/** Characters of a content type. */
export const CONTENT_TYPE_CHARACTERS_MAX = 127;
/** Bytes of `software` in Hello. */
export const SOFTWARE_BYTES_MAX = 128;
/** Bytes of a text for people, in error and goodbye. */
export const TEXT_BYTES_MAX = 1_024;
/** The longest wait that a server may ask for: a day. */
export const RETRY_AFTER_MAX = 86_400_000;
/** The longest horizon: 36,500 days. */
export const HORIZON_MAX = 36_500 * 86_400_000;
/** How long a server remembers an id at the least, unless its Welcome says otherwise: 30 days. */
export const HORIZON_DEFAULT = 30 * 86_400_000;
/** The largest body that any server takes: 16 MiB. */
export const BODY_BYTES_CEILING = 16 << 20;
/** The longest message that a client reads: six times the largest packet, since JSON takes more room (PROTOCOL §3.5). */
export const MESSAGE_BYTES_MAX = 6 * (BODY_BYTES_CEILING + (64 << 10));
/** msg:R without an answer at a time. */
export const REQUESTS_IN_FLIGHT_MAX = 256;
/** Entries that a client lets the server send ahead of their confirmation. */
export const WINDOW_DEFAULT = 256;
/** The same in bytes of bodies. */
export const WINDOW_BYTES_DEFAULT = 4 << 20;
/** Silence after which a side sends ping. */
export const PING_AFTER = 20_000;
/** Silence after which a connection has ended. */
export const SILENCE_MAX = 45_000;
/** How long welcome, or the answer to a msg:R, may take. */
export const ANSWER_TIMEOUT = 30_000;
/** The longest wait before the first reconnection. */
export const RECONNECT_AFTER = 500;
/** The longest wait before any reconnection. */
export const RECONNECT_AFTER_MAX = 30_000;
/** How long after msg:A the first resend waits for ack:N. */
export const RESEND_AFTER = 5_000;
/** The longest wait between two resends. */
export const RESEND_AFTER_MAX = 60_000;
