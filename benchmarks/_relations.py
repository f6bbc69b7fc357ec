"""Graphs with relations on their published splits, and PyKEEN's models on the same ones.

Ranks are those of the literature: either end of a test triple among all nodes, its other end among them, filtered by the triples
of all parts, ties by their mean rank.
"""

import json
import subprocess
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks._environments import environment, kept
from benchmarks._quality_rows import Row, spread
from latentlink.models.arrays import Float64, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.relational.scorers import RelationDecoders
from latentlink.models.evaluation.relational.splits import keys_of, with_negatives
from latentlink.models.evaluation.splits import Split
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.relations import Relations
from latentlink.models.training.protocol import train

COLUMNS = {"umls": (0, 1, 2), "kinship": (1, 0, 2)}  # of source, relation and target in the published files
PARTS = ("train", "valid", "test")
REACH = {"umls": 95.0, "kinship": 90.0}  # MRR
PYKEEN = ("DistMult", "ComplEx")
_REQUIREMENT = "pykeen==1.11.1"


def relations(folder: Path, seeds: range, *, quick: bool) -> Iterator[Row]:
    """A row for the default and for each of PyKEEN's models on each graph; MRR and Hits@K in percent, a value for each seed."""
    print(f"\n{'relations':12}{'model':20}{'MRR':>16}{'Hits@1':>16}{'Hits@10':>16}{'s':>6}")
    for name in ("umls",) if quick else COLUMNS:
        graph, split = published(folder, name)
        fits = {"default": partial(_default, graph, split)}
        fits |= {f"PyKEEN {model}": partial(_pykeen, folder, name, model) for model in PYKEEN}
        for title, fit in fits.items():
            try:
                measured = [fit(seed, 10 if quick else None) for seed in seeds]
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"{name:12}{title:20}is left out: {error}", flush=True)
                continue
            row = {
                metric: [(1 if metric == "seconds" else 100) * one[metric] for one in measured]
                for metric in measured[0]
            }
            cells = "".join(f"{spread(row[metric]):>16}" for metric in ("mrr", "hits@1", "hits@10"))
            print(f"{name:12}{title:20}{cells}{np.mean(row['seconds']):>6.0f}", flush=True)
            yield {"graph": name, "model": title, **row}


def missed_relations(rows: Iterable[Row]) -> list[str]:
    """The targets that were not reached."""
    means = {row["graph"]: float(np.mean(row["mrr"])) for row in rows if row["model"] == "default"}
    return [f"{name}: MRR {mean:.2f} for {REACH[name]}" for name, mean in means.items() if mean < REACH[name]]


def published(folder: Path, name: str) -> tuple[Graph, Split]:
    """A graph of all three files, and their split."""
    triples, ids, relations = list[Int64](), dict[str, int](), dict[str, int]()
    for part in PARTS:
        rows = [[fields[at] for at in COLUMNS[name]] for fields in _fields(folder / name / f"{part}.txt")]
        numbers = [
            (ids.setdefault(s, len(ids)), ids.setdefault(t, len(ids)), relations.setdefault(r, len(relations)))
            for s, r, t in rows
        ]
        triples.append(np.array(numbers, np.int64))
    every = np.concatenate(triples)
    graph = Graph.from_pairs([*ids], every[:, :2], relations=Relations((*relations,), every[:, 2].astype(np.int16)))
    train = np.searchsorted(keys_of(graph.triples, graph.n_nodes), keys_of(triples[0], graph.n_nodes))
    return graph, with_negatives(graph, np.sort(train), triples[1], triples[2], np.random.default_rng(0))


def ranking(scorer: RelationDecoders, graph: Graph, triples: Int64) -> dict[str, float]:
    """MRR and Hits@K in 0–1 of the served logits."""
    n, ranks = graph.n_nodes, list[Float64]()
    known = np.zeros((n, len(graph.relations.names), n), np.bool_)  # type: ignore[union-attr]
    source, target, of = graph.triples.T
    known[source, of, target] = True
    for relation in np.unique(triples[:, 2]).tolist():
        pairs = triples[triples[:, 2] == relation, :2]
        rows = scorer.of_relation(relation).score_rows(np.arange(2 * n))
        for scores, closed, (here, there) in (
            (rows[:n, n:], known[:, relation], pairs.T),
            (rows[n:, :n], known[:, relation].T, pairs.T[::-1]),
        ):
            own = scores[here, there][:, None]
            others = np.where(closed[here], -np.inf, scores[here])
            ranks.append(1 + (others > own).sum(axis=1) + (others == own).sum(axis=1) / 2)
    found = np.concatenate(ranks)
    return {"mrr": float((1 / found).mean())} | {f"hits@{k}": float((found <= k).mean()) for k in (1, 3, 10)}


def _default(graph: Graph, split: Split, seed: int, epochs: int | None) -> dict[str, float]:
    """Ours, with its seconds."""
    started, fewer = time.perf_counter(), {} if epochs is None else {"epochs": epochs}
    config = TrainingConfig.model_validate({"model": "complex", "refit": False, "seed": seed, **fewer})
    trained = train(graph, config, split=split)
    seconds = time.perf_counter() - started
    return {**ranking(RelationDecoders(trained.embeddings), graph, split.test), "seconds": seconds}


def _pykeen(folder: Path, name: str, model: str, seed: int, epochs: int | None) -> dict[str, float]:
    """PyKEEN's model by its own evaluator, with its seconds."""
    python = environment(kept() / _REQUIREMENT, [_REQUIREMENT])
    script, options = Path(__file__).parent / "peers_apps" / "on_pykeen.py", [model, str(seed), str(epochs or 100)]
    files = [str(folder / name / f"{part}.txt") for part in PARTS]
    columns = ",".join(map(str, COLUMNS[name]))
    done = subprocess.run([python, script, *files, columns, *options], check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _fields(path: Path) -> Iterator[list[str]]:
    yield from (line.split("\t") for line in path.read_text().splitlines())
