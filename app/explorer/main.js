// The page: what is at hand (models, search, theme), and the view of the place that the address names.

import { ask, askModel, noteCurrent, Problem, Unreachable, watchSwaps } from "./api.js";
import { complete } from "./combobox.js";
import { h, moment, shown } from "./dom.js";
import { mapView } from "./map.js";
import { modelView } from "./model.js";
import { nodeView } from "./node.js";
import { pairView } from "./pair.js";
import { address, go, here } from "./place.js";
import { dressTheme } from "./theme.js";
import { emptyStore, trouble } from "./trouble.js";

const VIEWS = { node: ["Node", nodeView], pair: ["Pair", pairView], map: ["Map", mapView], model: ["Model", modelView] };
const LOOK = 10_000, SOON = 1_000; // milliseconds between looks at the list of models, and while something is missing

const at = (id) => document.getElementById(id);
let models = [], usual = "", turn = 0, timer = 0;

const model = () => here().model ?? usual;

/** Show the place that the address names; the last one asked for wins. */
async function show(byUser = false) {
  const own = ++turn, place = here();
  at("view").setAttribute("aria-busy", "true");
  let view, missing = false;
  try {
    if (!models.length) await look();
    const [, draw] = VIEWS[place.view] ?? VIEWS.node;
    view = models.length ? await draw(place, model()) : emptyStore();
    missing = !models.length;
  } catch (error) {
    missing = error instanceof Unreachable;
    if (own === turn) view = trouble(error, (gently) => gently !== true || own === turn ? show(gently !== true) : null);
  }
  if (own !== turn) return;
  at("view").replaceChildren(view);
  at("view").removeAttribute("aria-busy");
  dressHeader(place);
  if (byUser) (view.querySelector("#key, .result") ?? view.querySelector("h1"))?.focus();
  lookLater(missing);
}

/** Learn which models there are, and which one is meant where the address names none. */
async function look() {
  const before = JSON.stringify(models);
  ({ models } = await ask("v1/models"));
  models.forEach(noteCurrent);
  if (models.length && !models.some(({ name }) => name === usual)) usual = await usualModel();
  if (JSON.stringify(models) !== before) dressModels();
}

async function usualModel() {
  if (models.length === 1) return models[0].name;
  try {
    return (await askModel("default", "")).model;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return (models.find(({ kind }) => kind.endsWith("gae")) ?? models[0]).name; // links before features
  }
}

/** Look again after a while: soon where something is missing. */
function lookLater(missing) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (document.hidden) return lookLater(missing);
    try {
      const had = models.length;
      await look();
      if (missing || had !== models.length) return show();
      at("notices").querySelector(".away")?.remove();
    } catch (error) {
      if (!missing && error instanceof Unreachable && !at("notices").querySelector(".away")) {
        notice("The service can't be reached; what you see may be old.", "away");
      }
    }
    lookLater(missing);
  }, missing ? SOON : LOOK);
}

function notice(text, kind = "") {
  const line = h("p", { class: `notice ${kind}` }, text, " ",
    h("button", { type: "button", "aria-label": "Dismiss", onclick: () => line.remove() }, "×"));
  at("notices").append(line);
}

watchSwaps((before, after) => {
  const [name, version] = after.split("@");
  if (here().model?.includes("@") || name !== model()) return;
  at("notices").querySelector(".swap")?.remove();
  notice(`${name} was swapped for the version of ${moment(version)}; what you see is the new one's.`, "swap");
  queueMicrotask(show);
});

function dressHeader(place) {
  const { model: chosen, node, source, target } = place;
  at("home").href = address({ model: chosen });
  at("views").replaceChildren(...Object.entries(VIEWS).map(([view, [title]]) => h("a", {
    href: address(view === "pair" ? { view, model: chosen, source: source ?? node, target } : { view, model: chosen, node }),
    "aria-current": view === place.view ? "page" : null,
  }, title)));
  if (document.activeElement !== at("node")) at("node").value = node ?? ""; // never under somebody's hands
  chooseModel();
  const what = node === undefined || place.view === "model" ? VIEWS[place.view]?.[0] : shown(node);
  document.title = `${what ?? "Latentlink"} · ${model() || "Latentlink"}`;
}

function dressModels() {
  const options = ({ name, current, versions }) => h("optgroup", { label: name },
    h("option", { value: name }, name),
    [...versions].reverse().map((version) => h("option", { value: `${name}@${version}` },
      `${name} ${moment(version)}${version === current ? ", current" : ""}`)));
  at("model").replaceChildren(...models.map(options));
  at("model").hidden = !models.length;
  chooseModel();
}

/** Show which model is looked at; the list has open versions only, a link may name any. */
function chooseModel() {
  const present = [...at("model").options].some(({ value }) => value === model());
  if (!present && models.length) at("model").append(h("option", { value: model() }, model()));
  at("model").value = model();
}

at("model").addEventListener("change", ({ target }) => go({ ...here(), model: target.value, k: undefined }));
const search = complete(at("node"), model, (node) => go({ view: here().view === "map" ? "map" : "node", model: here().model, node }));
at("search").addEventListener("submit", (event) => {
  event.preventDefault();
  search.settle();
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  at("view").focus();
});
addEventListener("hashchange", () => show(true));
dressTheme(at("theme"));
dressHeader(here());
show();
