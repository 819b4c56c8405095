import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { launch, People, Server } from "./harness";
import { marks, open } from "./talking";

const MESSAGES = 200;
/** Thrown away: the first ones wait for compilers and caches. */
const WARM_UP = 20;

/** Runs in the page: sends a message, and says how many milliseconds lay between the click and the mark that says "delivered", drawn. */
async function sendOne(text: string): Promise<number> {
  const words = document.querySelector<HTMLTextAreaElement>(".composer textarea");
  const button = document.querySelector<HTMLButtonElement>(".composer button");
  if (!words || !button) throw new Error("No conversation is open.");
  words.value = text;
  words.dispatchEvent(new Event("input"));
  const before = document.querySelectorAll(".row[data-mark=delivered]").length;
  const began = performance.now();
  const delivered = new Promise<number>((resolve) => {
    const looking = new MutationObserver(() => {
      if (document.querySelectorAll(".row[data-mark=delivered]").length === before) return;
      looking.disconnect();
      resolve(performance.now() - began);
    });
    looking.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-mark"] });
  });
  button.click();
  return delivered;
}

function quantile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1);
}

async function measure(alice: Page): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + MESSAGES; i++) times.push(await alice.evaluate(sendOne, `message ${i}`));
  return times.slice(WARM_UP).sort((left, right) => left - right);
}

test("from the click to the mark that says delivered", async () => {
  const browser = await launch();
  const server = await Server.start();
  const people = new People(browser);
  try {
    const alice = await people.signIn(server, "alice");
    const bob = await people.signIn(server, "bob");
    await open(bob, "alice");
    await open(alice, "bob");
    const times = await measure(alice);
    await marks(alice, "delivered", WARM_UP + MESSAGES);
    expect(times).toHaveLength(MESSAGES);
    console.log(
      `click to delivered, ${MESSAGES} messages one after the other: p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms, longest ${quantile(times, 1)} ms`,
    );
    await people.leave();
  } finally {
    await browser.close();
    await server[Symbol.asyncDispose]();
  }
});
