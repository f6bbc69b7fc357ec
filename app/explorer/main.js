// The page: the header, and the view of the place that the address names.

import { askModels, factsOf, forgetFacts, Unreachable } from "./api.js";
import { complete } from "./combobox.js";
import { button, h, moment, shown } from "./dom.js";
import { meant } from "./find.js";
import { choiceView } from "./home.js";
import { mapView } from "./map.js";
import { modelView } from "./model.js";
import { nodeView } from "./node.js";
import { pairView } from "./pair.js";
import { address, below, go, here } from "./place.js";
import { dressTheme } from "./theme.js";
import { emptyStore, trouble } from "./trouble.js";
import { dressWhy, explain } from "./why.js";

const VIEWS = { node: ["Node", nodeView], pair: ["Pair", pairView], map: ["Map", mapView], model: ["Model", modelView] };
const LOOK = 10_000, SOON = 1_000; // milliseconds between looks at the list of models, and while something is missing

const at = (id) => document.getElementById(id);
let models = [], degraded = new Map(), usual = "", drawn = "", turn = 0, timer = 0;

const model = () => here().model ?? usual;

/** Show the place that the address names; the last request wins. */
async function show(byUser = false) {
  const own = ++turn, place = here();
  drawn = below();
  at("view").setAttribute("aria-busy", "true");
  let view, relations, missing = false, well = false;
  try {
    if (!models.length) await look();
    missing = !models.length;
    well = model() !== "";
    view = missing ? emptyStore(degraded) : well ? await (VIEWS[place.view] ?? VIEWS.node)[1](place, model()) : choiceView(models, degraded, place);
    if (well) ({ relations } = await factsOf(model()));
  } catch (error) {
    missing = error instanceof Unreachable;
    well = false;
    if (own === turn) view = trouble(error, (gently) => !gently || own === turn ? show(!gently) : null);
  }
  if (own !== turn) return;
  at("unfound").textContent = "";
  at("view").replaceChildren(view);
  at("view").removeAttribute("aria-busy");
  dressHeader(place);
  dressRelations(relations, place);
  if (byUser) (view.querySelector("#key, .result, [aria-invalid]") ?? view.querySelector("h1")).focus();
  lookLater(missing);
  if (well) explain(at("why"), here(), model());
}

/** Go to another place, or only into or out of the dialog over this one. */
function arrive() {
  if (here().why === undefined) at("why").close();
  if (below() !== drawn) show(true);
  else explain(at("why"), here(), model());
}

/** Fetch the list of models and the default model. Returns whether the version on show has changed. */
async function look() {
  const before = models, { models: found, default: meantByDefault, degraded: failing } = await askModels();
  const bad = new Map(Object.entries(failing ?? {}));
  if (JSON.stringify([found, ...bad]) === JSON.stringify([before, ...degraded])) return false;
  forgetFacts();
  degraded = bad;
  usual = meantByDefault ?? "";
  models = found;
  dressModels();
  const [was, is] = [before, models].map((list) => list.find(({ name }) => name === model())?.current);
  if (was && is && was !== is) notice(`${model()} was swapped for the version of ${moment(is)}; what you see is the new one's.`, "swap");
  return was !== is;
}

/** Look again after a while: soon where something is missing. */
function lookLater(missing) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (document.hidden) return lookLater(missing);
    try {
      if (await look() || missing) return show();
      at("notices").querySelector(".away")?.remove();
    } catch (error) {
      if (!missing && error instanceof Unreachable) notice("The service can't be reached; what you see may be old.", "away");
    }
    lookLater(missing);
  }, missing ? SOON : LOOK);
}

/** Show a notice above the view, one of each kind. */
function notice(text, kind) {
  at("notices").querySelector(`.${kind}`)?.remove();
  const line = h(`p.notice.${kind}`, text, button("×", () => line.remove(), { "aria-label": "Dismiss" }));
  at("notices").append(line);
}

function dressHeader(place) {
  const { model: chosen, node, type, find, source = node, source_type = type, target, target_type } = place;
  at("home").href = address({ model: chosen });
  at("views").replaceChildren(...Object.entries(VIEWS).map(([view, [title]]) => h("a", {
    href: address({ view, model: chosen, ...view === "pair" ? { source, source_type, target, target_type } : { node, type } }),
    "aria-current": view === place.view && "page",
  }, title)));
  if (document.activeElement !== at("node")) at("node").value = node ?? find ?? ""; // never while somebody types
  chooseModel();
  at("search").hidden = !model();
  document.title = `${node === undefined ? place.view : shown(node)} · ${model() || "Latentlink"}`;
}

function dressModels() {
  at("model").replaceChildren(...models.map(({ name, current, published }) => h("optgroup", { label: name },
    option(name, name),
    published.toReversed().map((version) => option(`${name}@${version}`, `${name} ${moment(version)}${version === current ? ", current" : ""}`)))),
  ...[...degraded].map(([name, reason]) => h("option", { disabled: true, title: reason }, `${name}: ${reason.replace(/^\S*\//, "")}`))); // without the folder of the file
  at("model").hidden = !models.length;
  chooseModel();
}

/** The choice of the relation, where a model has several; the first is the usual one. */
function dressRelations(relations = [], { relation = relations[0] }) {
  at("relation").replaceChildren(...relations.map((name) => option(name, shown(name))));
  at("relation").hidden = relations.length < 2;
  at("relation").value = relation;
}

const option = (value, text) => h("option", { value }, text);

/** Select the model on show; a link may name one that is not in the list. */
function chooseModel() {
  at("model").value = model();
  if (!at("model").value && models.length) at("model").append(option(model(), model() || "Model …"));
  at("model").value = model();
}

at("model").addEventListener("change", ({ target: { value: model } }) => {
  const { view, node, find, source, target } = here(); // types and relations are those of a model
  go({ view, model, relation: undefined, node, find, source, target });
});
at("relation").addEventListener("change", ({ target }) => go({ ...here(), relation: target.value }));
const open = ({ node, type }) => {
  at("node").value = node;
  go({ view: here().view === "map" ? "map" : "node", model: here().model, node, type });
};
const close = complete(at("node"), model, open);
for (const event of ["input", "blur"]) at("node").addEventListener(event, () => at("unfound").textContent = "");
at("search").addEventListener("submit", async (event) => {
  event.preventDefault();
  close();
  const text = at("node").value, found = await meant(model(), text).catch(() => [{ node: text }]); // the page of the node shows the reason
  if (!found.length && here().view === "map") at("unfound").textContent = `No node “${shown(text)}”`; // and the map stays
  else if (found.length > 1) go({ model: here().model, find: text });
  else open(found[0] ?? { node: text });
});
addEventListener("hashchange", arrive);
dressTheme(at("theme"));
dressWhy(at("why"), () => at("view").querySelector("h1").focus());
dressHeader(here());
show();
