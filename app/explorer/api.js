// The public API, and nothing else of the service.

const KEY = "latentlink-key";
const seen = new Map(); // which version answered last, by what the model was called in the question
let onSwap = () => {};

/** An answer from 400 up: an RFC 9457 problem. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail ?? body.title ?? `status ${status}`);
    Object.assign(this, { status, kind: (body.type ?? "").replace("/problems/", ""), body, retryAfter });
  }
}

/** No answer at all. */
export class Unreachable extends Error {}

/** Be told `(before, after)` when another version answers than before. */
export function watchSwaps(listener) {
  onSwap = listener;
}

export const hasKey = () => sessionStorage.getItem(KEY) != null;

/** Keep a key for as long as this tab is open. */
export const keepKey = (key) => sessionStorage.setItem(KEY, key);

export const forgetKey = () => sessionStorage.removeItem(KEY);

/** The answer to a question, as JSON; a `body` makes it a POST. */
export async function ask(path, { query, body, signal } = {}) {
  const response = await send(path + (query ? `?${new URLSearchParams(query)}` : ""), body, signal);
  const answer = await read(response);
  if (!response.ok) throw new Problem(response.status, answer ?? {}, Number(response.headers.get("Retry-After") ?? 0));
  if (answer === undefined) throw new Unreachable("The answer broke off.");
  return answer;
}

/** The answer of a model: a name, `name@version` or `default`. */
export const askModel = (model, path, options) => ask(`v1/models/${encodeURIComponent(model)}${path}`, options);

async function send(path, body, signal) {
  const headers = { Accept: "application/json" };
  if (hasKey()) headers.Authorization = `Bearer ${sessionStorage.getItem(KEY)}`;
  if (body) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(new URL(path, document.baseURI), {
      method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal,
    });
    noteVersion(path, response.headers.get("X-Model"));
    return response;
  } catch (error) {
    throw error.name === "AbortError" ? error : new Unreachable(error.message);
  }
}

async function read(response) {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function noteVersion(path, answered) {
  const model = path.match(/^v1\/models\/([^/?]+)/)?.[1];
  if (!answered || !model) return;
  const before = seen.get(model);
  seen.set(model, answered);
  if (before && before !== answered) onSwap(before, answered);
}

/** Note which version a name stands for now, as a list of models tells it; a change counts as a swap. */
export const noteCurrent = ({ name, current }) => noteVersion(`v1/models/${encodeURIComponent(name)}`, `${name}@${current}`);
