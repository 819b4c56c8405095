import { defineConfig } from "vitest/config";
import { AssemblyReporter } from "../typescript/tests/harness/assembly-reporter.js";

const report = process.env.HEXAGRAM_REPORT;

export default defineConfig({
  test: {
    include: ["tests/*.test.ts"],
    // Far more than a test needs, for a machine that does much else.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // Each file has a server and a browser of its own; two at a time are enough for a small machine.
    maxWorkers: 2,
    reporters: report === undefined ? ["default"] : ["default", new AssemblyReporter(report)],
  },
});
