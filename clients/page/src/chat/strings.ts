import type { Strings } from "../strings";

/** What the chat says. */
export const chatStrings = {} as const satisfies Strings;
