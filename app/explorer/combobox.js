// A text field that completes node ids, after the ARIA pattern "editable combobox with list autocomplete".

import { h, named } from "./dom.js";
import { matches } from "./find.js";

const WAIT = 60; // milliseconds without a key before a request is sent

/** Make `input` complete ids of `model()`; `choose(node)` receives the chosen node, whose type `input.dataset` keeps. Returns a function that takes back the suggestions. */
export function complete(input, model, choose) {
  const list = h("ul", { id: `${input.id}-options`, role: "listbox", "aria-label": "Nodes", hidden: true });
  const said = h("span.hidden", { role: "status" });
  let options = [], active = -1, timer = 0, question = new AbortController();
  const aria = (name, value) => input.setAttribute(`aria-${name}`, value);

  input.role = "combobox";
  aria("autocomplete", "list");
  aria("controls", list.id);
  input.after(list, said);
  show([]);

  function show(nodes) {
    options = nodes;
    list.replaceChildren(...nodes.map((node, i) => h("li", {
      role: "option", id: `${list.id}-${i}`, "aria-selected": "false",
      onpointerdown: (event) => { event.preventDefault(); settle(node); },
    }, named(node))));
    list.hidden = !nodes.length;
    aria("expanded", nodes.length > 0);
    move(-1);
  }

  function move(to) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = to;
    const option = list.children[active];
    option?.setAttribute("aria-selected", "true");
    aria("activedescendant", option?.id ?? "");
  }

  function close() {
    clearTimeout(timer);
    question.abort();
    show([]);
    said.textContent = "";
  }

  function settle(node) {
    close();
    input.value = node.node;
    input.dataset.type = node.type ?? "";
    choose(node);
  }

  async function suggest() {
    question.abort();
    question = new AbortController();
    try {
      const nodes = await matches(model(), input.value, { signal: question.signal });
      show(nodes);
      said.textContent = `${nodes.length} suggestions`;
    } catch (error) {
      if (error.name !== "AbortError") show([]); // confirming the typed text shows the reason
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    input.dataset.type = "";
    timer = setTimeout(suggest, WAIT);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const last = options.length - 1;
    if (event.key === "ArrowDown" && last < 0) suggest();
    else if (event.key === "ArrowDown") move(active < last ? active + 1 : -1);
    else if (event.key === "ArrowUp" && last >= 0) move(active < 0 ? last : active - 1);
    else if (event.key === "Escape" && last >= 0) close();
    else if (event.key === "Enter" && active >= 0) settle(options[active]);
    else return;
    event.preventDefault();
  });
  return close;
}
