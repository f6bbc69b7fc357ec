// All nodes in a plane, on a canvas; the chosen node and its predictions are lit.

import { askModel, factsOf } from "./api.js";
import { plane } from "./canvas.js";
import { h, heading, named, number } from "./dom.js";
import { address, addressOf, go, nodesOf } from "./place.js";
import { likely, predictions } from "./predictions.js";

let kept = null; // the last requested map, with its camera

export async function mapView(place, model) {
  const predicted = place.node === undefined ? null : await predictions(model, place);
  const map = await mapOf(model);
  const canvas = plane(map, predicted && lit(map, predicted), (row) => go({ ...place, ...map.nodes[row] }));
  return h("article",
    h("section.card",
      heading(predicted ? named(predicted) : `${map.model}: ${number(map.nodes.length)} nodes`),
      h("p.facts", predicted
        ? [h("a", { href: addressOf(predicted) }, "Open this node"), h("a", { href: address({ ...place, node: undefined, type: undefined }) }, "Clear")]
        : "Nodes that lie close have similar vectors. Choose one to see its name and its predictions."),
      canvas),
    predicted && likely(predicted));
}

const lit = ({ rows }, { neighbors, ...node }) => ({
  row: rows.get(key(node)), others: neighbors.map((other) => ({ row: rows.get(key(other)), probability: other.probability })),
});

const key = ({ node, type }) => JSON.stringify([node, type]);

/** The map of a model; the last one is kept until another version is served. */
async function mapOf(model) {
  const { version } = await factsOf(model);
  if (kept?.asked === model && kept.version === version) return kept;
  const answer = await askModel(model, "/map");
  const nodes = nodesOf(answer.nodes, answer.types);
  kept = { ...answer, nodes, asked: model, camera: {}, rows: new Map(nodes.map((node, row) => [key(node), row])) };
  return kept;
}
