import { element } from "../dom";

/** The hues of avatars, far enough from each other. */
const HUES = 9;

/** A person's first letter on a colour of their own. The name stands beside it. */
export function avatar(name: string): HTMLSpanElement {
  const letters = Array.from(name);
  const hue = letters.reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997, 7) % HUES;
  const made = element("span", { className: "avatar", attributes: { "aria-hidden": "true" } }, letters[0]?.toLocaleUpperCase());
  made.style.setProperty("--hue", String((hue * 360) / HUES));
  return made;
}
