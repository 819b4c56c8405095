import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { AddressInfo } from "node:net";

/** The program, as the solution builds it. */
const PROGRAM = fileURLToPath(new URL("../../../../src/Hexagram.Cli/bin/Release/net10.0/hexagram", import.meta.url));

/** Runs `hexagram` with these arguments, and lets a test read what it says. */
export function hexagram(...parameters: string[]): ChildProcess {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing. Build it: dotnet build src/Hexagram.Cli -c Release`);
  return spawn(PROGRAM, parameters, { stdio: ["ignore", "pipe", "ignore"] });
}

/** Waits until a process has said this, and gives all that it has said. */
export async function said(child: ChildProcess, what: string): Promise<string> {
  let text = "";
  for await (const part of child.stdout ?? []) {
    text += String(part);
    if (text.includes(what)) return text;
  }
  throw new Error(`The process ended without saying '${what}': ${text}`);
}

/** `hexagram serve`, which may be killed and started again. */
export class RealServer {
  readonly #data: string;
  readonly #http: string;
  #process: ChildProcess | undefined;

  private constructor(data: string, http: string) {
    this.#data = data;
    this.#http = http;
  }

  static async start(data: string): Promise<RealServer> {
    const server = new RealServer(data, `http://127.0.0.1:${await freePort()}`);
    await server.start();
    return server;
  }

  get address(): string {
    return this.#http;
  }

  /** Where the C# clients of the command line connect. */
  get webSocket(): string {
    return this.#http.replace("http", "ws");
  }

  get data(): string {
    return this.#data;
  }

  async start(): Promise<void> {
    this.#process = hexagram("serve", "--data", this.#data, "--http", this.#http, "--tcp", "127.0.0.1:0", "--json");
    await said(this.#process, '"ready":true');
  }

  /** As when the power fails. */
  async kill(): Promise<void> {
    const killed = this.#process;
    this.#process = undefined;
    if (!killed) return;
    const exit = once(killed, "exit");
    killed.kill("SIGKILL");
    await exit;
  }

  token(user: string): string {
    return execFileSync(PROGRAM, ["token", user, "--data", this.#data], { encoding: "utf8" }).trim();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
