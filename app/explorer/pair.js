// Two nodes, and how likely a link between them is.

import { askModel } from "./api.js";
import { complete } from "./combobox.js";
import { bar, h, percent, shown } from "./dom.js";
import { addressOf, go } from "./place.js";

/** A form for two names and, where both are given, the answer. */
export async function pairView(place, model) {
  const given = place.source !== undefined && place.target !== undefined;
  const score = given && await askModel(model, "/score", { query: { source: place.source, target: place.target } });
  const section = h("section", { class: "card" }, h("h1", { tabindex: -1 }, "How likely is a link?"));
  const [source, target] = [field("source", place.source), field("target", place.target)];
  const submit = (event) => {
    event.preventDefault();
    go({ ...place, source: source.value, target: target.value });
  };
  section.append(h("form", { class: "pair", onsubmit: submit },
    h("label", { for: "source" }, "From"), h("div", { class: "field" }, source),
    h("label", { for: "target" }, "To"), h("div", { class: "field" }, target),
    h("button", {}, "Score")));
  if (score) section.append(result(score));
  complete(source, () => model, () => target.focus());
  complete(target, () => model, () => target.form.requestSubmit());
  return section;
}

const field = (id, value) => h("input", { id, value: value ?? "", autocomplete: "off", spellcheck: "false", autocapitalize: "off" });

const result = ({ source, target, probability, logit, known }) => h("div", { class: "result", tabindex: -1 },
  h("p", { class: "large" }, percent(probability)),
  bar(probability, known ? "known" : "predicted"),
  h("p", {}, h("a", { href: addressOf(source) }, shown(source)), " – ", h("a", { href: addressOf(target) }, shown(target)), ": ",
    known ? "a known link, which the model was trained on." : source === target ? "a node and itself." : "no known link."),
  h("p", { class: "quiet" }, `logit ${logit.toFixed(3)}; the same in both directions`));
