import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  // The client by its sources: building the page needs no build of the package before.
  resolve: { alias: { "@hexagram/client": fileURLToPath(new URL("../typescript/src/index.ts", import.meta.url)) } },
  build: { target: "es2022" },
});
