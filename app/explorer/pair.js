// Two nodes, and the probability of a link between them.

import { factsOf } from "./api.js";
import { complete } from "./combobox.js";
import { figures, h, heading, percent, range } from "./dom.js";
import { meant } from "./find.js";
import { address, chips, go, link } from "./place.js";
import { behind, density, leading, meaning, score, strip, whyButton } from "./predictions.js";

/** A form for two names and, where both are given, the answer. */
export async function pairView(place, model) {
  const given = place.source !== undefined && place.target !== undefined;
  const [answer, notes] = given ? await scoreOf(model, place) : [null, {}];
  const [source, target] = ["source", "target"].map((role) => field(role, place[role], notes[role]));
  const submit = async (event) => {
    event.preventDefault();
    const [from, to] = await Promise.all([source, target].map(({ value }) => idOf(model, value)));
    go({ ...place, source: from, target: to, why: undefined });
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

const field = (id, value = "", note) => h("input", {
  id, value, autocomplete: "off", spellcheck: "false", autocapitalize: "off",
  "aria-invalid": note && "true", "aria-describedby": note?.id,
});

/** The one id that a typed text means, else the text: its score then comes with suggestions. */
async function idOf(model, text) {
  const found = await meant(model, text).catch(() => []);
  return found.length === 1 ? found[0] : text;
}

/** The score of a pair and no notes, or no score and a note for each of the two that is no node. */
async function scoreOf(model, place) {
  try {
    return [await score(model, place.source, place.target), {}];
  } catch (error) {
    if (error.kind !== "unknown-node") throw error;
    const closest = new Map(error.body.unknown.map((unknown) => [unknown.node, unknown.closest]));
    const wrong = ["source", "target"].filter((role) => closest.has(place[role]));
    return [null, Object.fromEntries(await Promise.all(wrong.map(async (role) => {
      const found = await meant(model, place[role]);
      return [role, note(place, role, found.length ? found : closest.get(place[role]))];
    })))];
  }
}

const note = (place, role, ids) => h("div.wrong", { id: `${role}-note` },
  h("p", `No node has this name${ids.length ? "; did you mean" : "; type some letters of it to list those that have them"}`),
  chips(ids, (id) => address({ ...place, [role]: id })));

function result(answer, directed) {
  const { source, target, probability, logit, known, prior, interval } = answer;
  const calibrated = prior != null, first = leading(answer, calibrated);
  return h("div.result", { tabindex: -1 },
    h("p", link(source), " – ", link(target), ": ",
      known ? "a known link, which the model was trained on." : source === target ? "a node and itself." : "no known link."),
    first != null && figures([[percent(first), calibrated ? `probability, if ${density(prior)}` : "p"]]),
    strip(answer, known ? "known" : "predicted", calibrated),
    h("p.facts", whyButton(target), h("span", behind(answer)),
      (calibrated || interval) && h("span", "p ", percent(probability), interval && `, range ${range(interval.probability)}`),
      h("span", `logit ${logit.toFixed(3)}, ${directed ? "of a link from the first to the second" : "the same in both directions"}`)),
    meaning(answer, answer));
}
