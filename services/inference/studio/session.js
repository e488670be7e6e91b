// Whose token this page has: logging in and out, and what the token is good for.

import { get, Problem, post, remove } from "./api.js";
import { action, at, h, say, show } from "./elements.js";
import { reasonOf } from "./words.js";

/** @typedef {Http.Session["scopes"][number]} Scope */

const RETRY_MILLISECONDS = 1000;
const TOKEN_IN_ADDRESS = /^#token=(?<token>[\w-]+)$/u;

/** @type {Http.Session} */
let session = { name: "", scopes: [], expires_at: null };

/**
 * Whether the page's token has a scope.
 * @param {Scope} scope
 */
export const may = (scope) => session.scopes.includes("admin") || session.scopes.includes(scope);

/** Wait until somebody is logged in whose token may watch: by the link, by an earlier session, or by the form. */
export async function enter() {
  // A link that is opened in a page that is there already loads nothing by itself.
  addEventListener("hashchange", () => TOKEN_IN_ADDRESS.test(location.hash) && location.reload());
  let reason = await logInWith(tokenOfAddress());
  while (!may("watch")) {
    reason = await logInWith(await askForToken(reason));
  }
  at("login").hidden = true;
  for (const element of document.querySelectorAll("[data-needs]")) {
    if (element instanceof HTMLElement) element.hidden = !may(/** @type {Scope} */ (element.dataset.needs));
  }
  sayWhoIsHere();
}

/** Take the token out of the address, where it would stay in the browser's history. */
function tokenOfAddress() {
  const token = TOKEN_IN_ADDRESS.exec(location.hash)?.groups?.token ?? null;
  if (token) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

/**
 * Log in, without a token by the session that there may be; give the reason where that fails.
 * @param {string | null} token
 * @returns {Promise<string>}
 */
async function logInWith(token) {
  try {
    session = await (token ? post("v1/session", undefined, token) : get("v1/session"));
  } catch (error) {
    if (error instanceof Problem && error.status === 0) return await logInLater(token, error.message);
    // Whoever comes for the first time has done nothing wrong.
    return error instanceof Problem && error.code === "token-missing" ? "" : reasonOf(error);
  }
  return may("watch") ? "" : `The token ${session.name} is good for ${session.scopes.join(" and ")} alone. This page takes one with the scope watch or admin.`;
}

/**
 * Say that Familiar is away, and try again.
 * @param {string | null} token
 * @param {string} reason
 */
async function logInLater(token, reason) {
  say(at("missing"), reason);
  await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  say(at("missing"), "");
  return logInWith(token);
}

/**
 * Show the form, and give what is written into it.
 * @param {string} reason - why there has to be a token, or another one
 * @returns {Promise<string>}
 */
function askForToken(reason) {
  const place = at("login");
  const token = h("input", { id: "token", type: "password", autocomplete: "off", required: true });
  /** @type {Promise<string>} */
  const entered = new Promise((resolve) => {
    /** @param {Event} event */
    const onsubmit = (event) => {
      event.preventDefault();
      resolve(token.value.trim());
    };
    show(place,
      h("h2", { id: "login-heading" }, "Log in"),
      h("p", {}, "Open the link that ", h("code", {}, "familiar token show"), " prints, or paste a token."),
      h("p", {}, "In containers that is ", h("code", {}, "docker compose run --rm cli token show"), "."),
      h("form", { className: "buttons", onsubmit }, h("label", { htmlFor: "token" }, "Token"), token, h("button", { className: "primary" }, "Log in")),
      h("p", { className: "trouble-text", role: "alert" }, reason));
  });
  place.hidden = false;
  token.focus();
  return entered;
}

function sayWhoIsHere() {
  const limits = may("admin") ? "" : " It may watch: what changes something is left out.";
  const leave = action("Log out", async () => {
    await remove("v1/session");
    location.reload();
  });
  // Where access is open there is nobody to log out.
  if (session.name !== "everybody") show(at("session"), h("span", {}, `Token ${session.name}.${limits}`), leave);
}
