import axe from "axe-core";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { DESK, launch, People, PHONE, Server, shot } from "./harness";

const LINES = ["msg:R", "msg:A", "msg:N", "ack:R", "ack:A", "ack:N"] as const;

let browser: Browser;
let server: Server;
let people: People;

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  people = new People(browser);
});

afterEach(() => people.leave());

afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

/** The lab in a browser of its own, with users of its own. */
class Visit {
  #sent = 0;

  private constructor(readonly page: Page) {}

  static async open(options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await people.browser(options);
    const page = await context.newPage();
    await page.goto(server.link);
    await page.goto(`${server.address}#/lab`);
    const visit = new Visit(page);
    await visit.isConnected("alice");
    await visit.isConnected("bob");
    return visit;
  }

  async isConnected(side: "alice" | "bob"): Promise<void> {
    await this.wire(side, "connected").waitFor();
  }

  wire(side: "alice" | "bob", state: string): Locator {
    return this.page.locator(`.wire[data-side=${side}][data-state=${state}]`);
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** A switch of one person's network. */
  of(person: "Alice" | "Bob", name: string): Locator {
    return this.page.getByRole("group", { name: `${person}'s network` }).getByRole("button", { name, exact: true });
  }

  async choose(name: string): Promise<void> {
    await this.page.getByRole("radio", { name }).check();
  }

  async write(person: "Alice" | "Bob", text: string): Promise<void> {
    const field = this.page.getByRole("textbox", { name: `${person} writes` });
    await field.fill(text);
    await field.press("Enter");
    await this.sent(1);
  }

  /** So many more messages have been sent. */
  async sent(more: number): Promise<void> {
    this.#sent += more;
    await this.count("sent", this.#sent);
  }

  line(number: number, state: string): Locator {
    return this.page.locator(`.lines li[data-line="${number}"][data-state=${state}]`);
  }

  /** From now on, every state that a line comes to, as it is drawn. */
  async watchLines(): Promise<() => Promise<string[]>> {
    const seen = await this.page.evaluateHandle(() => {
      const states: string[] = [];
      const look = (records: MutationRecord[]): void => {
        for (const { target } of records) if (target instanceof HTMLElement) states.push(`${target.dataset.line} ${target.dataset.state}`);
      };
      new MutationObserver(look).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["data-state"] });
      return states;
    });
    return () => seen.jsonValue();
  }

  story(words: string | RegExp): Locator {
    return this.page.locator(".story li").filter({ hasText: words });
  }

  async count(name: string, number: number): Promise<void> {
    await this.number(name)
      .filter({ hasText: new RegExp(`^${number}$`) })
      .waitFor();
  }

  async counted(name: string): Promise<number> {
    return Number(await this.number(name).textContent());
  }

  number(name: string): Locator {
    return this.page.locator(`[data-count=${name}] dd`);
  }

  /** All that was sent is delivered, nothing is lost, and nothing was shown twice. */
  async isWhole(): Promise<void> {
    await this.count("delivered", this.#sent);
    expect([await this.counted("lost"), await this.counted("twice")]).toEqual([0, 0]);
  }
}

test("six lines light one after the other, and then it is delivered", async () => {
  const visit = await Visit.open({ viewport: PHONE });
  // Each is under way for longer than a busy machine takes to draw it.
  await visit.button("Break something").click();
  await visit.choose("1 s each way");
  await visit.page.keyboard.press("Escape");
  const changes = await visit.watchLines();
  await visit.button("Send a first message").click();
  await visit.sent(1);
  for (const line of [1, 2, 3, 4, 5, 6]) await visit.line(line, "lit").waitFor();
  expect(await changes()).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6].flatMap((line) => [`${line} flying`, `${line} lit`])));
  await visit.story("Six lines, done").waitFor();
  await visit.isWhole();
  await shot(visit.page, "lab-phone");
});

test("Bob writes as well, and his lines go the other way", async () => {
  const visit = await Visit.open();
  await visit.write("Bob", "Hello, Alice");
  await visit.isWhole();
  await visit.page.locator('.lines li[data-line="1"][data-way=left]').getByText("Bob → Server").waitFor();
  await visit.page.getByRole("region", { name: "Alice" }).getByText("Hello, Alice").waitFor();
});

test("whichever packet is lost together with its connection, the message is delivered, once", async () => {
  const visit = await Visit.open();
  await visit.choose("no time");
  for (const [index, packet] of LINES.entries()) {
    await visit.button(packet).click();
    await visit.write("Alice", `without ${packet}`);
    await visit.story(`Line ${index + 1} was lost`).waitFor();
    expect(await visit.button(packet).getAttribute("aria-pressed")).toBe("false");
    await visit.isWhole();
    for (const side of ["alice", "bob"] as const) await visit.isConnected(side);
  }
  expect(await visit.counted("resent")).toBeGreaterThan(0);
});

test("after a lost msg:A the server finds the duplicate, keeps one and says msg:A again", async () => {
  const visit = await Visit.open({ reducedMotion: "no-preference" });
  await visit.button("msg:A").click();
  await visit.write("Alice", "Are you there?");
  await visit.line(2, "lost").waitFor();
  await visit.page.evaluate(() => document.querySelector(".view")?.scrollTo(0, 0));
  await shot(visit.page, "lab");
  await visit.story("The server finds the duplicate").waitFor();
  await visit.isWhole();
  expect([await visit.counted("resent"), await visit.counted("duplicatesDropped")]).toEqual([1, 1]);
});

test("a packet that vanishes alone is made good by the sender's timer", async () => {
  const without = async (packet: (typeof LINES)[number]): Promise<Visit> => {
    const visit = await Visit.open();
    await visit.choose("no time");
    await visit.choose("vanishes alone");
    await visit.button(packet).click();
    await visit.write("Alice", `without ${packet}`);
    await visit.story("was lost").waitFor();
    await visit.isWhole();
    return visit;
  };
  const [notify, confirmation, news] = await Promise.all([without("msg:N"), without("ack:R"), without("ack:N")]);
  for (const visit of [notify, confirmation, news]) expect(await visit.counted("resent")).toBe(1);
  await notify.story("The server hands it to Bob once more").waitFor();
  await confirmation.story("Bob has it already: the duplicate is dropped").waitFor();
  expect(await news.story("once more").count()).toBe(0);
});

test("a connection that is cut is made anew, and what was written meanwhile is delivered", async () => {
  const visit = await Visit.open();
  for (const [person, side] of [
    ["Alice", "alice"],
    ["Bob", "bob"],
  ] as const) {
    await visit.write("Alice", `before ${person} is cut`);
    await visit.of(person, "Cut").click();
    await visit.write("Alice", `while ${person} is cut`);
    await visit.isWhole();
    await visit.isConnected(side);
  }
});

test("while Bob is away the server says stored, which is a broken line, until the real one comes", async () => {
  const visit = await Visit.open();
  await visit.choose("no time");
  await visit.of("Bob", "Offline").click();
  await visit.wire("bob", "offline").waitFor();
  await visit.write("Alice", "For later");
  await visit.line(6, "broken").waitFor();
  await visit.line(3, "dark").waitFor();
  expect(await visit.counted("delivered")).toBe(0);
  await shot(visit.page, "lab-stored");

  await visit.of("Bob", "Offline").click();
  await visit.line(6, "lit").waitFor();
  await visit.isWhole();
});

test("what Alice writes offline waits in her outbox, and goes out when she is back", async () => {
  const visit = await Visit.open();
  await visit.of("Alice", "Offline").click();
  await visit.wire("alice", "offline").waitFor();
  await visit.write("Alice", "From a tunnel");
  await visit.story("It is in Alice's outbox").waitFor();
  await visit.line(1, "dark").waitFor();

  await visit.of("Alice", "Offline").click();
  await visit.isWhole();
});

test("a server that restarts loses nothing", async () => {
  const visit = await Visit.open();
  await visit.write("Alice", "before");
  await visit.button("Restart the server").click();
  await visit.page.getByText("The server is away").waitFor();
  await visit.wire("alice", "waiting").waitFor();
  await visit.write("Alice", "during");
  await visit.write("Bob", "also during");
  await visit.isWhole();
  await visit.page.getByText("The server is away").waitFor({ state: "hidden" });
});

test("twenty at once arrive in the order in which they were sent, also when packets are lost", async () => {
  const visit = await Visit.open();
  for (const packet of LINES) await visit.button(packet).click();
  await visit.button("Send 20 at once").click();
  await visit.sent(20);
  await visit.isWhole();
  const texts = await visit.page.locator(".column[data-side=bob] .messages .text").allTextContents();
  expect(texts).toEqual(Array.from({ length: 20 }, (_, index) => `${index + 1} of 20`));
});

test("on a slow network one sees a packet on its way, and what is cut meanwhile is lost and sent again", async () => {
  const visit = await Visit.open({ reducedMotion: "no-preference" });
  await visit.choose("1 s each way");
  await visit.write("Alice", "Slowly");
  await visit.line(1, "flying").waitFor();
  await visit.page.locator(".wire[data-side=alice] .packet").getByText("msg:R").waitFor();
  await visit.of("Alice", "Cut").click();
  await visit.line(1, "lost").waitFor();
  await visit.choose("no time");
  await visit.isWhole();
  expect(await visit.counted("resent")).toBe(1);
});

test.each([
  ["light", DESK, "en-GB"],
  ["dark", DESK, "zh-CN"],
  ["light", PHONE, "zh-CN"],
  ["dark", PHONE, "en-GB"],
] as const)("everybody can use the lab: %s, %o, %s", async (colorScheme, viewport, locale) => {
  const visit = await Visit.open({ colorScheme, viewport, locale });
  const sheet = visit.page.locator(".switches .more");
  if (viewport === PHONE) {
    await sheet.click();
    await shot(visit.page, `lab-${colorScheme}-sheet`);
  }
  await visit.page.locator(".switches .lose").nth(1).click();

  // Once something is broken, the sheet is out of the way of what is to be seen.
  expect(await sheet.getAttribute("aria-expanded")).toBe("false");
  await visit.page.locator(".switches .primary").click();
  await visit.line(2, "lost").waitFor();
  await visit.page.locator(".lab[data-settled=true]").waitFor();
  await visit.page.locator(".log-of-packets summary").click();
  await visit.page.evaluate(axe.source);
  const found = await visit.page.evaluate(async () => (globalThis as unknown as { axe: typeof axe }).axe.run());
  expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
  await shot(visit.page, `lab-${colorScheme}-${viewport.width}`);
});

test("on a desk everything is on one screen, and on a phone the switches are one touch away", async () => {
  const isSeen = (visit: Visit, what: string): Promise<boolean[]> =>
    visit.page.locator(what).evaluateAll((all) =>
      all.map((one) => {
        const { top, bottom, height } = one.getBoundingClientRect();
        return height > 0 && top >= 0 && bottom <= innerHeight;
      }),
    );
  const desk = await Visit.open();
  for (const what of [".node", ".breakers button", ".breaking :is(button, input)", ".compose input", ".lines li"]) {
    expect(await isSeen(desk, what), what).not.toContain(false);
  }
  const phone = await Visit.open({ viewport: PHONE });
  await phone.button("Break something").click();
  for (const what of [".node", ".breakers button", ".breaking :is(button, input)"]) {
    expect(await isSeen(phone, what), what).not.toContain(false);
  }
  await phone.page.keyboard.press("Escape");
  expect(await isSeen(phone, ".breaking button")).not.toContain(true);
});

test("without the link the lab says what it needs", async () => {
  const context = await people.browser();
  const page = await context.newPage();
  await page.goto(`${server.address}#/lab`);
  await page.getByText("The lab needs the link").waitFor();
});
