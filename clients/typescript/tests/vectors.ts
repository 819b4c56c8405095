import { readFileSync } from "node:fs";

/** Reads a file of `protocol/vectors`, which every implementation runs unchanged. */
export function readVectors(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../protocol/vectors/${file}`, import.meta.url), "utf8"));
}
