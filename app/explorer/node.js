// One node: its known and its predicted neighbours, and a picture of both.

import { askModel, factsOf } from "./api.js";
import { card, h, heading, moment, named, number } from "./dom.js";
import { homeView } from "./home.js";
import { picture } from "./picture.js";
import { address, here, nodesOf } from "./place.js";
import { likely, predictions, ranked, relationOf } from "./predictions.js";

const FEW = 10, MANY = 100, DRAWN = 12; // ten is within every operator's limits

/** The view of `place.node`, or of the graph to choose one from. */
export async function nodeView(place, model) {
  if (place.node === undefined) return homeView(place, model);
  const k = Number(place.k) || FEW, relation = await relationOf(model, place);
  const [node, predicted] = await Promise.all([
    askModel(model, "/node", { query: { node: place.node, type: place.type, relation, limit: MANY } }),
    predictions(model, place, k),
  ]);
  const { directed, calibration } = await factsOf(model);
  const sides = await Promise.all((directed ? ["", "in_"] : [""]).map(async (side) => ({
    where: side ? " in" : directed ? " out" : "",
    degree: node[`${side}degree`],
    known: await scored(model, node, nodesOf(node[`${side}neighbors`], node[`${side}neighbor_types`]), side),
  })));
  const [known, likeliest] = [sides.flatMap((side) => side.known), predicted.neighbors].map((nodes) => nodes.slice(0, DRAWN));
  return h("article",
    h("section.card",
      heading(named(node)),
      h("p.facts",
        sides.map(({ degree, where }) => h("span", h("b", number(degree)), degree === 1 ? " known link" : " known links", where)),
        h("span", `${node.model} · ${moment(node.version)}`),
        h("a", { href: address({ view: "pair", model: place.model, source: node.node, source_type: node.type }) }, "Score a pair with it"),
        h("a", { href: address({ view: "map", model: place.model, node: node.node, type: node.type }) }, "Show it on the map")),
      picture({ center: node, known, predicted: likeliest })),
    h("div.columns",
      likely(predicted, more(predicted.neighbors.length === k, k)),
      sides.map(({ where, degree, known }) => card(`Known links${where}`,
        ranked(known.slice(0, k), "known", { calibrated: calibration != null }) ?? h("p.quiet", "None in the graph that the model was trained on."),
        more(known.length > k, k),
        partly(Math.min(k, known.length), known.length, degree)))));
}

/** How many of the known links are listed; of very many only the first have been scored. */
const partly = (listed, scored, all) => listed < all && h("p.quiet",
  `${listed} of ${number(all)} links${listed < scored && scored < all ? `, the likeliest of the first ${scored}` : ""}.`);

const more = (are, k) => are && k < MANY && h("p", h("a", { href: address({ ...here(), k: MANY }) }, `Show ${MANY}`));

/** Known neighbours, by links from the node or `into` it, best first; without probabilities where the operator's limit is lower. */
async function scored(model, node, neighbors, into) {
  const parts = [...new Set(neighbors.map(({ type }) => type))].map(async (type) => { // a request has one type
    const others = neighbors.filter((other) => other.type === type), ends = (other) => into ? [other, node] : [node, other];
    const [source_type, target_type] = ends({ type }).map((end) => end.type);
    const body = { relation: node.relation, pairs: others.map((other) => ends(other).map((end) => end.node)), source_type, target_type };
    const { probability } = await askModel(model, "/scores", { body }).catch((error) => {
      if (error.kind === "invalid-request") return { probability: [] };
      throw error;
    });
    return others.map((other, i) => ({ ...other, probability: probability[i] }));
  });
  return (await Promise.all(parts)).flat().sort((a, b) => b.probability - a.probability);
}
