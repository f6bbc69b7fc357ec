// The public API, and nothing else of the service.

const KEY = "latentlink-key";
const facts = new Map(); // manifests, by the name of the model in the request

/** An answer from 400 up: an RFC 9457 problem. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail ?? body.title ?? `status ${status}`);
    Object.assign(this, { kind: (body.type ?? "").split("/").pop(), body, retryAfter });
  }
}

export class Unreachable extends Error {}

/** The API key, kept for as long as this tab is open. */
export const key = {
  get: () => sessionStorage.getItem(KEY),
  keep: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

/** The answer to a request, as JSON; a `body` makes it a POST. */
export async function ask(path, { query, body, signal } = {}) {
  const parameters = Object.entries(query ?? {}).flatMap(([name, values]) => [values ?? []].flat().map((value) => [name, value]));
  const response = await send(`${path}${query ? "?" : ""}${new URLSearchParams(parameters)}`, body, signal);
  const answer = await response.json().catch(() => undefined);
  if (!response.ok) throw new Problem(response.status, answer ?? {}, Number(response.headers.get("Retry-After")));
  if (answer === undefined) throw new Unreachable("The answer broke off.");
  return answer;
}

/** The list of models: of very many it comes in pages. */
export async function askModels() {
  const all = await ask("v1/models");
  for (let page = all; page.next !== undefined; all.models.push(...page.models)) {
    page = await ask("v1/models", { query: { after: page.next } });
  }
  return all;
}

/** The answer of a model: a name, `name@version` or `default`. */
export const askModel = (model, path, options) => ask(`v1/models/${encodeURIComponent(model)}${path}`, options);

/** A model's facts, requested once until `forgetFacts`. */
export async function factsOf(model) {
  if (!facts.has(model)) facts.set(model, await askModel(model, ""));
  return facts.get(model);
}

export const forgetFacts = () => facts.clear();

async function send(path, body, signal) {
  const headers = {};
  if (key.get() != null) headers.Authorization = `Bearer ${key.get()}`;
  if (body) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Unreachable(error.message);
  }
}
