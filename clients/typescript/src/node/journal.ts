import { createHash } from "node:crypto";
import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { StoreError, words } from "../errors.js";

/** A file of lines that only grows, each synced to the disk before its promise resolves. What gathers during a sync goes with the next. */
export class Journal {
  #pending: { readonly line: string; readonly resolve: () => void; readonly reject: (cause: unknown) => void }[] = [];
  #running: Promise<void> = Promise.resolve();
  #failure: StoreError | undefined;

  readonly #path: string;
  #file: FileHandle;
  #length: number;

  private constructor(path: string, file: FileHandle, length: number) {
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#length;
  }

  /**
   * Opens a journal and hands its records to `each`, in order. A last line that was torn by a crash was promised to nobody, and is cut off.
   * @throws StoreError when another line is damaged.
   */
  static async open(path: string, each: (record: unknown) => void): Promise<Journal> {
    const text = await readIfThere(path);
    const end = text.lastIndexOf(0x0a) + 1;
    let whole = 0;
    for (let start = 0; start < end;) {
      const stop = text.indexOf(0x0a, start);
      const record = readLine(text.subarray(start, stop).toString("utf8"));
      if (record === undefined && stop + 1 < end) throw new StoreError(`The journal '${path}' is damaged at byte ${start}.`);
      if (record === undefined) break;
      each(record);
      start = whole = stop + 1;
    }
    const file = await open(path, "a");
    await file.truncate(whole);
    await file.sync();
    await syncFolder(dirname(path));
    return new Journal(path, file, whole);
  }

  /** Durable when it resolves. After a failed sync nobody knows what is on the disk: nothing more is written. */
  append(record: unknown): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    const written = new Promise<void>((resolve, reject) => this.#pending.push({ line: writeLine(record), resolve, reject }));
    if (this.#pending.length === 1) this.#running = this.#running.then(() => this.#flush());
    return written;
  }

  /** Writes these records in place of all that is there. */
  replace(records: Iterable<unknown>): Promise<void> {
    this.#running = this.#running.then(async () => {
      if (this.#failure) return;
      try {
        let text = "";
        for (const record of records) text += writeLine(record);
        const next = await open(`${this.#path}.new`, "w");
        await next.writeFile(text);
        await next.sync();
        await next.close();
        await rename(`${this.#path}.new`, this.#path);
        await syncFolder(dirname(this.#path));
        await this.#file.close();
        this.#file = await open(this.#path, "a");
        this.#length = Buffer.byteLength(text);
      } catch (cause) {
        this.#fail(cause);
      }
    });
    return this.#running;
  }

  async close(): Promise<void> {
    await this.#running;
    this.#failure ??= new StoreError("The store is closed.");
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    const batch = this.#pending;
    this.#pending = [];
    if (batch.length === 0) return;
    try {
      if (this.#failure) throw this.#failure;
      const text = batch.map(({ line }) => line).join("");
      await this.#file.appendFile(text);
      await this.#file.datasync();
      this.#length += Buffer.byteLength(text);
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      const failure = this.#fail(cause);
      for (const { reject } of batch) reject(failure);
    }
  }

  #fail(cause: unknown): StoreError {
    return (this.#failure ??= new StoreError(`The journal '${this.#path}' cannot be written: ${words(cause)}`, { cause }));
  }
}

function writeLine(record: unknown): string {
  const json = JSON.stringify(record, (key, value: unknown) =>
    key === "bytes" && value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
  );
  return `${checksum(json)} ${json}\n`;
}

function readLine(line: string): unknown {
  const json = line.slice(9);
  if (line.slice(0, 9) !== `${checksum(json)} `) return undefined;
  return JSON.parse(json, (key, value: unknown) => {
    if (typeof value !== "string") return value;
    if (key === "bytes") return new Uint8Array(Buffer.from(value, "base64"));
    return DATES.has(key) ? new Date(value) : value;
  });
}

const DATES = new Set(["acceptedAt", "sentAt", "at"]);

function checksum(json: string): string {
  return createHash("sha256").update(json).digest("hex").slice(0, 8);
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return Buffer.alloc(0);
    throw cause;
  }
}

/** A file is there after a crash when its folder says so. */
async function syncFolder(folder: string): Promise<void> {
  // Windows neither can nor needs to open a folder for that.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  await handle.sync();
  await handle.close();
}
