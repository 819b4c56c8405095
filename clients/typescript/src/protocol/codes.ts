/** The codes that this client acts on by themselves; for all others, their range says what to do. */
export const PROTOCOL_VIOLATION = 3000;
export const PACKET_TOO_LARGE = 3001;
export const PACKET_UNKNOWN = 3002;
export const SUPERSEDED = 3003;
export const BODY_TOO_LARGE = 3100;
export const EXPIRED = 3103;
export const CLOCK_SKEW = 3104;

/** What can be said about what went wrong (PROTOCOL §10). New codes may come at any time: their range says what to do. */
export const ErrorCode = {
  Restarting: 1000,
  StoreUnavailable: 1001,
  Idle: 1002,
  SlowReader: 1003,
  HelloTimeout: 1004,
  TooManySessions: 1005,
  Resynchronize: 1006,
  AuthenticatorUnavailable: 1007,
  MailboxFull: 1100,
  SenderQuota: 1101,
  NewMailboxQuota: 1102,
  DiskReserve: 1103,
  AuthorizerUnavailable: 1104,
  Authenticate: 2000,
  TokenInvalid: 2001,
  ProtocolViolation: PROTOCOL_VIOLATION,
  PacketTooLarge: PACKET_TOO_LARGE,
  PacketUnknown: PACKET_UNKNOWN,
  Superseded: SUPERSEDED,
  CursorAhead: 3004,
  TooManyDevices: 3005,
  BodyTooLarge: BODY_TOO_LARGE,
  Forbidden: 3101,
  Conflict: 3102,
  Expired: EXPIRED,
  ClockSkew: CLOCK_SKEW,
} as const;

/** What a range of codes asks for. */
export type Remedy = "retry later" | "authenticate" | "give up";

/** What to do about a code: its range says it, also for a code that this version does not know. */
export function remedyFor(code: number): Remedy {
  if (code >= 1000 && code < 2000) return "retry later";
  if (code >= 2000 && code < 3000) return "authenticate";
  return "give up";
}
