/** What the server says about itself. `link`: whoever has come by the printed link may be anybody here, and may use the lab. */
export interface ServerFacts {
  readonly version: string;
  readonly link: boolean;
}

const KEPT = "hexagram key";

/** The server would not do what the page asked; the message is its own. */
export class ServerRefusal extends Error {
  override readonly name = "ServerRefusal";

  constructor(
    /** The status of HTTP. 401: the key is not this server's. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Takes the key out of the address, where it would be seen and copied, and keeps it. */
export function takeKey(): void {
  const key = /^#key=(.+)$/.exec(location.hash)?.[1];
  if (key === undefined) return;
  localStorage.setItem(KEPT, key);
  history.replaceState(null, "", location.pathname);
}

/** Whether this browser has come by the printed link, ever. */
export function hasKey(): boolean {
  return localStorage.getItem(KEPT) !== null;
}

/** What the server says about itself. */
export async function facts(): Promise<ServerFacts> {
  const answer = await fetch("page.json", { cache: "no-store" });
  return (await checked(answer).then((good) => good.json())) as ServerFacts;
}

/**
 * A token for this user, good for an hour.
 * @throws ServerRefusal when the key is not this server's, or nobody can be called that.
 */
export async function tokenFor(user: string): Promise<string> {
  const answer = await ask(`page/token?user=${encodeURIComponent(user)}`);
  return ((await answer.json()) as { readonly token: string }).token;
}

/**
 * Stops the server, which comes back by itself.
 * @param awayMilliseconds How long it stays away; up to 10,000.
 */
export async function restart(awayMilliseconds: number): Promise<void> {
  await ask(`page/restart?away=${awayMilliseconds}`);
}

async function ask(path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${localStorage.getItem(KEPT) ?? ""}` };
  return checked(await fetch(path, { method: "POST", headers }));
}

async function checked(answer: Response): Promise<Response> {
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => ({}))) as { readonly title?: string; readonly detail?: string };
  throw new ServerRefusal(answer.status, problem.detail ?? problem.title ?? `HTTP ${answer.status}`);
}
