import { defineConfig } from "vitest/config";
import { AssemblyReporter } from "./tests/harness/assembly-reporter.js";

const report = process.env.HEXAGRAM_REPORT;

export default defineConfig({
  test: {
    include: ["tests/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: report === undefined ? ["default"] : ["default", new AssemblyReporter(report)],
  },
});
