import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { launch, People, Server } from "./harness";
import { foreign, marks, open, said, takeOver, write } from "./talking";

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

test("two people write to each other, and the marks say that it was delivered", async () => {
  const alice = await people.signIn(server, "alice-1");
  const bob = await people.signIn(server, "bob-1");
  await open(alice, "bob-1");
  await write(alice, "你好, Bob");
  await marks(alice, "delivered", 1);

  await bob.getByRole("link", { name: "alice-1" }).click();
  await write(bob, "Hello, Alice");
  await marks(bob, "delivered", 1);
  expect(await said(alice)).toEqual(["> 你好, Bob", "< Hello, Alice"]);
  expect(await said(bob)).toEqual(["< 你好, Bob", "> Hello, Alice"]);
});

test("a message to somebody who is away is stored, and delivered when they come", async () => {
  const alice = await people.signIn(server, "alice-2");
  await open(alice, "bob-2");
  await write(alice, "for later");
  await marks(alice, "stored", 1);
  await alice.getByRole("log").getByText("stored for bob-2, who is away").waitFor({ state: "attached" });

  const bob = await people.signIn(server, "bob-2");
  await marks(alice, "delivered", 1);
  await bob.getByRole("link", { name: "alice-2" }).click();
  await bob.getByRole("log").getByText("for later").waitFor();
});

test("who reads the end of a conversation goes on doing so when a keyboard takes half of the screen", async () => {
  const alice = await people.signIn(server, "alice-2b");
  await open(alice, "bob-2b");
  for (let i = 0; i < 20; i++) await write(alice, `number ${i}`);
  await marks(alice, "stored", 20);
  await alice.setViewportSize({ width: 390, height: 420 });
  const log = alice.getByRole("log");
  const hidden = (): Promise<number> =>
    log.evaluate(({ scrollTop, clientHeight, scrollHeight }) => scrollHeight - clientHeight - scrollTop);
  await expect.poll(hidden).toBeLessThan(2);

  // Who reads what was before stays there.
  await log.evaluate((element) => element.scrollTo(0, 0));
  await alice.setViewportSize({ width: 390, height: 400 });
  expect(await log.evaluate(({ scrollTop }) => scrollTop)).toBe(0);
});

test("the server is killed and started again while both type, and nothing is lost, doubled or reordered", async () => {
  const alice = await people.signIn(server, "alice-3");
  const bob = await people.signIn(server, "bob-3");
  await open(alice, "bob-3");
  await open(bob, "alice-3");
  const numbers = Array.from({ length: 12 }, (_, i) => i);
  for (const i of numbers) {
    await write(alice, `a${i}`);
    await write(bob, `b${i}`);
    if (i === 3) {
      await server.kill();
      await alice.getByText("The server cannot be reached").waitFor();
    }
    if (i === 8) await server.start();
  }

  await marks(alice, "delivered", numbers.length);
  await marks(bob, "delivered", numbers.length);
  await alice.getByText("The server cannot be reached").waitFor({ state: "hidden" });
  for (const page of [alice, bob]) {
    const own = page === alice ? "a" : "b";
    const other = page === alice ? "b" : "a";
    const seen = await said(page);
    expect(seen.filter((line) => line.startsWith(">"))).toEqual(numbers.map((i) => `> ${own}${i}`));
    expect(seen.filter((line) => line.startsWith("<"))).toEqual(numbers.map((i) => `< ${other}${i}`));
  }
});

test("a tab that is closed with a message waiting sends it when it is opened again", async () => {
  const alice = await people.signIn(server, "alice-4");
  const bob = await people.signIn(server, "bob-4");
  await open(bob, "alice-4");
  await open(alice, "bob-4");
  await server.kill();
  await alice.getByText("The server cannot be reached").waitFor();
  await write(alice, "waits in the outbox");
  await marks(alice, "waiting", 1);
  const context = alice.context();
  await alice.close();

  await server.start();
  const again = await context.newPage();
  await again.goto(`${server.address}#/chat/bob-4`);
  await marks(again, "delivered", 1);
  await bob.getByRole("log").getByText("waits in the outbox").waitFor();
  expect(await said(again)).toEqual(["> waits in the outbox"]);
});

test("a reload keeps the conversation, the draft and who is signed in", async () => {
  const alice = await people.signIn(server, "alice-5");
  await open(alice, "bob-5");
  await write(alice, "kept");
  await marks(alice, "stored", 1);
  await alice.getByRole("textbox", { name: "Message to" }).fill("not sent yet");
  await alice.reload();

  await marks(alice, "stored", 1);
  expect(await said(alice)).toEqual(["> kept"]);
  expect(await alice.getByRole("textbox", { name: "Message to" }).inputValue()).toBe("not sent yet");
});

test("two tabs of one user show the same, and when one is closed the other goes on", async () => {
  const first = await people.signIn(server, "alice-6");
  const bob = await people.signIn(server, "bob-6");
  await open(bob, "alice-6");
  await open(first, "bob-6");
  const second = await first.context().newPage();
  await second.goto(`${server.address}#/chat/bob-6`);
  await second.getByText("Connected", { exact: true }).waitFor();

  await write(second, "from the second tab");
  await marks(first, "delivered", 1);
  await marks(second, "delivered", 1);
  await write(bob, "to both");
  await first.getByRole("log").getByText("to both").waitFor();
  await second.getByRole("log").getByText("to both").waitFor();

  await first.close();
  await write(bob, "to the one that is left");
  await second.getByRole("log").getByText("to the one that is left").waitFor();
  await write(second, "and back");
  await marks(second, "delivered", 2);
  await marks(bob, "delivered", 2);
  expect(await said(bob)).toEqual(["< from the second tab", "> to both", "> to the one that is left", "< and back"]);
});

test("what is unread is counted, in the list and in the title, until it is seen", async () => {
  const alice = await people.signIn(server, "alice-7");
  const bob = await people.signIn(server, "bob-7");
  await open(alice, "bob-7");
  await write(alice, "one");
  await write(alice, "two");
  await bob.getByRole("link", { name: "alice-7" }).getByText("2 unread").waitFor({ state: "attached" });
  await bob.waitForFunction(() => document.title === "(2) Hexagram");

  await bob.getByRole("link", { name: "alice-7" }).click();
  await bob.waitForFunction(() => document.title === "Hexagram");
  await bob.getByText("2 unread").waitFor({ state: "detached" });
});

test("what somebody writes is a text, whatever it looks like", async () => {
  const alice = await people.signIn(server, "alice-8");
  await open(alice, "<b>bob</b>");
  await write(alice, "<img src=x onerror=alert(1)>&amp;");
  await marks(alice, "stored", 1);
  expect(await said(alice)).toEqual(["> <img src=x onerror=alert(1)>&amp;"]);
  await alice.getByRole("heading", { name: "<b>bob</b>" }).waitFor();
});

test("everything can be done with the keyboard, and Shift+Enter breaks the line", async () => {
  const context = await people.browser();
  const alice = await context.newPage();
  await alice.goto(server.link);
  await alice.getByLabel("Your name").waitFor();
  await alice.keyboard.type("alice-9");
  await alice.keyboard.press("Enter");
  const to = alice.getByRole("textbox", { name: "Write to" });
  await to.waitFor();
  while (!(await to.evaluate((field) => field === document.activeElement))) await alice.keyboard.press("Tab");
  await alice.keyboard.type("bob-9");
  await alice.keyboard.press("Enter");
  await alice.getByRole("heading", { name: "bob-9" }).waitFor();
  await alice.keyboard.type("first line");
  await alice.keyboard.press("Shift+Enter");
  await alice.keyboard.type("second line");
  await alice.keyboard.press("Enter");

  await marks(alice, "stored", 1);
  expect(await said(alice)).toEqual(["> first line\nsecond line"]);
});

test("where no WebSocket can be opened, polling takes over, and nothing else changes", async () => {
  const context = await people.browser();
  await context.routeWebSocket(/.*/, (socket) => void socket.close());
  const alice = await context.newPage();
  await alice.goto(server.link);
  await alice.getByLabel("Your name").fill("alice-15");
  await alice.getByRole("button", { name: "Sign in", exact: true }).click();
  await alice.getByText("Connected by long polling").waitFor();
  const bob = await people.signIn(server, "bob-15");

  await open(alice, "bob-15");
  await write(alice, "by a request");
  await marks(alice, "delivered", 1);
  await open(bob, "alice-15");
  await write(bob, "in an answer");
  await marks(bob, "delivered", 1);
  expect(await said(alice)).toEqual(["> by a request", "< in an answer"]);
});

test("another copy of the same data takes over, and this one says so and can come back", async () => {
  const alice = await people.signIn(server, "alice-10");
  await alice.evaluate(takeOver, "alice-10");
  await alice.getByText("alice-10 goes on in another place").waitFor();

  await alice.getByRole("button", { name: "Use it here" }).click();
  await alice.getByText("alice-10 goes on in another place").waitFor({ state: "hidden" });
});

test("a message that waits can be cancelled by the keyboard, and is never sent", async () => {
  const alice = await people.signIn(server, "alice-20");
  const bob = await people.signIn(server, "bob-20");
  await open(bob, "alice-20");
  await open(alice, "bob-20");
  await server.kill();
  await alice.getByText("The server cannot be reached").waitFor();
  await write(alice, "not this");
  await write(alice, "but this");
  await alice.getByRole("button", { name: "Do not send" }).nth(1).waitFor();

  await alice.getByRole("textbox", { name: "Message to" }).press("Shift+Tab");
  await alice.keyboard.press("Shift+Tab");
  await alice.keyboard.press("Enter");
  await marks(alice, "cancelled", 1);
  await alice.getByRole("log").getByText("cancelled: it has never left this device").first().waitFor();
  expect(await alice.evaluate(() => document.activeElement?.className)).toBe("log");

  await server.start();
  await marks(alice, "delivered", 1);
  expect(await said(bob)).toEqual(["< but this"]);
  await alice.reload();
  await marks(alice, "cancelled", 1);
  expect(await said(alice)).toEqual(["> not this", "> but this"]);
});

test("a message that the server does not take says so", async () => {
  const alice = await people.signIn(server, "alice-11");
  await open(alice, "bob-11");
  await write(alice, "long ".repeat(300_000));
  await marks(alice, "refused", 1);
  await alice.getByRole("log").getByText("refused: it is too large").first().waitFor();
});

test("somebody who has not come by the link signs in with a token", async () => {
  const context = await people.browser();
  const alice = await context.newPage();
  await alice.goto(server.address);
  await alice.getByLabel("Your token").fill("not a token");
  await alice.getByRole("button", { name: "Sign in", exact: true }).click();
  await alice.getByText("This is not a token that names a user.").waitFor();

  await alice.getByLabel("Your token").fill(await server.token("alice-12"));
  await alice.getByRole("button", { name: "Sign in", exact: true }).click();
  await alice.getByText("Connected", { exact: true }).waitFor();
  await alice.getByText("alice-12").waitFor();
});

test("a token that the server does not accept says so, and leads back to signing in", async () => {
  const alice = await (await people.browser()).newPage();
  await alice.goto(server.address);
  await alice.getByLabel("Your token").fill(foreign(await server.token("alice-21")));
  await alice.getByRole("button", { name: "Sign in", exact: true }).click();
  await alice.getByText("The server does not accept this token").waitFor();
  await alice.getByRole("button", { name: "Sign in again" }).click();
  await alice.getByLabel("Your token").waitFor();
});

test("the key does not stay in the address, and signing out leaves nobody", async () => {
  const alice = await people.signIn(server, "alice-13");
  expect(alice.url()).not.toContain("key=");
  await alice.getByRole("button", { name: "Sign out" }).click();
  await alice.getByLabel("Your name").waitFor();
  await alice.reload();
  await alice.getByLabel("Your name").waitFor();
});

test("language and colours are chosen once, and kept", async () => {
  const alice = await people.signIn(server, "alice-14", { colorScheme: "light" });
  await alice.getByRole("button", { name: "中文" }).click();
  await alice.getByText("已连接").waitFor();
  await alice.getByRole("button", { name: "配色：跟随系统" }).click();
  await alice.getByRole("button", { name: "配色：浅色" }).click();
  await alice.reload();
  await alice.getByText("已连接").waitFor();
  expect(await alice.locator("html").getAttribute("lang")).toBe("zh-Hans");
  expect(await alice.locator("html").getAttribute("data-theme")).toBe("dark");
});

test("the mark of the newest message says in words what it means", async () => {
  const alice = await people.signIn(server, "alice-words");
  await open(alice, "bob-words");
  await write(alice, "first");
  await write(alice, "second");
  await marks(alice, "stored", 2);
  // Words for those who listen alone take one pixel.
  const seen = (row: number): Promise<boolean> =>
    alice
      .locator(".row.own .mark .spoken")
      .nth(row)
      .evaluate((words) => words.clientWidth > 50 && words.clientHeight > 10);
  expect(await Promise.all([seen(0), seen(1)])).toEqual([false, true]);
  expect(await alice.locator(".row.own .mark .spoken").nth(1).textContent()).toBe("stored for bob-words, who is away");
});

test("of a long message the beginning is shown, and the rest when it is asked for", async () => {
  const alice = await people.signIn(server, "alice-long");
  await open(alice, "bob-long");
  const poem = Array.from({ length: 40 }, (_, line) => `line ${line}`).join("\n");
  await write(alice, poem);
  await write(alice, `x${"𝒳".repeat(2_000)}`);
  const rows = alice.locator(".row.own");
  expect((await rows.nth(0).locator("p").textContent())?.split("\n")).toHaveLength(16);
  expect(await rows.nth(1).locator("p").textContent()).toBe(`x${"𝒳".repeat(599)}…`);

  const button = rows.nth(0).getByRole("button", { name: "Show all" });
  expect(await button.getAttribute("aria-expanded")).toBe("false");
  await button.click();
  expect(await rows.nth(0).locator("p").textContent()).toBe(poem);
  await rows.nth(0).getByRole("button", { name: "Show less" }).click();
  expect((await rows.nth(0).locator("p").textContent())?.split("\n")).toHaveLength(16);

  await write(alice, "short");
  expect(await rows.nth(2).getByRole("button").count()).toBe(0);
});

test("whoever asks for the rest of a long message reads on where its beginning ended", async () => {
  const alice = await people.signIn(server, "alice-rest");
  await open(alice, "bob-rest");
  await write(alice, Array.from({ length: 200 }, (_, line) => `line ${line}`).join("\n"));
  const log = alice.getByRole("log");
  const before = await log.evaluate(({ scrollTop }) => scrollTop);
  await alice.getByRole("button", { name: "Show all" }).click();
  await alice.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  expect(await log.evaluate(({ scrollTop }) => scrollTop)).toBe(before);
  expect(await log.evaluate(({ scrollTop, clientHeight, scrollHeight }) => scrollHeight - clientHeight - scrollTop)).toBeGreaterThan(1_000);
  await alice.getByRole("button", { name: "Show less" }).click();
  await alice.getByRole("button", { name: "Show all" }).waitFor();
  expect(
    await alice.getByRole("button", { name: "Show all" }).evaluate((button) => button.getBoundingClientRect().bottom <= innerHeight),
  ).toBe(true);
});
