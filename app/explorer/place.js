// Where one is: it stands behind the # of the address, so that every state has a link and the back button works.

import { h, named } from "./dom.js";

/** The present place: `{view, model, relation, node, type, source, target, …, k, why}`, absent ones undefined. A node may be called "". */
export const here = () => ({ view: "node", ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) });

/** The address of a place; what is undefined is left out, and the relation stays unless the place has another. */
export function address(place) {
  const given = Object.entries({ relation: here().relation, ...place }).filter(([name, value]) => value != null && !(name === "view" && value === "node"));
  return `#${new URLSearchParams(given)}`;
}

/** The address of the place below the dialog. */
export const below = () => address({ ...here(), why: undefined, why_type: undefined });

/** Nodes `{node, type}` of ids and, in a typed model, their types. */
export const nodesOf = (ids, types) => ids.map((node, i) => ({ node, type: types?.[i] }));

/** The address of a node under the model that is being looked at. */
export const addressOf = ({ node, type }) => address({ model: here().model, node, type });

export const link = (node, href = addressOf(node)) => h("a", { href }, named(node));

export const chips = (nodes, hrefOf = addressOf) => h("ul.chips", nodes.map((node) => h("li", link(node, hrefOf(node)))));

export function go(place) {
  location.hash = address(place);
}
