// Ids by what somebody typed: any part of one, in any case.

import { askModel } from "./api.js";

/** Ids that contain a text: the same one first, then those that begin with it. */
export const matches = async (model, text, { limit = 12, signal } = {}) =>
  (await askModel(model, "/nodes", { query: { contains: text, limit }, signal })).nodes;

const folded = (text) => text.toLowerCase().replace(/\s+/g, " ").trim();

/** What a text may mean: the one id that is the same but for case and blanks, or that alone contains it; else all that contain it. */
export async function meant(model, text) {
  const found = await matches(model, text.trim() || text);
  const same = found.find((id) => id === text) ?? found.find((id) => folded(id) === folded(text));
  return same === undefined ? found : [same];
}
