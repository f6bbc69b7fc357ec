// The page at /docs: Swagger UI over the description of the API, with the key of this tab.

import { ask, key, Unreachable } from "./api.js";
import { trouble } from "./trouble.js";

let waiting; // the next try, of which there is one

/** Show the documentation, or what is in its way: without a key, the form for one. */
async function show() {
  clearTimeout(waiting);
  try {
    describe(await ask("openapi.json"));
  } catch (error) {
    document.getElementById("view").replaceChildren(trouble(error, show));
    if (error instanceof Unreachable) waiting = setTimeout(show, 1000);
  }
}

function describe(spec) {
  document.getElementById("before")?.remove(); // the explorer's style would dress Swagger UI as well
  const prefix = new URL(".", location).pathname.slice(0, -1); // which a proxy need not have told the service
  const ui = SwaggerUIBundle({
    spec: prefix ? { ...spec, servers: [{ url: prefix }] } : spec,
    dom_id: "#view",
    deepLinking: true,
    onComplete: () => spec.components.securitySchemes && ui.preauthorizeApiKey("key", key.get()),
  });
}

show();
