// Two nodes, and the probability of a link between them.

import { factsOf } from "./api.js";
import { complete } from "./combobox.js";
import { figures, h, heading, named, percent, range } from "./dom.js";
import { meant } from "./find.js";
import { address, chips, go, link, nodesOf } from "./place.js";
import { behind, density, leading, meaning, score, strip, whyButton } from "./predictions.js";

const ROLES = ["source", "target"];

/** A form for two names and, where both are given, the answer. */
export async function pairView(place, model) {
  const given = place.source !== undefined && place.target !== undefined;
  const [answer, notes] = given ? await scoreOf(model, place) : [null, {}];
  const [source, target] = ROLES.map((role) => field(role, end(place, role), notes[role]));
  const submit = async (event) => {
    event.preventDefault();
    const [from, to] = await Promise.all([source, target].map((input) => nodeOf(model, input)));
    go({ view: "pair", model: place.model, source: from.node, source_type: from.type, target: to.node, target_type: to.type });
  };
  const view = h("section.card",
    heading("How likely is a link?"),
    h("form.pair", { onsubmit: submit },
      h("label", { for: "source" }, "From"), h("div.field", source), notes.source,
      h("label", { for: "target" }, "To"), h("div.field", target), notes.target,
      h("button", "Score")),
    answer && result(answer, (await factsOf(model)).directed));
  complete(source, () => model, () => target.focus());
  complete(target, () => model, () => target.form.requestSubmit());
  return view;
}

const end = (place, role) => ({ node: place[role], type: place[`${role}_type`] });

const field = (id, { node, type }, note) => h("input", {
  id, value: node ?? "", "data-type": type, autocomplete: "off", spellcheck: "false", autocapitalize: "off",
  "aria-invalid": note && "true", "aria-describedby": note?.id,
});

/** The chosen node, or the one that a typed text means, else the text: its score then comes with suggestions. */
async function nodeOf(model, { value: node, dataset: { type } }) {
  const found = type ? [{ node, type }] : await meant(model, node).catch(() => []);
  return found.length === 1 ? found[0] : { node };
}

/** The score of a pair and no notes, or no score and a note for each of the two that is no node, or one of several. */
async function scoreOf(model, place) {
  try {
    return [await score(model, place), {}];
  } catch (error) {
    const { unknown, ambiguous = unknown } = error.body ?? {};
    if (!ambiguous) throw error;
    const closest = new Map(ambiguous.map(({ node, closest = [] }) => [node, closest]));
    const wrong = ROLES.filter((role) => closest.has(place[role]) && (unknown || !end(place, role).type));
    return [null, Object.fromEntries(await Promise.all(wrong.map(async (role) => {
      const found = await meant(model, place[role]);
      return [role, note(place, role, found.length ? found : nodesOf(closest.get(place[role])))];
    })))];
  }
}

const note = (place, role, nodes) => h("div.wrong", { id: `${role}-note` },
  h("p", nodes.length ? "Did you mean" : "No node has this name; type some letters of it to list those that have them"),
  chips(nodes, ({ node, type }) => address({ ...place, [role]: node, [`${role}_type`]: type })));

function result(answer, directed) {
  const { probability, logit, known, prior, interval } = answer, [source, target] = ROLES.map((role) => end(answer, role));
  const calibrated = prior != null, first = leading(answer, calibrated);
  return h("div.result", { tabindex: -1 },
    h("p", link(source), " – ", link(target), ": ",
      known ? "a known link, which the model was trained on." : named(source) === named(target) ? "a node and itself." : "no known link."),
    first != null && figures([[percent(first), calibrated ? `probability, if ${density(prior)}` : "p"]]),
    strip(answer, known ? "known" : "predicted", calibrated),
    h("p.facts", whyButton(target), h("span", behind(answer)),
      (calibrated || interval) && h("span", "p ", percent(probability), interval && `, range ${range(interval.probability)}`),
      h("span", `logit ${logit.toFixed(3)}, ${directed ? "of a link from the first to the second" : "the same in both directions"}`)),
    meaning(answer, answer));
}
