import "../style/chat.css";
import { element } from "../dom";
import { t } from "../i18n";
import { forgetSignedIn, type Identity, keepSignedIn, signedIn } from "./identity";
import { ChatSession } from "./session";
import { signIn } from "./sign-in";
import { ChatView } from "./view";

/** It lives as long as the page: also while the lab is shown, and while the words are drawn in another language. */
let session: Promise<ChatSession> | undefined;

/** Shows the chat in `root`, until the returned function is called. */
export function mountChat(root: HTMLElement): () => void {
  let leave: () => void = () => undefined;
  let isLeft = false;

  const showSignIn = (): void => {
    root.replaceChildren(
      signIn((identity) => {
        keepSignedIn(identity);
        void showChat(identity);
      }),
    );
  };

  const signOut = async (): Promise<void> => {
    leave();
    const ending = session;
    session = undefined;
    forgetSignedIn();
    await ending?.then((open) => open.close());
    document.title = "Hexagram";
    location.hash = "#/chat";
    showSignIn();
  };

  const showChat = async (identity: Identity): Promise<void> => {
    root.replaceChildren(element("p", { className: "opening", attributes: { role: "status" } }, t("chat.opening")));
    session ??= ChatSession.open(identity).then(countUnread);
    try {
      const open = await session;
      if (isLeft) return;
      const view = new ChatView(open, () => void signOut());
      root.replaceChildren(view.element);
      view.show();
      leave = () => view.close();
    } catch (cause) {
      session = undefined;
      const reason = cause instanceof Error ? cause.message : String(cause);
      root.replaceChildren(element("p", { className: "opening", attributes: { role: "alert" } }, t("chat.unopened", { reason })));
    }
  };

  const identity = signedIn();
  if (identity) void showChat(identity);
  else showSignIn();
  return () => {
    isLeft = true;
    leave();
    root.replaceChildren();
  };
}

/** The tab's title says how much is unread. */
function countUnread(open: ChatSession): ChatSession {
  const count = async (): Promise<void> => {
    const unread = (await open.talks()).reduce((sum, talk) => sum + talk.unread, 0);
    document.title = unread > 0 ? `(${unread}) Hexagram` : "Hexagram";
  };
  open.listen(({ changed }) => void (changed !== "connection" && count()));
  void count();
  return open;
}
