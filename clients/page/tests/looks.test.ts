import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { DESK, launch, People, PHONE, Server, shot } from "./harness";
import { foreign, marks, open, takeOver, write } from "./talking";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let browser: Browser;
let server: Server;
let people: People;

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  people = new People(browser);
});

// A test that failed may have left it killed.
beforeEach(() => server.start());

afterEach(() => people.leave());

afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

/** What axe has to say about the page as it is now, and that it is as wide and as high as the screen. Takes a picture, if pictures are wanted. */
async function look(page: Page, name: string): Promise<void> {
  await shot(page, name);
  // Its context lets this in; the page's policy would not.
  await page.addScriptTag({ path: AXE });
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run());
  const found = violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  expect(found.join("\n")).toBe("");
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  const bottoms = await page.evaluate(() =>
    [...document.querySelectorAll("#view, .talk[data-open]")].map((part) => part.getBoundingClientRect().bottom - innerHeight),
  );
  expect(bottoms.map(Math.round).filter((beyond) => beyond !== 0)).toEqual([]);
}

const WIDTHS = { desk: DESK, phone: PHONE };

/** Each theme and each width once; all of them together when there is time, or when pictures are wanted. */
const ALL = process.env.HEXAGRAM_LONG === "1" || process.env.HEXAGRAM_SHOTS !== undefined;

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of ["desk", "phone"] as const) {
    if (!ALL && (colorScheme === "light") !== (width === "desk")) continue;

    test(`each state is accessible: ${colorScheme}, ${width}`, async () => {
      const options = { colorScheme, viewport: WIDTHS[width], bypassCSP: true };
      const name = (state: string): string => `${state}-${colorScheme}-${width}`;
      const tag = `${colorScheme}-${width}`;

      const stranger = await (await people.browser(options)).newPage();
      await stranger.goto(server.address);
      await stranger.getByLabel("Your token").waitFor();
      await look(stranger, name("sign-in-token"));
      await stranger.getByLabel("Your token").fill(foreign(await server.token(`Eve-${tag}`)));
      await stranger.getByRole("button", { name: "Sign in", exact: true }).click();
      await stranger.getByText("The server does not accept this token").waitFor();
      await look(stranger, name("token-refused"));
      await stranger.getByRole("button", { name: "Sign in again" }).click();
      await stranger.getByLabel("Your token").waitFor();
      await stranger.goto(server.link);
      await stranger.reload();
      await stranger.getByLabel("Your name").waitFor();
      await look(stranger, name("sign-in"));

      const alice = await people.signIn(server, `Alice-${tag}`, options);
      await look(alice, name("empty"));
      const bob = await people.signIn(server, `Bob-${tag}`);
      await open(alice, `Bob-${tag}`);
      await look(alice, name("first"));
      await write(alice, "The ferry at 6:40 tomorrow, or the one after?");
      await open(bob, `Alice-${tag}`);
      await write(bob, "The first one. I’ll bring coffee.");
      await write(
        bob,
        "And the map – the one with the tide tables on the back, because the path below the cliff is only there for three hours.",
      );
      await write(alice, "Good. 明天见！");
      await marks(alice, "delivered", 2);
      await alice.getByText("tide tables").first().waitFor();
      await look(alice, name("talk"));

      await open(alice, "小明");
      await write(alice, "你到了告诉我一声。");
      await marks(alice, "stored", 1);
      await write(bob, "Still awake?");
      await alice.waitForFunction(() => document.title.startsWith("(1)"));
      await look(alice, name("stored"));
      await alice.evaluate(() => (location.hash = "#/chat"));
      await alice.getByText("1 unread").waitFor({ state: "attached" });
      await look(alice, name("list"));

      await open(alice, `Bob-${tag}`);
      await server.kill();
      await alice.getByText("The server cannot be reached").waitFor();
      await write(alice, "This one is not meant to leave.");
      await alice.getByRole("button", { name: "Do not send" }).click();
      await marks(alice, "cancelled", 1);
      await write(alice, "This one waits until the server is back.");
      await alice.getByRole("button", { name: "Do not send" }).waitFor();
      await look(alice, name("unreachable"));
      await alice.context().setOffline(true);
      await alice.getByText("You are offline").waitFor();
      await look(alice, name("offline"));
      await alice.context().setOffline(false);
      await server.start();
      await marks(alice, "delivered", 3);

      await alice.evaluate(() => (location.hash = "#/chat"));
      if (width === "phone") await alice.getByRole("textbox", { name: "Write to" }).waitFor();
      await alice.getByRole("button", { name: "中文" }).click();
      await alice.getByRole("textbox", { name: "写给" }).waitFor();
      await look(alice, name("chinese"));
    });

    test(`so is that another copy has taken over: ${colorScheme}, ${width}`, async () => {
      const user = `Carol-${colorScheme}-${width}`;
      const carol = await people.signIn(server, user, { colorScheme, viewport: WIDTHS[width], bypassCSP: true });
      await carol.evaluate(takeOver, user);
      await carol.getByText(`${user} goes on in another place`).waitFor();
      await look(carol, `superseded-${colorScheme}-${width}`);
    });
  }
}
