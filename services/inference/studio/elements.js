// Makes elements. Text is always text: no name, however it is written, becomes markup.

import { reasonOf } from "./words.js";

/**
 * @typedef {keyof HTMLElementTagNameMap} Tag
 * @typedef {Node | string | number | false | null | undefined} Child - where it is none of the first three, nothing is shown
 * @typedef {{ [name: `${"aria" | "data"}-${string}`]: string | number }} Attributes
 */

/**
 * @template {Tag} Name
 * @typedef {Partial<HTMLElementTagNameMap[Name]> & Attributes} Properties
 */

/**
 * Something that a dialog offers to do.
 * @template Result
 * @typedef {{ label: string, act: () => Promise<Result>, kind?: "primary" | "danger" }} Choice
 */

/**
 * Something to show, and lists of it in one another.
 * @typedef {Child | Children[]} Children
 */

/**
 * Make an element; functions are listeners, named as in `onclick`; what has a hyphen, and `role`, is an attribute.
 * @template {Tag} Name
 * @param {Name} tag
 * @param {Properties<Name>} [properties]
 * @param {...Children} children
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  /** @type {Record<string, unknown>} */
  const given = properties ?? {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), (event) => value(event));
    else if (name.includes("-") || name === "role") element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...flattened(children));
  return element;
}

/**
 * Make an element of SVG.
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Children} children
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...flattened(children));
  return element;
}

/**
 * Put lists in one another into one list, without what shows nothing.
 * @param {Children[]} children
 * @returns {(Node | string)[]}
 */
export function flattened(children) {
  return children.flatMap((child) => {
    if (Array.isArray(child)) return flattened(child);
    if (child === null || child === undefined || child === false || child === "") return [];
    return [typeof child === "number" ? String(child) : child];
  });
}

/**
 * Find the element of an id.
 * @param {string} id
 */
export function at(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element;
}

/**
 * Find the first element of a tag in another.
 * @template {Tag} Name
 * @param {Element} element
 * @param {Name} tag
 */
export function within(element, tag) {
  const found = element.querySelector(tag);
  if (!found) throw new Error(`There is no ${tag} in this ${element.localName}.`);
  return found;
}

/**
 * Show something else in a place, and nothing else.
 * @param {Element} place
 * @param {...Children} children
 */
export function show(place, ...children) {
  const next = flattened(children);
  // What is there already and is put in again would lose the focus and how far it is scrolled.
  if (next.length === place.childNodes.length && next.every((child, index) => child === place.childNodes[index])) return;
  place.replaceChildren(...next);
}

/**
 * Set a text where it differs, so that a screen reader does not hear it again.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Make a button that does something slow: it is disabled meanwhile, and says beside itself what went wrong.
 * @param {string} label
 * @param {() => Promise<void>} act
 * @param {Properties<"button">} [properties]
 */
export function action(label, act, properties) {
  const trouble = h("span", { className: "trouble-text", role: "alert" });
  const press = async () => {
    button.disabled = true;
    button.ariaBusy = "true";
    trouble.textContent = "";
    try {
      await act();
    } catch (error) {
      trouble.textContent = reasonOf(error);
    } finally {
      button.disabled = false;
      button.ariaBusy = "false";
    }
  };
  const button = h("button", { type: "button", ...properties, onclick: press }, label);
  return h("span", { className: "action" }, button, trouble);
}

/**
 * Ask in a dialog, and answer what was made of the button that was pressed, or null.
 * @template Result
 * @param {string} title
 * @param {Children} content
 * @param {Choice<Result>[]} choices
 * @returns {Promise<Result | null>}
 */
export function ask(title, content, choices) {
  const trouble = h("p", { className: "trouble-text", role: "alert" });
  return new Promise((resolve) => {
    /** @param {Result | null} answer */
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    /**
     * @param {Choice<Result>["act"]} act
     * @param {HTMLButtonElement} button
     */
    const press = async (act, button) => {
      button.disabled = true;
      trouble.textContent = "";
      try {
        finish(await act());
      } catch (error) {
        trouble.textContent = reasonOf(error);
        button.disabled = false;
      }
    };
    const buttons = choices.map(({ label, act, kind }) => {
      const button = h("button", { type: "button", className: kind ?? "" }, label);
      button.addEventListener("click", () => press(act, button));
      return button;
    });
    // Whoever presses Enter too often deletes nothing.
    const cancel = h("button", { type: "button", autofocus: choices.some(({ kind }) => kind === "danger"), onclick: () => finish(null) }, choices.length ? "Cancel" : "Close");
    const dialog = h("dialog", { "aria-label": title, oncancel: () => finish(null) },
      h("h3", {}, title), content, trouble, h("div", { className: "buttons" }, buttons, cancel));
    document.body.append(dialog);
    dialog.showModal();
  });
}
