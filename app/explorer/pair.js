// Two nodes, and the probability of a link between them.

import { complete } from "./combobox.js";
import { h, heading, percent, range } from "./dom.js";
import { go, link } from "./place.js";
import { behind, meaning, score, strip, whyButton } from "./predictions.js";

/** A form for two names and, where both are given, the answer. */
export async function pairView(place, model) {
  const given = place.source !== undefined && place.target !== undefined;
  const answer = given && await score(model, place.source, place.target);
  const [source, target] = [field("source", place.source), field("target", place.target)];
  const submit = (event) => {
    event.preventDefault();
    go({ ...place, source: source.value, target: target.value, why: undefined });
  };
  const view = h("section.card",
    heading("How likely is a link?"),
    h("form.pair", { onsubmit: submit },
      h("label", { for: "source" }, "From"), h("div.field", source),
      h("label", { for: "target" }, "To"), h("div.field", target),
      h("button", "Score")),
    answer && result(answer));
  complete(source, () => model, () => target.focus());
  complete(target, () => model, () => target.form.requestSubmit());
  return view;
}

const field = (id, value = "") => h("input", { id, value, autocomplete: "off", spellcheck: "false", autocapitalize: "off" });

function result(answer) {
  const { source, target, probability, logit, known, calibrated, prior, interval } = answer;
  const figure = (name, value) => h("div", h("dt", name), h("dd", value));
  return h("div.result", { tabindex: -1 },
    h("p", link(source), " – ", link(target), ": ",
      known ? "a known link, which the model was trained on." : source === target ? "a node and itself." : "no known link."),
    h("dl",
      figure("p", percent(probability)),
      calibrated != null && figure(`calibrated, if ${percent(prior)} of pairs are linked`, percent(calibrated)),
      interval && figure("range of p", range(interval.probability))),
    strip(answer, known ? "known" : "predicted"),
    h("p.facts", whyButton(target), h("span", behind(answer)), h("span", `logit ${logit.toFixed(3)}, the same in both directions`)),
    meaning(answer, answer));
}
