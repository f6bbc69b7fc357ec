// Pages about errors: the error, its meaning, and the remedy.

import { key, Problem, Unreachable } from "./api.js";
import { button, h, heading } from "./dom.js";
import { address, addressOf, chips, here, nodesOf } from "./place.js";

/** A page about an error; `again()` repeats the request, `again(true)` unless the user has left the page. */
export function trouble(error, again) {
  const retry = button("Try again", () => again());
  if (error instanceof Unreachable) {
    return page("The service can't be reached", "It may be restarting, or the network is down. This page tries again by itself.", retry);
  }
  if (!(error instanceof Problem)) {
    reportError(error);
    return page("This page has a bug", error.message);
  }
  switch (error.kind) {
    case "authentication-required": return keyWanted(again);
    case "unknown-node": return choice("No node", error.body.unknown[0]);
    case "ambiguous-node": return choice("Several nodes", error.body.ambiguous[0]);
    case "unknown-model": return page(error.body.title, error.message, h("a", { href: "#" }, "Show the available models"));
    case "not-ready": case "overloaded": case "rate-limited":
      setTimeout(() => again(true), 1000 * (error.retryAfter || 1));
      return page(error.kind === "rate-limited" ? error.body.title : "Not ready yet", error.message, "This page tries again by itself.");
    default: return page(error.body.title ?? "The request failed", error.message, retry);
  }
}

const page = (title, ...content) => h("section.card", heading(title), content.map((part) => typeof part === "string" ? h("p", part) : part));

export const emptyStore = (degraded) => degraded.size ? broken(degraded) : page("No model yet",
  "The service waits for its first checkpoint; this page shows it as soon as it is published. Train one, for example:",
  h("pre", "latentlink train --edges edges.csv --name people"));

const broken = (degraded) => page("No model can be loaded",
  ...[...degraded].map(([name, reason]) => h("p", h("b", name), `: ${reason}`)), "This page tries again by itself.");

function keyWanted(again) {
  const wrong = key.get() != null;
  key.forget();
  const input = h("input", {
    id: "key", type: "password", required: true, autocomplete: "off", "aria-describedby": "key-note", "aria-invalid": wrong && "true",
  });
  const save = (event) => {
    event.preventDefault();
    key.keep(input.value.trim());
    again();
  };
  return page(wrong ? "The service does not know this key" : "This service requires an API key", h("form.pair", { onsubmit: save },
    h("label", { for: "key" }, "API key"), input,
    h("p", { id: "key-note" }, "The key stays in this tab until you close it, and is sent to this service only."),
    h("button", "Open")));
}

/** The nodes that may be meant by an id, of each type that has it and those that resemble it. */
function choice(found, { node, types = [], closest = [] }) {
  const place = here(), nodes = [...types.map((type) => ({ node, type })), ...nodesOf(closest)];
  const mended = (other) => place.why === node ? address({ ...place, why: other.node, why_type: other.type }) : addressOf(other);
  return page(`${found} ${JSON.stringify(node)}`, ...nodes.length
    ? ["Did you mean", chips(nodes, mended)]
    : ["The model was trained on a graph without this node. Type some letters into the search field to list nodes."]);
}
