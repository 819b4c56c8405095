/** Exclusive locks by name, as a browser gives them to tabs: the next in line gets one when its holder has let go. */
export class TestLocks implements Pick<LockManager, "request"> {
  readonly #lines = new Map<string, Promise<unknown>>();

  request(...parameters: unknown[]): Promise<never> {
    const [name, options, callback] = parameters as [string, LockOptions, () => Promise<unknown>];
    const before = this.#lines.get(name) ?? Promise.resolve();
    let letGo: (value?: unknown) => void = () => undefined;
    this.#lines.set(
      name,
      before.then(() => new Promise((resolve) => (letGo = resolve))),
    );
    const turn = before.then(() => {
      options.signal?.throwIfAborted();
      return callback();
    });
    const left = new Promise((_, reject) => options.signal?.addEventListener("abort", () => reject(options.signal?.reason as Error)));
    return Promise.race([turn.finally(() => letGo()), left]) as Promise<never>;
  }
}
