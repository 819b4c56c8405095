import { readFileSync } from "node:fs";

/** Reads a file of `protocol/vectors`, which every implementation runs unchanged. */
export function readVectors<T>(file: string): T {
    return JSON.parse(readFileSync(new URL(`../../../protocol/vectors/${file}`, import.meta.url), "utf8")) as T;
}
