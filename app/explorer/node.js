// One node: its known and its predicted neighbours, and a picture of both.

import { askModel } from "./api.js";
import { card, h, heading, moment, number, shown } from "./dom.js";
import { picture } from "./picture.js";
import { address, chips, here } from "./place.js";
import { likely, predictions, ranked } from "./predictions.js";

const FEW = 10, MANY = 100, DRAWN = 12; // ten is within every operator's limits

/** The view of `place.node`, or an invitation to choose one. */
export async function nodeView(place, model) {
  if (place.node === undefined) return invitation(model);
  const k = Number(place.k) || FEW;
  const [node, predicted] = await Promise.all([
    askModel(model, "/node", { query: { node: place.node, limit: MANY } }),
    predictions(model, place.node, k),
  ]);
  const known = await scored(model, node);
  const drawn = { center: node.node, known: known.slice(0, DRAWN), predicted: predicted.neighbors.slice(0, DRAWN) };
  return h("article",
    h("section.card",
      heading(shown(node.node)),
      h("p.facts",
        h("span", h("b", number(node.degree)), node.degree === 1 ? " known link" : " known links"),
        h("span", `${node.model} · ${moment(node.version)}`),
        h("a", { href: address({ view: "pair", model: place.model, source: node.node }) }, "Score a pair with it"),
        h("a", { href: address({ view: "map", model: place.model, node: node.node }) }, "Show it on the map")),
      picture(drawn)),
    h("div.columns",
      likely(predicted, more(predicted.neighbors.length === k, k)),
      card("Known links",
        ranked(known.slice(0, k), "known") ?? h("p.quiet", "None in the graph that the model was trained on."),
        more(known.length > k, k),
        node.degree > known.length && h("p.quiet", `The first ${known.length} of ${number(node.degree)}.`))));
}

const more = (are, k) => are && k < MANY && h("p", h("a", { href: address({ ...here(), k: MANY }) }, `Show ${MANY}`));

/** Known neighbours with their probabilities, best first; without them where the operator's limit is lower. */
async function scored(model, { node, neighbors }) {
  const pairs = neighbors.map((other) => [node, other]);
  const { probability } = await askModel(model, "/scores", { body: { pairs } }).catch((error) => {
    if (error.kind === "invalid-request") return { probability: [] };
    throw error;
  });
  return neighbors.map((other, i) => ({ node: other, probability: probability[i] })).sort((a, b) => b.probability - a.probability);
}

async function invitation(model) {
  const { nodes } = await askModel(model, "/nodes", { query: { limit: 24 } });
  return h("section.card",
    heading("Who will link to whom next?"),
    h("p", "Type a name into the search field, or begin with one of these."),
    chips(nodes));
}
