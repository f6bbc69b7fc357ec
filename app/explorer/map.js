// All nodes in a plane, on a canvas; the chosen node and its predictions are lit.

import { askModel } from "./api.js";
import { Canvas } from "./canvas.js";
import { h, number, shown } from "./dom.js";
import { ranked } from "./node.js";
import { address, addressOf, go } from "./place.js";

const PREDICTED = 10;
let kept = null; // the map that was asked for last, with the camera over it

/** The view of a whole model. */
export async function mapView(place, model) {
  const predicted = place.node === undefined ? null
    : await askModel(model, "/neighbors", { query: { node: place.node, k: PREDICTED } });
  const map = await mapOf(model, predicted?.version);
  const canvas = new Canvas(map, (row) => go({ ...place, node: map.nodes[row] }));
  if (predicted) {
    const rows = predicted.neighbors.map(({ node, probability }) => ({ row: map.rows.get(node), probability }));
    canvas.light(map.rows.get(predicted.node), rows);
  }
  return h("article", {},
    h("section", { class: "card" },
      h("h1", { tabindex: -1 }, predicted ? shown(predicted.node) : `${map.model}: ${number(map.nodes.length)} nodes`),
      h("p", { class: "facts" }, predicted
        ? [h("a", { href: addressOf(predicted.node) }, "Open this node"), h("a", { href: address({ ...place, node: undefined }) }, "Clear")]
        : "Nodes that lie close have alike vectors. Point at one to read its name, choose it to see its predictions."),
      canvas.element),
    predicted && h("section", { class: "card" }, h("h2", {}, "Likely next"),
      ranked(predicted.neighbors, "predicted", "Nothing is left to predict.")));
}

/** The map of a model; the last one is kept, as long as it is of the version that answers. */
async function mapOf(model, version) {
  if (kept?.asked === model && kept.version === version) return kept;
  const answer = await askModel(model, "/map");
  if (kept?.asked === model && kept.version === answer.version) return kept;
  kept = { ...answer, asked: model, camera: {}, rows: new Map(answer.nodes.map((node, row) => [node, row])) };
  return kept;
}
