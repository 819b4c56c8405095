import { ServerRefusal, tokenFor } from "../server";

/** Who is signed in here, and how the server is told. */
export interface Identity {
  readonly user: string;
  /** A token that was pasted; without one, the page asks the server for tokens. */
  readonly token?: string;
}

const KEPT = "hexagram identity";

/** Who is signed in: in this tab, or else whoever signed in last in this browser. Two tabs may be two people. */
export function signedIn(): Identity | undefined {
  const kept = sessionStorage.getItem(KEPT) ?? localStorage.getItem(KEPT);
  if (kept === null) return undefined;
  sessionStorage.setItem(KEPT, kept);
  return JSON.parse(kept) as Identity;
}

/** Keeps it for this tab, and for the next that is opened. */
export function keepSignedIn(identity: Identity): void {
  const kept = JSON.stringify(identity);
  sessionStorage.setItem(KEPT, kept);
  localStorage.setItem(KEPT, kept);
}

/** This tab belongs to nobody, and neither does the next, unless somebody else has signed in there. */
export function forgetSignedIn(): void {
  if (localStorage.getItem(KEPT) === sessionStorage.getItem(KEPT)) localStorage.removeItem(KEPT);
  sessionStorage.removeItem(KEPT);
}

/** Whose token this is, as it says itself; the server checks that. Undefined when it is none of `hexagram token`. */
export function userOf(token: string): string | undefined {
  try {
    const [, payload = ""] = token.split(".");
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
    const { sub } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly sub?: unknown };
    return typeof sub === "string" ? sub : undefined;
  } catch {
    // Not of that form: that is the answer.
    return undefined;
  }
}

/** Whether a text can name a user: 1 to 128 bytes of UTF-8 without white space or control characters (PROTOCOL §2). */
export function canBeUser(text: string): boolean {
  return /^[^\p{White_Space}\p{Cc}\p{Cs}\uFFFD]+$/u.test(text) && new TextEncoder().encode(text).length <= 128;
}

/** Asks for tokens, and says when the server will not give one: that key is no longer its own. */
export function tokensFor(user: string, refused: (no: boolean) => void): () => Promise<string> {
  return async () => {
    try {
      const token = await tokenFor(user);
      refused(false);
      return token;
    } catch (cause) {
      refused(cause instanceof ServerRefusal);
      throw cause;
    }
  };
}
