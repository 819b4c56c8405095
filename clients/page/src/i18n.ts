import { chatStrings } from "./chat/strings";
import { labStrings } from "./lab/strings";
import { shellStrings } from "./strings";

/** The languages of the page. */
export type Language = "en" | "zh";

const strings = { ...shellStrings, ...chatStrings, ...labStrings };

/** The name of something that the page says. Each view names its own, in the `strings.ts` beside it. */
export type StringKey = keyof typeof strings;

const KEPT = "hexagram language";
let current: Language = initial();

/** The language that is shown. */
export function language(): Language {
  return current;
}

/** Shows the other one from now on; whoever shows words draws them anew. */
export function setLanguage(chosen: Language): void {
  current = chosen;
  localStorage.setItem(KEPT, chosen);
  document.documentElement.lang = chosen === "zh" ? "zh-Hans" : "en";
}

/** What `key` says in the language that is shown, with `values` in the places of their names. */
export function t(key: StringKey, values: Readonly<Record<string, string | number>> = {}): string {
  const said: string = strings[key][current === "zh" ? 1 : 0];
  return said.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** The tag for `Intl`. */
export function locale(): string {
  return current === "zh" ? "zh-Hans" : navigator.language.startsWith("en") ? navigator.language : "en";
}

function initial(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}
