import type { Page } from "playwright-core";
import type { Mark } from "../src/chat/marks";

/** Opens the conversation with `peer`, as its link does. */
export async function open(page: Page, peer: string): Promise<void> {
  await page.evaluate((address) => (location.hash = address), `#/chat/${encodeURIComponent(peer)}`);
  await page.getByRole("heading", { name: peer }).waitFor();
}

/** Writes a message and sends it with Enter; ends when it is shown, which it is when it is on the disk. */
export async function write(page: Page, text: string): Promise<void> {
  const words = page.getByRole("textbox", { name: "Message to" });
  await words.fill(text);
  const before = await page.locator(".row.own").count();
  await words.press("Enter");
  await page.locator(".row.own").nth(before).waitFor();
}

/** Waits until as many messages have this mark. */
export async function marks(page: Page, mark: Mark, count: number): Promise<void> {
  await page
    .locator(`.row[data-mark=${mark}]`)
    .nth(count - 1)
    .waitFor();
}

/** What is said in the open conversation, in the order in which it is shown: `>` by oneself, `<` by the other. */
export function said(page: Page): Promise<string[]> {
  return page
    .locator(".row")
    .evaluateAll((rows) => rows.map((row) => `${row.classList.contains("own") ? ">" : "<"} ${row.querySelector("p")?.textContent ?? ""}`));
}
