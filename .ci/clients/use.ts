// The calls of the generated TypeScript client: their types are those of the document, and their answers those that
// `latentlink.Client` is given.

import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";
import expected from "./expected.json" with { type: "json" };

type Schemas = components["schemas"];

// Some answers have other formats, too, of which this client asks for none.
type Media = "application/json" | "application/problem+json";

const client = createClient<paths, Media>({ baseUrl: expected.url });
const path = { model: "default" };

function same(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
  }
}

const one = await client.GET("/v1/models/{model}/score", {
  params: { path, query: { source: "alice", target: "person10" } },
});
same("score", [one.data?.model, one.data?.probability, one.data?.known], [expected.model, expected.score, false]);

const pairs: Schemas["ScoresRequest"] = {
  pairs: [["alice", "bob"], ["alice", "person10"], ["alice", "?"]],
  on_unknown: "null",
};
const many = await client.POST("/v1/models/{model}/scores", { params: { path }, body: pairs });
const probabilities: (number | null)[] | undefined = many.data?.probability;
same("scores", probabilities, [...expected.scores, null]);

const found = await client.GET("/v1/models/{model}/neighbors", { params: { path, query: { node: "alice", k: 3 } } });
same("neighbors", found.data?.neighbors.map((neighbor) => neighbor.node), expected.neighbors);

const query: Schemas["UnseenRequest"] = { neighbors: ["alice", "bob"], targets: ["carol"], k: 2 };
const unseen = await client.POST("/v1/models/{model}/unseen", { params: { path }, body: query });
if (unseen.data === undefined || "results" in unseen.data) throw new Error("unseen: expected one new node");
same("unseen", unseen.data.probability, expected.unseen);
same("neighbors of it", unseen.data.neighbors?.map((neighbor) => neighbor.node), expected.unseen_neighbors);

const refused = await client.GET("/v1/models/{model}/score", { params: { path, query: { source: "alice", target: "?" } } });
const problem: Schemas["Problem"] | undefined = refused.error;
same("problem", [problem?.status, problem?.type], [404, "/problems/unknown-node"]);
console.log("the generated TypeScript client agrees");
