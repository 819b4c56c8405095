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

/** Runs in the page: connects as the same device, with a higher number. */
export async function takeOver(user: string): Promise<void> {
  const row = await new Promise<{ readonly device: string }>((resolve) => {
    const opening = indexedDB.open(`hexagram ${user}`);
    opening.onsuccess = () => {
      const asked = opening.result.transaction("client").objectStore("client").get("client");
      asked.onsuccess = () => resolve(asked.result as { readonly device: string });
    };
  });
  const headers = { authorization: `Bearer ${localStorage.getItem("hexagram key") ?? ""}` };
  const answer = await fetch(`page/token?user=${user}`, { method: "POST", headers });
  const { token } = (await answer.json()) as { readonly token: string };
  const socket = new WebSocket("/v1/ws", "hexagram.v1.json");
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  const position = { epoch: "0000000000000000", cursor: 0, window: 1, windowBytes: 1000, start: "oldest" };
  socket.send(JSON.stringify({ kind: "hello", token, device: row.device, connection: 50, ...position, software: "test" }));
  await new Promise((resolve) => socket.addEventListener("message", resolve));
}

/** The same token, as if another server had made it: its signature is another. */
export function foreign(token: string): string {
  const [head, claims, signature = ""] = token.split(".");
  return `${head ?? ""}.${claims ?? ""}.${signature.slice(1)}A`;
}
