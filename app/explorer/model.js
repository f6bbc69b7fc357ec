// A model's card: its data, its metrics, the calibration of its probabilities, and its training curves.

import { askModel, factsOf } from "./api.js";
import { button, card, h, heading, moment, named, number, percent } from "./dom.js";
import { address, here } from "./place.js";
import { plot } from "./plot.js";

export async function modelView(place, model) {
  const facts = await factsOf(model), missing = await links(model);
  return h("article",
    h("section.card",
      heading(facts.model),
      h("p.facts",
        h("span", `${facts.kind.toUpperCase()}, ${facts.encoder}`),
        h("span", `${moment(facts.version)} UTC`),
        Object.entries(facts.counts).filter(([, n]) => n).map(([what, n]) => h("span", h("b", number(n)), ` ${what}`))),
      /^v?ae$/.test(facts.kind) && h("p.warning",
        "This model learned from features, not from links: a high score means that two nodes have similar features."),
      beaten(facts),
      (facts.training.notes ?? []).map((note) => h("p.quiet", note))),
    missing && card("Most likely missing links", missing),
    card("Metrics on held-out links",
      h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Metrics" }, metricsTable(facts.metrics))),
    facts.calibration && card("Calibration", reliability(facts)),
    card("Training", learning(facts.training)));
}

/** The best ten, each a way to its pair, and a file of all; nothing where the checkpoint carries none. */
async function links(model) {
  const ask = (limit) => askModel(model, "/links", { query: { limit } });
  const found = await ask(10).catch((error) => { if (error.body?.status !== 409) throw error; });
  return found && [
    h("ol.links", found.links.map(({ source, target, source_type, target_type, relation, calibrated, probability }) => h("li",
      h("a", { href: address({ view: "pair", model: here().model, source, target, source_type, target_type, relation }) },
        [{ node: source, type: source_type }, { node: target, type: target_type }].map(named).join(" – ")),
      ` ${relation ?? ""} ${percent(calibrated ?? probability)}`))),
    button("Download up to 1,000", async () => h("a", { download: `${model}.json`,
      href: URL.createObjectURL(new Blob([JSON.stringify((await ask(1000)).links)])) }).click())];
}

/** The metrics on which heuristics are ahead, each with the best of them, and why; nothing where the model is. */
export function beaten({ beaten_on: on, beaten_because: because }) {
  const parts = Object.entries(on).map(([metric, [best]]) => `${title(metric)} (${best.replaceAll("_", " ")})`);
  return parts.length > 0 && h("p.warning", `Heuristics beat this model: ${parts.join(", ")}. ${because ?? ""}`);
}

function metricsTable({ test = {}, baselines = {} }) {
  const rows = [["this model", test], ...Object.entries(baselines)];
  const columns = Object.keys(test).filter((name) => rows.every(([, row]) => typeof row[name] === "number"));
  const best = (name) => rows.length > 1 && Math.max(...rows.map(([, row]) => row[name]));
  return h("table.metrics",
    h("thead", h("tr", h("th", { scope: "col" }, "Scored by"),
      columns.map((column) => h(`th${room(column)}`, { scope: "col" }, breakable(column))))),
    h("tbody", rows.map(([name, row], i) => h(i ? "tr" : "tr.own",
      h("th", { scope: "row" }, name.replaceAll("_", " ")),
      columns.map((column) => h(`td${row[column] === best(column) ? ".best" : ""}${room(column)}`, row[column].toFixed(3)))))));
}

/** The class of columns that a phone has no room for. */
const room = (column) => ["hits@50", "hits@100"].includes(column) ? ".wide" : "";

/** The title of a narrow column: `Hits@100` may be broken before the @. */
const breakable = (name) => title(name).split(/(?=@)/).flatMap((part, i) => i ? [h("wbr"), part] : [part]);

const title = (name) => name.replace(/^(?:auc|ap)$|mrr/, (short) => short.toUpperCase()).replace("hits", "Hits").replaceAll("_", " ");

/** Reliability diagram: the fraction of links by predicted probability; perfect calibration lies on the diagonal. */
function reliability({ calibration: { balanced: { before, after, noise_floor: floor }, top = [] }, reliability: curves, training }) {
  const error = `Calibration error ${percent(after.ece)} (raw ${percent(before.ece)}, sampling noise alone ${percent(floor)}).`;
  const found = training.split ? `, ${number(training.split.test)}` : "";
  return [
    curves ? diagram(curves, error) : h("p", `Too few held-out links${found}, for a reliability diagram.`),
    h("p.quiet", `${error} Measured on held-out links and as many pairs without a link.`),
    top.map(({ pairs, expected, found: there }) => h("p.quiet",
      `Among the best ${number(pairs)} pairs, ${expected.toFixed(1)} test links were expected and ${number(there)} found.`))];
}

function diagram({ before, after }, label) {
  const fraction = (title) => ({ title, low: 0, high: 1, format: (value) => `${100 * value} %` });
  const points = ({ predicted, observed }) => predicted.map((p, i) => [p, observed[i]]);
  return plot({
    label, x: fraction("predicted probability"), y: fraction("fraction of links"), lines: [
      { name: "perfect", kind: "guide", points: [[0, 0], [1, 1]] },
      { name: "raw p", kind: "known", points: points(before) },
      { name: "calibrated", kind: "predicted", points: points(after) }],
  });
}

function learning({ curve, epoch }) {
  if (!curve?.loss?.length) return h("p.quiet", "The checkpoint has no training curves.");
  const { loss, ...scores } = curve;
  return h("div.columns", overEpochs("loss", { loss }, epoch), overEpochs("validation", scores, epoch));
}

/** Series by epoch, with null where nothing was measured; `best` is the epoch that was kept. */
function overEpochs(what, series, best) {
  const lines = Object.entries(series).map(([name, values], i) => ({
    name: title(name.replace("validation_", "")), kind: i ? "predicted" : "known",
    points: values.map((value, at) => [at + 1, value]).filter(([, value]) => value != null),
  }));
  const [xs, ys] = [0, 1].map((axis) => lines.flatMap(({ points }) => points.map((point) => point[axis])));
  const x = { title: "epoch", low: 1, high: Math.max(...xs), format: Math.round };
  const y = { title: what, low: Math.min(...ys), high: Math.max(...ys), format: (value) => Number(value.toPrecision(3)) };
  const summary = lines.map(({ name, points }) => `${name} from ${y.format(points[0][1])} to ${y.format(points.at(-1)[1])}`).join(", ");
  const kept = { name: `kept: epoch ${best}`, kind: "guide", points: [[best, y.low], [best, y.high]] };
  return plot({ label: `${summary}, over ${x.high} epochs`, x, y, lines: best <= x.high ? [...lines, kept] : lines });
}
