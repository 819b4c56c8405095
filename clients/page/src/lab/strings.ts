import type { Strings } from "../strings";

/** What the lab says. */
export const labStrings = {
  "lab.title": ["The lab", "实验室"],
} as const satisfies Strings;
