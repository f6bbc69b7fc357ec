// One node: its known and its predicted neighbours, and a picture of both.

import { askModel, factsOf } from "./api.js";
import { card, h, heading, moment, number, shown } from "./dom.js";
import { homeView } from "./home.js";
import { picture } from "./picture.js";
import { address, here } from "./place.js";
import { likely, predictions, ranked } from "./predictions.js";

const FEW = 10, MANY = 100, DRAWN = 12; // ten is within every operator's limits

/** The view of `place.node`, or of the graph to choose one from. */
export async function nodeView(place, model) {
  if (place.node === undefined) return homeView(place, model);
  const k = Number(place.k) || FEW;
  const [node, predicted] = await Promise.all([
    askModel(model, "/node", { query: { node: place.node, limit: MANY } }),
    predictions(model, place.node, k),
  ]);
  const known = await scored(model, node), { calibration } = await factsOf(model);
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
        ranked(known.slice(0, k), "known", { calibrated: calibration != null }) ?? h("p.quiet", "None in the graph that the model was trained on."),
        more(known.length > k, k),
        partly(Math.min(k, known.length), known.length, node.degree))));
}

/** How many of the known links are listed; of very many only the first have been scored. */
const partly = (listed, scored, all) => listed < all && h("p.quiet",
  `${listed} of ${number(all)} links${listed < scored && scored < all ? `, the likeliest of the first ${scored}` : ""}.`);

const more = (are, k) => are && k < MANY && h("p", h("a", { href: address({ ...here(), k: MANY }) }, `Show ${MANY}`));

/** Known neighbours with their probabilities, best first; without them where the operator's limit is lower, or an id needs its type. */
async function scored(model, { node, neighbors }) {
  const pairs = neighbors.map((other) => [node, other]);
  const { probability } = await askModel(model, "/scores", { body: { pairs } }).catch((error) => {
    if (["invalid-request", "ambiguous-node"].includes(error.kind)) return { probability: [] };
    throw error;
  });
  return neighbors.map((other, i) => ({ node: other, probability: probability[i] })).sort((a, b) => b.probability - a.probability);
}
