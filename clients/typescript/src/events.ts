/** Ends listening. */
export type Unsubscribe = () => void;

/** Listeners by the name of what they listen to; `Map` says what each is given. */
export class Events<Map> {
  readonly #listeners = new globalThis.Map<keyof Map, Set<(value: never) => void>>();

  /** Calls `listener` each time, until it is ended by the returned function or the signal. */
  on<K extends keyof Map>(name: K, listener: (value: Map[K]) => void, options: { readonly signal?: AbortSignal } = {}): Unsubscribe {
    if (options.signal?.aborted) return () => undefined;
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    const off = (): void => {
      listeners.delete(listener);
      options.signal?.removeEventListener("abort", off);
    };
    options.signal?.addEventListener("abort", off);
    return off;
  }

  /** What a listener throws is reported as an uncaught error, as an `EventTarget` has it; the others hear all the same. */
  emit<K extends keyof Map>(name: K, value: Map[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])] as ((value: Map[K]) => void)[]) {
      try {
        listener(value);
      } catch (cause) {
        queueMicrotask(() => {
          throw cause;
        });
      }
    }
  }
}
