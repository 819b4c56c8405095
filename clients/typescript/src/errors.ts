import { EXPIRED } from "./protocol/codes.js";

/** The server will not take a message, or can no longer tell what became of it; {@link code} says which. */
export class MessageRefusedError extends Error {
  override readonly name = "MessageRefusedError";

  constructor(
    /** One of {@link ErrorCode}, or one that this version does not know. */
    readonly code: number,
    message: string,
  ) {
    super(message);
  }

  /** The message may have arrived: its id is older than what the server remembers. */
  get outcomeUnknown(): boolean {
    return this.code === EXPIRED;
  }
}

/** A message was cancelled; {@link mayStillArrive} when it had left the device before. */
export class MessageCancelledError extends Error {
  override readonly name = "MessageCancelledError";

  constructor(readonly mayStillArrive: boolean) {
    super(
      mayStillArrive
        ? "The message was cancelled after it had left the device; it may still arrive."
        : "The message was cancelled and never left the device.",
    );
  }
}

/** The client was closed. What waits in its outbox goes on when the store is opened again. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";

  constructor(message = "The client was closed. What waits in its outbox goes on when the store is opened again.") {
    super(message);
  }
}

/** The outbox holds as much as it may. Wait for earlier messages, or cancel some. */
export class OutboxFullError extends Error {
  override readonly name = "OutboxFullError";

  constructor(max: number) {
    super(`The outbox holds ${max} messages, as many as it may. Wait for earlier ones, cancel some, or raise outboxMax.`);
  }
}

/** The store is in use, damaged, or cannot be written. `cause` is what it said. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** Thrown by a handler that cannot handle a message and wants the next: it is kept beside the inbox, and confirmed. */
export class SetAsideError extends Error {
  override readonly name = "SetAsideError";
}

/** What was thrown, in words. */
export function words(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
