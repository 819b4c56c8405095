/** A mistake in the client itself: it stops rather than go on with what may be wrong. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Stays on in production. */
export function invariant(holds: boolean, words: string): asserts holds {
  if (!holds) throw new InvariantError(`This must hold: ${words}.`);
}
