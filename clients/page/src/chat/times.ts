import { locale } from "../i18n";

const DAY = 86_400_000;

/** The time of day. */
export function clock(at: number): string {
  return new Intl.DateTimeFormat(locale(), { hour: "numeric", minute: "2-digit" }).format(at);
}

/** A day: today and yesterday by their names, the last ones by that of the weekday. */
export function day(at: number): string {
  const days = Math.round((midnight(Date.now()) - midnight(at)) / DAY);
  if (days >= 0 && days < 2) return capitalized(new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(-days, "day"));
  if (days >= 2 && days < 7) return new Intl.DateTimeFormat(locale(), { weekday: "long" }).format(at);
  const year = new Date(at).getFullYear() !== new Date().getFullYear();
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long", ...(year && { year: "numeric" }) }).format(at);
}

/** As short as a list has place for: the time of today, else the day. */
export function short(at: number): string {
  return midnight(at) === midnight(Date.now()) ? clock(at) : day(at);
}

/** Everything about it. */
export function whole(at: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeStyle: "medium" }).format(at);
}

/** The day on which it was, as a number. */
export function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function capitalized(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
