// Builds dist/: one file for browsers, one for Node, each with its map, and the types beside them.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
const shared = {
  bundle: true,
  splitting: true,
  chunkNames: "[name]-[hash]",
  format: "esm",
  target: "es2022",
  sourcemap: true,
  outdir: "dist",
  logLevel: "warning",
};
await build({ ...shared, entryPoints: ["src/index.ts"], platform: "browser" });
await build({ ...shared, entryPoints: ["src/node.ts"], platform: "node", external: ["ws"] });
execFileSync("node_modules/.bin/tsc", ["--project", "tsconfig.build.json"], { stdio: "inherit" });
