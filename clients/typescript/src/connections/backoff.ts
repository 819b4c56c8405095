/**
 * Waits that grow: each is drawn anew between nothing and a bound (full jitter), and the bound doubles with each failure in a
 * row. Milliseconds.
 */
export interface Backoff {
  /** The first bound. More than 0. */
  readonly first: number;
  /** Where the bound stops growing. */
  readonly max: number;
}

/** The wait after so many failures in a row, 1 or more. */
export function waitAfter({ first, max }: Backoff, failures: number): number {
  return Math.random() * Math.min(max, first * 2 ** Math.min(failures - 1, 40));
}

/** Waits; ends early, without an error, when the signal is aborted. */
export function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    // A longer wait than a timer can hold ends early, which every caller can bear.
    const timer = setTimeout(done, Math.min(milliseconds, 2 ** 31 - 1));
    signal.addEventListener("abort", done);
  });
}
