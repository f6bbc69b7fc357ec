// What is shown before a node is chosen: the graph as a whole, what a search found, or the models to choose from.

import { factsOf } from "./api.js";
import { bar, card, figures, h, heading, number, shown } from "./dom.js";
import { matches } from "./find.js";
import { beaten } from "./model.js";
import { address, chips, link } from "./place.js";

const MANY = 100, FEW = 20;

export async function homeView(place, model) {
  if (place.find !== undefined) return findings(place.find, model);
  const facts = await factsOf(model);
  const { nodes, edges } = facts.counts, hubs = facts.hubs.filter(({ degree }) => degree);
  return h("article",
    h("section.card",
      heading("Who will link to whom next?"),
      h("p", `Search ${facts.model} for a node by any part of its name${hubs.length ? ", or begin with one of the most linked" : ""}.`),
      figures([[number(nodes), "nodes"], [number(edges), "links"], [(2 * edges / nodes).toFixed(1), "links per node"]])),
    h("div.columns",
      hubs.length > 0 && card("Most linked", gauge(hubs.map((hub) => [link(hub), hub.degree, number(hub.degree)]), hubs[0].degree)),
      quality(facts, place)));
}

async function findings(text, model) {
  const found = await matches(model, text, { limit: MANY });
  return h("section.card",
    heading(!text ? "Nodes" : found.length ? `Nodes with “${shown(text)}” in their name` : `No node has “${shown(text)}” in its name`),
    chips(found),
    found.length === MANY && h("p.quiet", `The first ${MANY}; type more of the name to narrow them.`));
}

/** The model's average precision and full MRR, each beside that of the best heuristic. */
function quality(facts, { model }) {
  const { metrics: { test, baselines = {} }, kind, config, training } = facts;
  const measured = Object.entries(QUALITY).filter(([metric]) => test?.[metric] != null);
  return card("Quality",
    measured.length
      ? [measured.map(([metric, meaning]) => [
        gauge(beside(metric, test, baselines), 1),
        h("p.quiet", meaning(how(config, training)))]),
      (training.notes ?? []).filter((note) => !ADVICE.test(note)).map((note) => h("p.quiet", note))]
      : h("p.quiet", "The checkpoint has no metrics on held-out links."),
    beaten(facts),
    /^v?ae$/.test(kind) && h("p.warning", "This model learned from features, not from links."),
    h("p", h("a", { href: address({ view: "model", model }) }, "All metrics, calibration and training")));
}

const QUALITY = {
  ap: (how) => `Average precision on links held out ${how} and as many pairs without a link: 1 is perfect, 0.5 is chance.`,
  full_mrr: () => "Full MRR: the mean of 1 / rank of one end of these links among all nodes that the other is not linked to.",
};

function beside(metric, test, baselines) {
  const [best] = Object.entries(baselines).filter(([, row]) => row[metric] != null).sort(([, a], [, b]) => b[metric] - a[metric]);
  const row = (name, value, kind) => [name, value, value.toFixed(3), kind];
  return [row("This model", test[metric]), best && row(`Best heuristic: ${best[0].replaceAll("_", " ")}`, best[1][metric], "guide")].filter(Boolean);
}

const ADVICE = /(^|\W)--\w/; // for who trains: it names an option of the command line

/** How links were held out, in the words of the model card. */
const how = ({ time_column: column }, { split_given: given }) => given ? "by a given split" : column ? `by ${column}, the latest,` : "at random";

/** Rows `[name, value, text, kind]`, each with a bar as long as its value on a scale to `most`. */
const gauge = (rows, most) => h("table.ranked.gauge", h("tbody", rows.map(([name, value, text, kind = "known"]) =>
  h("tr", h("th", { scope: "row" }, name, bar([kind, 0, value / most])), h("td.number", text)))));

/** The models, where the address names none and the service has no default; each leads to the same place in it. */
export function choiceView(models, degraded, place) {
  const served = new Set(models.map(({ name }) => name)), rows = h("tbody"), more = h("p.quiet");
  const row = ({ name, kind, counts }) => h("tr",
    h("th", { scope: "row" },
      h("a", { href: address({ ...place, model: name }) }, name), h("small", kind.toUpperCase()),
      degraded.has(name) && h("small", `An older version answers: ${degraded.get(name)}`)),
    h("td", number(counts.nodes)), h("td", number(counts.edges)));
  const broken = ([name, reason]) => h("tr.quiet", h("th", { scope: "row", colspan: 3 }, name, h("small", `Not served: ${reason}`)));
  const show = (part) => {
    const found = models.filter(({ name }) => name.includes(part));
    const bad = [...degraded].filter(([name]) => !served.has(name) && name.includes(part));
    rows.replaceChildren(...found.slice(0, MANY).map(row), ...bad.map(broken));
    more.textContent = found.length > MANY ? `The first ${MANY} of ${number(found.length)}; type more of the name to narrow them.` : "";
  };
  show("");
  return h("section.card",
    heading("Choose a model"),
    models.length > FEW && h("input", {
      type: "search", placeholder: "Part of a name", "aria-label": "Part of a model's name", oninput: ({ target }) => show(target.value.trim().toLowerCase()),
    }),
    h("table.ranked.gauge",
      h("thead", h("tr", ["Model", "Nodes", "Links"].map((title) => h("th", { scope: "col" }, title)))),
      rows),
    more);
}
