// A model's card: what it was trained on, how good it is beside heuristics, and how it learned.

import { askModel } from "./api.js";
import { h, moment, number } from "./dom.js";
import { plot } from "./plot.js";

/** The view of one model. */
export async function modelView(place, model) {
  const facts = await askModel(model, "");
  return h("article", {},
    h("section", { class: "card" },
      h("h1", { tabindex: -1 }, facts.model),
      h("p", { class: "facts" },
        h("span", {}, facts.kind.toUpperCase(), ", ", facts.encoder),
        h("span", {}, `${moment(facts.version)} UTC`),
        ...Object.entries(facts.counts).filter(([, n]) => n).map(([what, n]) => h("span", {}, h("b", {}, number(n)), ` ${what}`))),
      facts.beaten_because && h("p", { class: "warning" }, facts.beaten_because),
      (facts.training.notes ?? []).map((note) => h("p", { class: "quiet" }, note))),
    h("section", { class: "card" },
      h("h2", {}, "On links that it had not seen"),
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Metrics" }, metricsTable(facts))),
    h("section", { class: "card" }, h("h2", {}, "Learning"), learning(facts.training)));
}

function metricsTable({ metrics, model }) {
  const rows = [[model, metrics.test ?? {}], ...Object.entries(metrics.baselines ?? {})];
  const columns = Object.keys(metrics.test ?? {}).filter((name) => typeof metrics.test[name] === "number");
  const best = Object.fromEntries(columns.map((name) => [name, Math.max(...rows.map(([, row]) => row[name] ?? -Infinity))]));
  const cell = (name, value) => h("td", { class: value === best[name] && rows.length > 1 ? "best" : null }, value?.toFixed(3) ?? "–");
  return h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Scored by"), columns.map((name) => h("th", { scope: "col" }, title(name))))),
    h("tbody", {}, rows.map(([name, row], i) => h("tr", { class: i ? null : "own" },
      h("th", { scope: "row" }, i ? name.replaceAll("_", " ") : "this model"), columns.map((column) => cell(column, row[column]))))));
}

const title = (name) => name.length <= 3 ? name.toUpperCase() : name.replace("hits", "Hits").replaceAll("_", " ");

function learning({ curve, epoch }) {
  if (!curve?.loss?.length) return h("p", { class: "quiet" }, "The checkpoint has no curve.");
  const scores = Object.keys(curve).filter((name) => name !== "loss");
  return h("div", { class: "columns" },
    plot({ Loss: curve.loss }, epoch),
    scores.length > 0 && plot(Object.fromEntries(scores.map((name) => [title(name.replace("validation_", "")), curve[name]])), epoch, "Validation"));
}
