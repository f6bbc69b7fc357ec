// Where one is: it stands behind the # of the address, so that every state has a link and the back button works.

import { h, shown } from "./dom.js";

/** The present place: `{view, model, node, source, target, k, why}`, absent ones undefined. A node may be called "". */
export const here = () => ({ view: "node", ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) });

/** The address of a place; what is undefined is left out. */
export function address(place) {
  const given = Object.entries(place).filter(([name, value]) => value != null && !(name === "view" && value === "node"));
  return `#${new URLSearchParams(given)}`;
}

/** The address of a node under the model that is being looked at. */
export const addressOf = (node) => address({ model: here().model, node });

export const link = (node, href = addressOf(node)) => h("a", { href }, shown(node));

export const chips = (nodes, hrefOf = addressOf) => h("ul.chips", nodes.map((node) => h("li", link(node, hrefOf(node)))));

export function go(place) {
  location.hash = address(place);
}
