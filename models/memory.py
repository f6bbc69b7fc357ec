"""How much memory a training takes, and how much there is: a refusal that says what to do beats the kernel's."""

from pathlib import Path

from models.config import TrainingConfig
from models.csr import CSR
from models.errors import DataError
from models.graph import Graph
from models.run import BATCH_EDGES

_GIB = 2**30


def training_bytes(graph: Graph, config: TrainingConfig) -> int:
    """Bytes that a fit of a model of links takes beside the graph that is there already, at its peak; within a third or so.

    Tensors (N, D) of a step and its gradient, learned rows with their two moments, features whole and dropped out,
    the layout of Â (2E + N entries) with the part that an epoch sees, and what the pairs of a step take.
    """
    n, e, d = graph.n_nodes, graph.n_edges, config.dim
    rows = 4 * (config.node_rows != "off" or graph.features is None)
    tensors = (9 if config.variational else 5) + rows
    x = graph.features
    features = 0 if x is None else 40 * len(x.data) if isinstance(x, CSR) else 12 * x.size
    pairs = 2 * min(e, BATCH_EDGES) * (60 + 4 * d // 16)
    return 4 * n * d * tensors + features + 40 * (2 * e + n) + 24 * e + pairs


def available_bytes(meminfo: Path = Path("/proc/meminfo"), cgroup: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Bytes that this process may still take: the machine's, or what is left of its cgroup if that is less; None if unknown.

    Args:
        meminfo: Linux's table of memory, in KiB.
        cgroup: the directory of the cgroup v2, with `memory.max`, `memory.current` and `memory.stat`.
    """
    machine = _table(meminfo, ":").get("MemAvailable")
    try:
        limit, used = ((cgroup / name).read_text().strip() for name in ("memory.max", "memory.current"))
        cached = _table(cgroup / "memory.stat", " ").get("inactive_file", 0)
        group = None if limit == "max" else int(limit) - int(used) + cached
    except (OSError, ValueError):
        group = None
    known = [value for value in (None if machine is None else 1024 * machine, group) if value is not None]
    return min(known) if known else None


def _table(path: Path, between: str) -> dict[str, int]:
    """The numbers of a file of names and numbers, a pair a line; none if it can't be read."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition(between) for line in lines)
    return {name: int(value.split()[0]) for name, _, value in pairs if value.split()[:1] and value.split()[0].isdigit()}


def require_memory(graph: Graph, config: TrainingConfig, available: int | None) -> None:
    """Refuse a training of links that would be ended by the kernel.

    Args:
        graph: in memory already.
        config: what to train.
        available: bytes, or None where nobody knows.

    Raises:
        DataError: it would take more than that; it names a width that fits, where there is one.
    """
    if available is None or not config.sees_graph or (needed := training_bytes(graph, config)) <= available:
        return
    widths = (2**bits for bits in range(12, 2, -1) if 2**bits < config.dim)
    fitting = (d for d in widths if training_bytes(graph, config.model_copy(update={"dim": d})) <= available)
    narrower = next(fitting, None)
    advice = "train where there is more" if narrower is None else f"--dim {narrower} fits, or train where there is more"
    raise DataError(
        f"memory: expected a training that fits into the {available / _GIB:.1f} GiB that are left, found {graph.n_nodes:,} nodes "
        f"and {graph.n_edges:,} edges with d = {config.dim}, which take about {needed / _GIB:.1f} GiB; {advice}"
    )
