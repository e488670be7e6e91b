// Makes elements. Text is always text: no name, however it is written, becomes markup.

/** Make an element; properties that begin with "on" are listeners, those with a hyphen and `role` are attributes. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Make an element of SVG. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Find the element of an id. */
export const at = (id) => document.getElementById(id);

/** Show something else in a place, and nothing else. */
export function show(place, ...children) {
  const next = children.flat(Infinity).filter(Boolean);
  // What is there already and is put in again would lose the focus and how far it is scrolled.
  if (next.length === place.childNodes.length && next.every((child, index) => child === place.childNodes[index])) return;
  place.replaceChildren(...next);
}

/** Set a text where it differs, so that a screen reader does not hear it again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Make a button that does something slow: it is disabled meanwhile, and says beside itself what went wrong. */
export function action(label, act, properties = {}) {
  const trouble = h("span", { className: "trouble-text", role: "alert" });
  const button = h("button", { type: "button", ...properties, onclick: async () => {
    button.disabled = true;
    button.ariaBusy = "true";
    trouble.textContent = "";
    try {
      await act();
    } catch (error) {
      trouble.textContent = error.message;
    } finally {
      button.disabled = false;
      button.ariaBusy = "false";
    }
  } }, label);
  return h("span", { className: "action" }, button, trouble);
}

/** Ask in a dialog, and answer what was made of the button that was pressed, or null. */
export function ask(title, content, choices) {
  const trouble = h("p", { className: "trouble-text", role: "alert" });
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const press = async (act, button) => {
      button.disabled = true;
      trouble.textContent = "";
      try {
        finish(await act());
      } catch (error) {
        trouble.textContent = error.message;
        button.disabled = false;
      }
    };
    const buttons = choices.map(({ label, act, kind }) =>
      h("button", { type: "button", className: kind ?? "", onclick: (event) => press(act, event.target) }, label));
    // Whoever presses Enter too often deletes nothing.
    const cancel = h("button", { type: "button", autofocus: choices.some(({ kind }) => kind === "danger"), onclick: () => finish(null) }, choices.length ? "Cancel" : "Close");
    const dialog = h("dialog", { "aria-label": title, oncancel: () => finish(null) },
      h("h3", {}, title), content, trouble, h("div", { className: "buttons" }, buttons, cancel));
    document.body.append(dialog);
    dialog.showModal();
  });
}
