// What went wrong, what it means, and what to do about it.

import { forgetKey, hasKey, keepKey, Problem, Unreachable } from "./api.js";
import { h, shown } from "./dom.js";
import { address, addressOf, here } from "./place.js";

/** A page about an error; `again()` asks anew. */
export function trouble(error, again) {
  if (error instanceof Unreachable) return unreachable(again);
  if (!(error instanceof Problem)) {
    reportError(error);
    return plain("That is a bug of this page", error.message);
  }
  switch (error.kind) {
    case "authentication-required": return keyWanted(again);
    case "unknown-node": return unknownNode(error);
    case "unknown-model": return plain("No such model", error.message, h("a", { href: "#" }, "Start with the models there are"));
    case "not-ready": case "overloaded": return waiting(error, again);
    default: return plain(error.body.title ?? "That did not work", error.message, retry(again));
  }
}

const plain = (title, ...content) => page(title, content.map((part) => h("p", {}, part)));
const page = (title, content) => h("section", { class: "card trouble" }, h("h1", { tabindex: -1 }, title), content);
const retry = (again) => h("button", { type: "button", onclick: again }, "Try again");

function unreachable(again) {
  return plain("The service can't be reached", "It may be restarting, or the network may be down. This page tries again by itself.", retry(again));
}

function waiting(error, again) {
  setTimeout(() => again(true), 1000 * (error.retryAfter || 1));
  return plain("Not ready yet", error.message, "This page tries again by itself.");
}

/** Nothing is served yet. */
export const emptyStore = () => page("No model yet", [
  h("p", {}, "The service is up and waits for its first checkpoint. This page notices when it is there. Train one, for example:"),
  h("pre", {}, "latentlink train --edges edges.csv --name people"),
]);

function keyWanted(again) {
  const wrong = hasKey();
  forgetKey();
  const input = h("input", {
    id: "key", type: "password", required: true, autocomplete: "off", "aria-describedby": "key-told", "aria-invalid": wrong && "true",
  });
  const save = (event) => {
    event.preventDefault();
    keepKey(input.value.trim());
    again();
  };
  return page(wrong ? "The service does not know this key" : "This service wants an API key", h("form", { class: "pair", onsubmit: save },
    h("label", { for: "key" }, "API key"), input,
    h("p", { id: "key-told" }, "It is kept in this tab until you close it, and sent to this service alone."),
    h("button", {}, "Open")));
}

function unknownNode(error) {
  const [{ node, closest } = { node: "", closest: [] }] = error.body.unknown ?? [];
  const place = here();
  const link = (id) => {
    const mended = place.view === "pair" ? address({ ...place, [place.source === node ? "source" : "target"]: id }) : addressOf(id);
    return h("li", {}, h("a", { href: mended }, shown(id)));
  };
  return page(`No node ${JSON.stringify(node)}`, closest.length
    ? [h("p", {}, "Did you mean"), h("ul", { class: "chips" }, closest.map(link))]
    : h("p", {}, "The model was trained on a graph without it. Type some letters into the search field to see what there is."));
}
