import type { Link, LinkEvents, Transport } from "./transport.js";

/** HTTP requests in place of a socket (PROTOCOL §14), for what stands behind a proxy that lets nothing else through. */
export class PollingTransport implements Transport {
  readonly name = "polling";
  readonly #base: URL;

  /** @param base The address of `/v1`. */
  constructor(base: URL) {
    this.#base = base;
  }

  /** What most pages never need is loaded when it is. */
  async open(events: LinkEvents): Promise<Link> {
    const { PollingLink } = await import("./polling-link.js");
    return new PollingLink(this.#base, events);
  }
}
