import { appendFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const BYTES_MAX = 15_000;

/** What a page loads for a client with its store, compressed as servers do it for browsers; long polling comes as a file of its own, when it is needed. */
test(`a page loads less than ${BYTES_MAX} bytes`, async () => {
  const { outputFiles } = await build({
    stdin: { contents: 'export { HexagramClient, indexedDbStore } from "./dist/index.js";', resolveDir: process.cwd() },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    outdir: "page",
    write: false,
  });
  const polling = outputFiles.filter(({ path }) => path.includes("polling"));
  const page = Buffer.concat(outputFiles.filter((file) => !polling.includes(file)).map(({ contents }) => contents));
  const gzip = gzipSync(page, { level: 9 }).length;
  const brotli = brotliCompressSync(page).length;
  const later = gzipSync(polling[0]?.contents ?? "", { level: 9 }).length;
  const fact = `@hexagram/client: ${page.length} bytes minified, ${gzip} with gzip, ${brotli} with Brotli; long polling ${later} more with gzip`;
  if (process.env.HEXAGRAM_MEASURED) appendFileSync(process.env.HEXAGRAM_MEASURED, `${fact}\n`);
  else console.log(fact);
  expect(polling).toHaveLength(1);
  expect(brotli).toBeLessThan(BYTES_MAX);
});
