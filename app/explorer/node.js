// One node: what it is linked to, what it is likely to be linked to next, and a picture of both.

import { askModel, Problem } from "./api.js";
import { bar, h, moment, number, percent, shown } from "./dom.js";
import { picture } from "./picture.js";
import { address, addressOf, here } from "./place.js";

const PREDICTED = 10, KNOWN = 100, DRAWN = 12; // ten is what every operator's limits let through

/** The view of `place.node`, or an invitation to choose one. */
export async function nodeView(place, model) {
  if (place.node === undefined) return invitation(model);
  const k = Math.min(Number(place.k) || PREDICTED, 1000);
  const [node, predicted] = await Promise.all([
    askModel(model, "/node", { query: { node: place.node, limit: KNOWN } }),
    askModel(model, "/neighbors", { query: { node: place.node, k } }),
  ]);
  const known = await scored(model, node);
  const drawn = { center: node.node, known: known.slice(0, DRAWN), predicted: predicted.neighbors.slice(0, DRAWN) };
  drawn.links = await linksAmong(model, [...drawn.known, ...drawn.predicted].map((other) => other.node));
  return h("article", {},
    h("section", { class: "card" },
      h("h1", { tabindex: -1 }, shown(node.node)),
      h("p", { class: "facts" },
        h("span", {}, h("b", {}, number(node.degree)), node.degree === 1 ? " known link" : " known links"),
        h("span", {}, node.model, " · ", moment(node.version)),
        h("a", { href: address({ view: "pair", model: place.model, source: node.node }) }, "Score a pair with it"),
        h("a", { href: address({ view: "map", model: place.model, node: node.node }) }, "Show it on the map")),
      picture(drawn)),
    h("div", { class: "columns" },
      h("section", { class: "card" },
        h("h2", {}, "Likely next"),
        ranked(predicted.neighbors, "predicted", "Nothing is left to predict: every other node is linked already."),
        predicted.neighbors.length === k && k < 100 &&
          h("a", { href: address({ ...here(), k: 100 }) }, "Show 100")),
      h("section", { class: "card" },
        h("h2", {}, "Known links"),
        ranked(known.slice(0, PREDICTED), "known", "None in the graph that the model was trained on."),
        known.length > PREDICTED && h("details", {},
          h("summary", {}, `${known.length - PREDICTED} more`), ranked(known.slice(PREDICTED), "known", "", PREDICTED)),
        node.degree > known.length && h("p", { class: "quiet" }, `The first ${known.length} of ${number(node.degree)}.`))));
}

/** Known neighbours with the probability that the model gives them, best first. */
async function scored(model, { node, neighbors }) {
  if (!neighbors.length) return [];
  const { probability } = await scores(model, neighbors.map((other) => [node, other]));
  return neighbors.map((other, i) => ({ node: other, probability: probability[i] }))
    .sort((a, b) => b.probability - a.probability);
}

/** Known links among the nodes that are drawn. */
async function linksAmong(model, nodes) {
  const pairs = nodes.flatMap((a, i) => nodes.slice(i + 1).map((b) => [a, b]));
  if (!pairs.length) return [];
  const { known } = await scores(model, pairs);
  return pairs.filter((_, i) => known[i]);
}

/** Scores of pairs; without numbers where an operator lets fewer pairs through. */
async function scores(model, pairs) {
  try {
    return await askModel(model, "/scores", { body: { pairs } });
  } catch (error) {
    if (error instanceof Problem && error.kind === "invalid-request") return { probability: [], known: [] };
    throw error;
  }
}

/** A list of nodes with their probabilities, the ranks counted from `above`. */
export const ranked = (others, kind, none, above = 0) => others.length
  ? h("ol", { class: "ranked", start: above + 1 }, others.map((other, i) => h("li", {},
    h("span", { class: "rank", "aria-hidden": "true" }, above + i + 1),
    h("a", { href: addressOf(other.node), title: shown(other.node) }, shown(other.node)),
    other.probability !== undefined && [bar(other.probability, kind), h("span", { class: "number" }, percent(other.probability))])))
  : h("p", { class: "quiet" }, none);

async function invitation(model) {
  const { nodes } = await askModel(model, "/nodes", { query: { limit: 24 } });
  return h("section", { class: "card" },
    h("h1", { tabindex: -1 }, "Who will link to whom next?"),
    h("p", {}, "Type a name into the search field, or begin with one of these."),
    h("ul", { class: "chips" }, nodes.map((id) => h("li", {}, h("a", { href: addressOf(id) }, shown(id))))));
}
