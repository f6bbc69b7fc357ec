// Probabilities as the page shows them: the calibrated one first, with p and its range beside it, as far as the model has these.

import { askModel, factsOf } from "./api.js";
import { bar, button, card, h, named, percent, range } from "./dom.js";
import { go, here, link } from "./place.js";

const LEVEL = 0.9; // the probability with which an interval holds the logit

/** The relation of a place, by default the first of the model; undefined where links have none. */
export const relationOf = async (model, { relation }) => relation ?? (await factsOf(model)).relations?.[0];

/** The relation, and the annotations of scores that a model has, as a query. */
async function about(model, place) {
  const { calibration, kind } = await factsOf(model), relation = await relationOf(model, place);
  return { relation, include: calibration ? ["support", "calibrated"] : "support", ...(kind.startsWith("v") && { interval: LEVEL }) };
}

export const score = async (model, { source, source_type, target, target_type, ...place }) =>
  askModel(model, "/score", { query: { source, source_type, target, target_type, ...await about(model, place) } });

export const predictions = async (model, { node, type, ...place }, k = 10) =>
  askModel(model, "/neighbors", { query: { node, type, k, ...await about(model, place) } });

export const likely = (predicted, ...more) => card("Likely next",
  ranked(predicted.neighbors, "predicted", { calibrated: predicted.prior != null, why: true }) ?? h("p.quiet", "Nothing is left to predict: every other node is linked already."),
  more, meaning(predicted, predicted.neighbors[0]));

/** A table of nodes and their probabilities, best first; null of none. In a calibrated model p is no probability. */
export function ranked(others, kind, { calibrated, why }) {
  if (!others.length) return null;
  const head = ["#", "Node", calibrated && why ? "probability" : "p", why && h("span.hidden", "Why")].filter(Boolean);
  return h("table.ranked",
    h("thead", h("tr", head.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", others.map((other, i) => h("tr",
      h("td", i + 1),
      h("th", { scope: "row" }, link(other), h("small", behind(other)), strip(other, kind, calibrated)),
      h("td", numbers(other, calibrated)),
      why && h("td", whyButton(other))))));
}

/** The button that explains why a node is predicted at the present place. */
export const whyButton = (target) =>
  button("Why?", () => go({ ...here(), why: target.node, why_type: target.type }), { "aria-label": `Why ${named(target)}?`, "aria-haspopup": "dialog" });

/** The number that leads: the calibrated probability, else p; none of a known link in a calibrated model. */
export const leading = ({ probability: p, calibrated: value }, calibrated) => calibrated ? value : p;

/** The leading number as a bar; of p with the interval upon it. */
export const strip = (score, kind, calibrated) => leading(score, calibrated) != null &&
  bar([kind, 0, leading(score, calibrated)], ["range", ...!calibrated && score.interval?.probability || [0, 0]]);

/** The local evidence of a score; of a node with few links there was little to learn. */
export const behind = ({ support: s }) => s && [
  ["itself", "linked", "2 steps away", "3 steps away"][s.distance] ?? (s.same_component === false ? "not connected" : "far away"),
  s.cold_start && ", few links"];

function numbers(score, calibrated) {
  const first = leading(score, calibrated), { probability: p, interval } = score;
  return p !== undefined && [
    first != null && h("span.number", percent(first)),
    calibrated && h("small", first != null && "p ", percent(p)),
    interval && h("small", range(interval.probability))];
}

/** How many pairs a prior takes to be missing links. */
export const density = (prior) => prior < 0.01 ? `${percent(prior)} unlinked pairs is a missing link` : `${percent(prior)} of the unlinked pairs are missing links`;

/** The meaning of the numbers of an answer. */
export const meaning = ({ prior }, { interval } = {}) => h("p.quiet",
  prior && `The probability is calibrated for a graph in which ${density(prior)}. `,
  "p ranks pairs; it is a probability only for a graph in which half of all pairs are linked.",
  interval && ` The range holds p with ${100 * LEVEL} % under the model's uncertainty about the two nodes.`);
