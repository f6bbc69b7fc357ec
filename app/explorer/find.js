// Ids by what somebody typed: any part of one, in any case.

import { askModel } from "./api.js";
import { nodesOf } from "./place.js";

/** Nodes whose ids contain a text: the same one first, then those that begin with it. */
export async function matches(model, text, { limit = 12, signal } = {}) {
  const { nodes, types } = await askModel(model, "/nodes", { query: { contains: text, limit }, signal });
  return nodesOf(nodes, types);
}

const folded = (text) => text.toLowerCase().replace(/\s+/g, " ").trim();

/** The nodes that a text may mean: of the one id that is the same but for case and blanks, or all whose ids contain it. */
export async function meant(model, text) {
  const found = await matches(model, text.trim() || text);
  const same = found.find(({ node }) => node === text) ?? found.find(({ node }) => folded(node) === folded(text));
  return same ? found.filter(({ node }) => node === same.node) : found;
}
