/** What colours somebody wants. */
export type Theme = "system" | "light" | "dark";

const KEPT = "hexagram theme";
const ORDER: readonly Theme[] = ["system", "light", "dark"];
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

/** What is wanted. */
export function theme(): Theme {
  return ORDER.find((one) => one === localStorage.getItem(KEPT)) ?? "system";
}

/** Goes on to the next of the three. */
export function nextTheme(): void {
  localStorage.setItem(KEPT, ORDER[(ORDER.indexOf(theme()) + 1) % ORDER.length] ?? "system");
  apply();
}

/** Colours the page, now and whenever the system or another tab changes its mind. */
export function keepTheme(): void {
  apply();
  systemIsDark.addEventListener("change", apply);
  addEventListener("storage", apply);
}

function apply(): void {
  const wanted = theme();
  document.documentElement.dataset.theme = wanted === "system" ? (systemIsDark.matches ? "dark" : "light") : wanted;
}
