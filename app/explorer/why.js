// Explanation of a score: the contributions of the nodes around its ends to the logit, in a dialog over the page.

import { askModel } from "./api.js";
import { bar, button, h, heading, named, number, percent, shown, signed } from "./dom.js";
import { address, below, chips, here, link, nodesOf } from "./place.js";
import { trouble } from "./trouble.js";

/** Let a dialog be closed; `lost()` moves the focus when the element that opened it is gone. */
export function dressWhy(dialog, lost) {
  dialog.addEventListener("close", () => {
    if (here().why !== undefined) location.replace(below());
    if (!document.activeElement.closest("main")) lost();
  });
}

/** Open the dialog that explains the link from a place's node, or pair, to `place.why`; close it where `why` is absent. */
export async function explain(dialog, place, model) {
  const source = place.node ?? place.source, source_type = place.type ?? place.source_type, target = place.why;
  if (target === undefined || source === undefined) return dialog.close();
  const content = await askModel(model, "/explanation", { query: { source, source_type, target, target_type: place.why_type } })
    .then(explanation, (error) => excuse(error, () => explain(dialog, here(), model)));
  if (address(here()) !== address(place)) return;
  dialog.replaceChildren(button("×", () => dialog.close(), { "aria-label": "Close" }), content);
  if (!dialog.open) dialog.showModal();
  const title = dialog.querySelector("h1");
  title.id = "why-title";
  title.focus();
}

const excuse = (error, again) => error.kind === "unsupported-by-model"
  ? h("div", heading("This model can't explain its scores"),
    h("p", "Its encoder uses no links, its checkpoint lacks the features, or too many links would have to be left out."),
    h("p.quiet", error.message))
  : trouble(error, again);

const PARTS = { dense: "the encoder", spectral: "spectral columns", bias: "bias of both nodes", shared_links: "shared links" };

function explanation({ source, target, probability, logit, parts, method, sides, common_neighbors: common }) {
  const part = parts ? "encoder's part" : "logit", shared = nodesOf(common.nodes, common.types);
  return h("div",
    heading(`Why ${shown(source)} – ${shown(target)}?`),
    h("p.facts", h("span", "p ", h("b", percent(probability))), h("span", "logit ", h("b", logit.toFixed(4)))),
    parts && h("section", bars("Parts of the logit", [
      ...Object.entries(parts).map(([name, contribution]) => ({ name: PARTS[name] ?? name, contribution })),
      { name: "logit", contribution: logit }])),
    sides.length > 0 && h("p", method === "contributions"
      ? `The ${part} is a sum over the nodes around one end, and can be read from either end. A bar to the right adds to it, a bar to the left subtracts from it.`
      : `The fall of the ${part} without the link to each neighbour. The falls do not add up to it.`),
    h("div.columns", sides.map((side) => readFrom(side, part, parts ? parts.dense : logit))),
    h("h2", `Common neighbours: ${number(common.count)}, those with the fewest links first`),
    common.contributions?.length > 0 && h("section", bars("What each adds", [
      ...shared.map((node, at) => ({ name: named(node), contribution: common.contributions[at] })),
      common.count > shared.length && { name: "all others", contribution: common.rest }].filter(Boolean))),
    chips(shared));
}

function readFrom({ self, others, rest, exact, fidelity, ...end }, part, whole) {
  const listed = others.reduce((sum, { contribution }) => sum + contribution, 0);
  return h("section",
    h("h2", "Around ", link(end)),
    self && bars("In all", [
      { ...self, name: `${named(end)} itself` },
      { name: `the ${others.length} below`, contribution: listed },
      { name: `all other nodes${exact ? "" : ", not all searched"}`, contribution: rest },
      { name: part, contribution: whole }]),
    bars(self ? "Largest contributions" : "Without the link to", others.map((other) => ({ ...other, name: named(other) }))),
    !others.length && h("p.quiet", "No neighbour adds anything."),
    fidelity != null && h("p.quiet", `Without all of them at once p would be ${(100 * fidelity).toFixed(1)} points lower.`));
}

function bars(label, parts) {
  const scale = 2 * Math.max(...parts.map(({ contribution }) => Math.abs(contribution))) || 1;
  const row = ({ name, contribution }) => [
    h("span", name), bar([contribution < 0 ? "predicted" : "known", 0.5, 0.5 + contribution / scale]), h("span.number", signed(contribution))];
  return [h("h3", label), h("ul.bars", parts.map((part) => h("li", part.features?.length || part.bias != null
    ? h("details", h("summary.row", row(part)), bars(`What ${part.name} adds`, inner(part)), h("p", link(part)))
    : h("div.row", row(part)))))];
}

const inner = ({ features, bias, rest }) => [
  ...features.map(({ feature, value, contribution }) => ({
    name: `${/^\d+$/.test(feature) ? `feature ${feature}` : feature}, ${Number(value.toPrecision(3))}`, contribution,
  })),
  { name: "its other features", contribution: rest },
  { name: "its learned embedding (bias)", contribution: bias },
].filter(({ contribution }) => contribution != null);
