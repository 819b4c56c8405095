import { createHash } from "node:crypto";
import { realpath, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreError, words } from "../errors.js";

/** A folder that this process alone uses. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes a folder for this process: by listening at an address made from its path, which the operating system gives to one process at a
 * time and takes back when that dies, however it dies. Processes on other machines, or in other containers, are not seen.
 *
 * @throws StoreError when another process, or this one, has it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const address = addressFor(await realpath(folder));
  for (;;) {
    try {
      const server = await listen(address);
      return { release: () => new Promise((resolve) => server.close(() => resolve())) };
    } catch (cause) {
      if (!isInUse(cause)) throw new StoreError(`The folder '${folder}' cannot be locked: ${words(cause)}`, { cause });
      if (await answers(address)) throw new StoreError(`The folder '${folder}' is in use by another client.`, { cause });
      // A socket file outlives its process where there are no abstract addresses; nobody listens behind this one.
      await rm(address, { force: true });
    }
  }
}

function addressFor(path: string): string {
  const name = `hexagram-${createHash("sha256").update(path).digest("hex").slice(0, 32)}`;
  switch (process.platform) {
    case "linux":
      return `\0${name}`;
    case "win32":
      return `\\\\.\\pipe\\${name}`;
    default:
      return join(tmpdir(), `${name}.sock`);
  }
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function isInUse(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
}
