/**
 * `@hexagram/client` in Node: the same, and a store in a folder.
 *
 * @packageDocumentation
 */
export * from "./index.js";
export { fileStore } from "./node/file-store.js";
