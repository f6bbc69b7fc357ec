// Probabilities as the page shows them: raw, calibrated and with an interval, as far as the model has these.

import { askModel, factsOf } from "./api.js";
import { bar, button, card, h, percent, range, shown } from "./dom.js";
import { go, here, link } from "./place.js";

const LEVEL = 0.9; // the probability with which an interval holds the logit

/** The annotations of scores that a model has, as a query. */
async function annotationsOf(model) {
  const { calibration, kind } = await factsOf(model);
  return { include: calibration ? ["support", "calibrated"] : "support", ...(kind.startsWith("v") && { interval: LEVEL }) };
}

export const score = async (model, source, target) =>
  askModel(model, "/score", { query: { source, target, ...await annotationsOf(model) } });

export const predictions = async (model, node, k = 10) =>
  askModel(model, "/neighbors", { query: { node, k, ...await annotationsOf(model) } });

export const likely = (predicted, ...more) => card("Likely next",
  ranked(predicted.neighbors, "predicted", true) ?? h("p.quiet", "Nothing is left to predict: every other node is linked already."),
  more, meaning(predicted, predicted.neighbors[0]));

/** A table of nodes and their probabilities, best first; null of none. */
export function ranked(others, kind, why = false) {
  if (!others.length) return null;
  const calibrated = others.some((other) => other.calibrated != null);
  const head = ["#", "Node", "p", calibrated && "calibrated", why && h("span.hidden", "Why")].filter(Boolean);
  return h("table.ranked",
    h("thead", h("tr", head.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", others.map((other, i) => h("tr",
      h("td", i + 1),
      h("th", { scope: "row" }, link(other.node), h("small", behind(other)), strip(other, kind)),
      h("td", probability(other)),
      calibrated && h("td", percent(other.calibrated)),
      why && h("td", whyButton(other.node))))));
}

/** The button that explains why a node is predicted at the present place. */
export const whyButton = (target) =>
  button("Why?", () => go({ ...here(), why: target }), { "aria-label": `Why ${shown(target)}?`, "aria-haspopup": "dialog" });

/** p as a bar, with its interval upon it. */
export const strip = ({ probability: p, interval }, kind) =>
  p !== undefined && bar([kind, 0, p], ["range", ...interval?.probability ?? [0, 0]]);

/** The local evidence of a score; of a node with few links there was little to learn. */
export const behind = ({ support: s }) => s && [
  ["itself", "linked", "2 steps away", "3 steps away"][s.distance] ?? (s.same_component === false ? "not connected" : "far away"),
  s.cold_start && ", few links"];

const probability = ({ probability: p, interval }) => p !== undefined &&
  [h("span.number", percent(p)), interval && h("small", range(interval.probability))];

/** The meaning of the numbers of an answer. */
export const meaning = ({ prior }, { interval } = {}) => h("p.quiet",
  "p ranks pairs; it is a probability only for a graph in which half of all pairs are linked.",
  prior && ` The calibrated value is the probability for a graph in which ${percent(prior)} of all pairs are linked, as in this one.`,
  interval && ` The range holds p with ${100 * LEVEL} % under the model's uncertainty about the two nodes.`);
