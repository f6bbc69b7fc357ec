"""Tables and numbers of a model card, in Markdown."""

from collections.abc import Iterable

from latentlink.models.facts.metrics import LinkMetrics, Stratum

_METRICS = ("auc", "ap", "hits@10", "hits@50", "hits@100", "mrr", "full_mrr", "full_hits@10")
# With relations, with two groups of types, and of directed links.
_SOMETIMES = ("full_hits@1", "full_hits@3", "recall@20", "ndcg@20", "direction", "bidirectional")


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table with a line for each row."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def metrics_table(rows: Iterable[tuple[str, LinkMetrics]]) -> str:
    """Metrics of links, a row for each name."""
    measured = [(name, scores.by_name()) for name, scores in rows]
    shown = [*_METRICS, *(metric for metric in _SOMETIMES if any(row.get(metric) is not None for _, row in measured))]
    return table(
        ("edges", *map(words, shown)),
        ([words(name), *map(number, map(row.get, shown))] for name, row in measured),
    )


def strata_table(strata: Iterable[tuple[str, Stratum]]) -> str:
    """Metrics of parts of the test pairs, a row for each part."""
    rows = ([words(name), row.positives, row.negatives, number(row.auc), number(row.ap)] for name, row in strata)
    return table(("test pairs", "edges", "non-edges", "AUC", "AP"), rows)


def number(value: float | None) -> str:
    """Four decimals, or a dash for a value that could not be measured."""
    return "–" if value is None else f"{value:.4f}"


def one_line(text: str) -> str:
    """A text from the data as a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def words(name: str) -> str:
    """A name on disk with spaces for underscores."""
    return name.replace("_", " ")
