import { type Link, type Transport, TransportError } from "./transport.js";

/** Long polling (PROTOCOL §14). */
export class PollingTransport implements Transport {
    readonly name = "polling";

    readonly #base: URL;
    readonly #nextNumber: () => Promise<number>;

    constructor(base: URL, nextNumber: () => Promise<number>) {
        this.#base = base;
        this.#nextNumber = nextNumber;
    }

    open(): Promise<Link> {
        void this.#nextNumber;
        return Promise.reject(new TransportError(`no long polling at ${this.#base.href}`));
    }
}
