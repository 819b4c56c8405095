import { element } from "../dom";
import { innerTruth } from "../hexagram";
import { type StringKey, t } from "../i18n";
import { facts, hasKey, ServerRefusal, tokenFor } from "../server";
import { canBeUser, type Identity, userOf } from "./identity";

/** Where nobody is signed in: a name for whoever has come by the printed link, a token for all others. */
export function signIn(done: (identity: Identity) => void): HTMLElement {
  const form = element("form", { className: "sign-in", noValidate: true });
  form.append(
    element("span", { className: "sign-in-sign" }, innerTruth(72)),
    element("h1", {}, "Hexagram"),
    element("p", { className: "tagline" }, t("chat.tagline")),
  );
  const ask = (byName: boolean): void => {
    form.append(...(byName ? byLink(form, done, () => ask(false)) : byToken(form, done)));
    form.querySelector<HTMLInputElement>(".field")?.focus();
  };
  const missing = (): void => {
    form.append(element("p", { className: "complaint", attributes: { role: "alert" } }, t("chat.signIn.failed")));
  };
  facts().then(({ link }) => ask(link && hasKey()), missing);
  return element("div", { className: "sign-in-place" }, form);
}

function byLink(form: HTMLFormElement, done: (identity: Identity) => void, otherwise: () => void): HTMLElement[] {
  const { parts, input, complain } = field("chat.signIn.name", [t("chat.signIn.name.hint")]);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const user = input.value.trim();
    if (!canBeUser(user)) {
      complain(t("chat.signIn.name.bad"));
      return;
    }
    try {
      await tokenFor(user);
      done({ user });
    } catch (cause) {
      const known = cause instanceof ServerRefusal;
      complain(known ? (cause.status === 401 ? t("chat.signIn.key.bad") : cause.message) : t("chat.signIn.failed"));
    }
  };
  const other = element("button", { type: "button", className: "button quiet" }, t("chat.signIn.byToken"));
  other.addEventListener("click", () => {
    for (const part of [...parts, other]) part.remove();
    otherwise();
  });
  return [...parts, other];
}

function byToken(form: HTMLFormElement, done: (identity: Identity) => void): HTMLElement[] {
  const { parts, input, complain } = field("chat.signIn.token", [
    t("chat.signIn.token.hint"),
    " ",
    element("code", {}, "hexagram token alice"),
  ]);
  form.onsubmit = (event) => {
    event.preventDefault();
    const token = input.value.trim();
    const user = userOf(token);
    if (user === undefined) complain(t("chat.signIn.token.bad"));
    else done({ user, token });
  };
  return parts;
}

function field(
  label: StringKey,
  hint: readonly (string | Node)[],
): { parts: HTMLElement[]; input: HTMLInputElement; complain: (words: string) => void } {
  const input = element("input", {
    id: "who",
    className: "field",
    autocomplete: label === "chat.signIn.name" ? "username" : "off",
    spellcheck: false,
    required: true,
    attributes: { autocapitalize: "none", "aria-describedby": "who-hint who-complaint" },
  });
  const complaint = element("p", { id: "who-complaint", className: "complaint", attributes: { role: "alert" } });
  const parts = [
    element("label", { htmlFor: "who" }, t(label)),
    input,
    complaint,
    element("button", { type: "submit", className: "button primary" }, t("chat.signIn")),
    element("p", { id: "who-hint", className: "hint" }, ...hint),
  ];
  const complain = (words: string): void => {
    complaint.textContent = words;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  return { parts, input, complain };
}
