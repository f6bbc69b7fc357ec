// What went wrong, what it means, and what to do about it.

import { key, Problem, Unreachable } from "./api.js";
import { button, h, heading } from "./dom.js";
import { address, addressOf, chips, here } from "./place.js";

/** A page about an error; `again()` asks anew, `again(true)` unless somebody went elsewhere. */
export function trouble(error, again) {
  const retry = button("Try again", () => again());
  if (error instanceof Unreachable) {
    return page("The service can't be reached", "It may be restarting, or the network is down. This page tries again by itself.", retry);
  }
  if (!(error instanceof Problem)) {
    reportError(error);
    return page("That is a bug of this page", error.message);
  }
  switch (error.kind) {
    case "authentication-required": return keyWanted(again);
    case "unknown-node": return unknownNode(error.body.unknown[0]);
    case "unknown-model": return page("No such model", error.message, h("a", { href: "#" }, "Start with the models there are"));
    case "not-ready": case "overloaded":
      setTimeout(() => again(true), 1000 * (error.retryAfter || 1));
      return page("Not ready yet", error.message, "This page tries again by itself.");
    default: return page(error.body.title ?? "That did not work", error.message, retry);
  }
}

const page = (title, ...content) => h("section.card", heading(title), content.map((part) => typeof part === "string" ? h("p", part) : part));

export const emptyStore = () => page("No model yet",
  "The service waits for its first checkpoint, and this page notices when it is there. Train one, for example:",
  h("pre", "latentlink train --edges edges.csv --name people"));

function keyWanted(again) {
  const wrong = key.get() != null;
  key.forget();
  const input = h("input", {
    id: "key", type: "password", required: true, autocomplete: "off", "aria-describedby": "key-told", "aria-invalid": wrong && "true",
  });
  const save = (event) => {
    event.preventDefault();
    key.keep(input.value.trim());
    again();
  };
  return page(wrong ? "The service does not know this key" : "This service wants an API key", h("form.pair", { onsubmit: save },
    h("label", { for: "key" }, "API key"), input,
    h("p", { id: "key-told" }, "It is kept in this tab until you close it, and sent to this service alone."),
    h("button", "Open")));
}

function unknownNode({ node, closest }) {
  const place = here();
  const role = ["why", "source", "target"].find((name) => place[name] === node);
  const mended = (id) => role ? address({ ...place, [role]: id }) : addressOf(id);
  return page(`No node ${JSON.stringify(node)}`, ...closest.length
    ? ["Did you mean", chips(closest, mended)]
    : ["The model was trained on a graph without it. Type some letters into the search field to see what there is."]);
}
