import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** The program, as the solution builds it, with the page beside it. */
const PROGRAM = fileURLToPath(new URL("../../../src/Hexagram.Cli/bin/Release/net10.0/hexagram.dll", import.meta.url));
/** Debian's package `chromium`. */
const CHROMIUM = process.env.HEXAGRAM_CHROMIUM ?? "/usr/bin/chromium";
/** Where pictures go, if anybody wants them. */
const SHOTS = process.env.HEXAGRAM_SHOTS;

/** What a browser says by itself while a server is gone. Everything else that it says is a failure. */
const ABSENCE =
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED|ERR_INTERNET_DISCONNECTED|net::ERR_FAILED|WebSocket connection to/;

/** How wide the two screens are that everything is looked at on. */
export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 800 };

/** `hexagram serve` over a folder of its own, which may be killed and started again at the same place. */
export class Server {
  #process: ChildProcess | undefined;
  #link = "";

  readonly #data: string;
  readonly #http: string;

  private constructor(data: string, http: string) {
    this.#data = data;
    this.#http = http;
  }

  static async start(): Promise<Server> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing. Build it: dotnet build src/Hexagram.Cli -c Release`);
    const server = new Server(await mkdtemp(join(tmpdir(), "hexagram-page-")), `127.0.0.1:${await freePort()}`);
    await server.start();
    return server;
  }

  /** The page with the key, as it is printed. */
  get link(): string {
    return this.#link;
  }

  /** The page without the key. */
  get address(): string {
    return `http://${this.#http}/`;
  }

  /** Starts it, if it does not run. */
  async start(): Promise<void> {
    if (this.#process?.exitCode === null) return;
    const child = spawn(
      "dotnet",
      [PROGRAM, "serve", "--data", this.#data, "--http", `http://${this.#http}`, "--tcp", "127.0.0.1:0", "--json"],
      {
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    this.#process = child;
    let said = "";
    for await (const part of child.stdout) {
      said += String(part);
      const ready = said.split("\n").find((line) => line.includes('"ready":true'));
      if (ready === undefined) continue;
      this.#link = (JSON.parse(ready) as { readonly page: string }).page;
      return;
    }
    throw new Error(`The server ended without being ready: ${said}`);
  }

  /** A token that `hexagram token` makes. */
  async token(user: string): Promise<string> {
    const child = spawn("dotnet", [PROGRAM, "token", user, "--data", this.#data], { stdio: ["ignore", "pipe", "ignore"] });
    let said = "";
    for await (const part of child.stdout) said += String(part);
    return said.trim();
  }

  /** As when the power fails. */
  async kill(): Promise<void> {
    const killed = this.#process;
    this.#process = undefined;
    if (killed?.exitCode !== null) return;
    const exit = once(killed, "exit");
    killed.kill("SIGKILL");
    await exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#data, { recursive: true, force: true });
  }
}

/** Chromium without a window. */
export function launch(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing. As root on Debian: apt-get install -y chromium`);
  // The sandbox of Chromium wants to be no root.
  return chromium.launch({ executablePath: CHROMIUM, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

type ContextOptions = NonNullable<Parameters<Browser["newContext"]>[0]>;

/** People at their browsers: contexts that share nothing, and all that went wrong in them. */
export class People {
  readonly #browser: Browser;
  readonly #contexts: BrowserContext[] = [];
  readonly #wrong: string[] = [];

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** A browser with nothing in it. */
  async browser(options: ContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ viewport: DESK, locale: "en-GB", reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(60_000);
    context.on("console", (said) => {
      if (said.type() !== "error" && said.type() !== "warning") return;
      if (!ABSENCE.test(said.text())) this.#wrong.push(`${said.type()}: ${said.text()}`);
    });
    context.on("weberror", (thrown) => this.#wrong.push(`thrown: ${thrown.error().stack ?? thrown.error().message}`));
    this.#contexts.push(context);
    return context;
  }

  /** A tab of a new browser, in which `user` has signed in by the printed link. */
  async signIn(server: Server, user: string, options: ContextOptions = {}): Promise<Page> {
    const context = await this.browser(options);
    const page = await context.newPage();
    await page.goto(server.link);
    await page.getByLabel("Your name").fill(user);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText("Connected", { exact: true }).waitFor();
    return page;
  }

  /** Closes all browsers. Nothing has gone wrong in any: no exception, and no error on a console. */
  async leave(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
    const wrong = this.#wrong.splice(0);
    if (wrong.length > 0) throw new Error(`Something went wrong in a browser: ${wrong.join("; ")}`);
  }
}

/** Takes a picture as it is now, if pictures are wanted: `HEXAGRAM_SHOTS=folder`. */
export async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
