"""Estimated and available memory, and the refusal of a training that does not fit; benchmarks measure the estimate's error."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.eigenvectors import search_bytes
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.relations import Relations
from latentlink.models.graph.roles import role_graph
from latentlink.models.host import available_bytes
from latentlink.models.publishing.export import tensors_of_relations
from latentlink.models.training.parts.spectrum import Kind, spectrum
from latentlink.models.training.planning.cost import decide_sampling, training_bytes
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer
from latentlink.models.training.trainers.trainer import Trainer

GIB = 2**30
CLEAR = Path("/proc/self/clear_refs")
RING = Graph.from_pairs([str(i) for i in range(1000)], np.array([(i, (i + 1) % 1000) for i in range(1000)]))

N = 2_000_000
LARGE = Graph(
    range(N),  # type: ignore[arg-type] # only counted
    np.stack([np.arange(N - 1), np.arange(1, N)], axis=1),
    features=np.broadcast_to(np.float32(1), (N, 1000)),
)


def _meminfo(folder: Path, kib: int) -> Path:
    path = folder / "meminfo"
    path.write_text(f"MemTotal:       99999999 kB\nMemAvailable:   {kib} kB\nHugePages_Total:       0\nVmFlags: a b\n")
    return path


def _cgroup(folder: Path, limit: str) -> Path:
    for name, text in {
        "memory.max": limit,
        "memory.current": "700",
        "memory.stat": "anon 5\ninactive_file 30\n",
    }.items():
        (folder / name).write_text(f"{text}\n")
    return folder


@pytest.mark.parametrize(("limit", "expected"), [("1000", 330), ("max", 2048), ("9999999", 2048)])
def test_available_memory_is_the_lesser_of_machine_and_cgroup(tmp_path: Path, limit: str, expected: int) -> None:
    """The cgroup's limit minus its used memory, without cached files; None where neither is known, as on macOS."""
    assert available_bytes(_meminfo(tmp_path, 2), _cgroup(tmp_path, limit)) == expected
    assert available_bytes(tmp_path / "none", tmp_path / "none") is None


def test_a_wider_model_takes_more() -> None:
    """In proportion to its tensors of N × D."""
    narrow, wide = (training_bytes(RING, _config(dim=d, parts="dense")) for d in (64, 128))
    assert 4 * 1000 * 64 * 9 < wide - narrow < 4 * 1000 * 64 * 30


@pytest.mark.parametrize("way", ["on", "off"])
def test_a_hub_is_estimated_as_its_links(way: str) -> None:
    """A star and a path of as many edges take the same memory."""
    ends = np.arange(1, 5000)
    star, path = (Graph(range(5000), np.stack([others, ends], axis=1)) for others in (np.zeros_like(ends), ends - 1))  # type: ignore[arg-type]
    assert training_bytes(star, _config(neighbor_sampling=way)) == training_bytes(path, _config(neighbor_sampling=way))


def test_the_test_of_a_narrow_model_counts() -> None:
    """100 candidates for each of 100 test edges, 100 bytes each, are more than the vectors of 1000 nodes in two dimensions."""
    assert training_bytes(RING, _config(dim=2)) > 100 * 100 * 100


def test_the_search_of_spectral_columns_counts() -> None:
    """Beside a narrow encoder it needs the most: at least its basis and the columns themselves, of 1000 nodes."""
    narrow, rank = {"dim": 2, "test": 0.01, "validation": 0.01}, 128
    spectral, without = (
        training_bytes(RING, _config(parts=parts, **narrow)) for parts in ("dense,spectral", "dense,bias")
    )
    assert spectral - without > 1000 * (8 * 4 + 4) * rank
    assert without >= training_bytes(RING, _config(parts="dense", **narrow))


def test_the_estimate_of_a_search_is_near_what_it_takes() -> None:
    """Within a third, as allocated; the links count beside its columns."""
    n = 20_000
    edges = np.random.default_rng(0).integers(0, n, (3 * n, 2))
    tracemalloc.start()
    spectrum(n, np.unique(edges[edges[:, 0] < edges[:, 1]], axis=0), Kind.NORMALIZED, 16)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert search_bytes(n, 16) == pytest.approx(taken, rel=1 / 3)


DIRECTED = Graph.from_pairs(
    [str(i) for i in range(2000)],
    np.random.default_rng(0).integers(0, 2000, (8000, 2)),
    features=np.random.default_rng(1).random((2000, 2000), np.float32),
    directed=True,
)


def test_node_embeddings_of_directed_links_are_of_both_roles() -> None:
    """With gradient and moments four tables of (2N, D)."""
    on, off = (
        training_bytes(DIRECTED, _config(neighbor_sampling="on", node_embeddings=which)) for which in ("on", "off")
    )
    assert on - off == 4 * 4 * 2 * 2000 * 256


@pytest.mark.skipif(not CLEAR.exists(), reason="only Linux measures a part of a process")
@pytest.mark.parametrize("way", ["on", "off"])
def test_directed_links_take_no_more_than_estimated(way: str) -> None:
    """Features, which both roles have a map of their own for, in most of it; as the kernel counts resident memory."""
    config = _config(dim=16, parts="dense", node_embeddings="off", neighbor_sampling=way)
    kind = NeighborSamplingTrainer if way == "on" else Trainer
    CLEAR.write_text("5")  # the peak begins anew
    before = _resident("VmRSS")
    trainer = kind(role_graph(DIRECTED), np.arange(DIRECTED.n_edges), config)
    trainer.step()
    trainer.embed()
    assert _resident("VmHWM") - before < training_bytes(DIRECTED, config)


def _resident(which: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(which))


def test_offsets_of_relations_count() -> None:
    """A checkpoint has two for each node and relation, many times as many as links where there are many relations."""
    n, relations, rng = 20_000, 200, np.random.default_rng(0)
    edges, of = rng.integers(0, n, (1000, 2)), rng.integers(0, relations, 1000).astype(np.int16)
    graph = Graph(range(n), edges, relations=Relations(tuple(map(str, range(relations))), of))  # type: ignore[arg-type]
    tracemalloc.start()
    tensors_of_relations(n, relations, edges, of, np.empty((0, 3), np.int64))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= training_bytes(graph, TrainingConfig(model="complex", dim=4)) <= 2 * peak


def test_without_an_encoder_its_width_takes_nothing() -> None:
    """Only the other parts and their choice do."""
    narrow, wide = (training_bytes(DIRECTED, _config(parts="spectral,bias", dim=d)) for d in (16, 4096))
    assert 0 < narrow == wide < training_bytes(DIRECTED, _config(dim=16))


def _config(**given: object) -> TrainingConfig:
    return TrainingConfig.model_validate(given)


def test_a_graph_that_fits_is_trained_in_full_batches() -> None:
    """So is one under an unknown limit; a model of features needs no sampling, since it trains in small batches."""
    enough = training_bytes(RING, _config())
    assert decide_sampling(RING, _config(), enough).neighbor_sampling == "off"
    assert decide_sampling(RING, _config(), None).neighbor_sampling == "off"
    assert decide_sampling(RING, _config(model="ae"), 1000).neighbor_sampling == "off"


def test_neighbor_sampling_is_chosen_where_only_it_fits() -> None:
    """It is chosen from one byte below the memory of full batches on."""
    whole, sampled = (training_bytes(LARGE, _config(neighbor_sampling=way)) for way in ("off", "on"))
    assert sampled < whole / 2
    assert decide_sampling(LARGE, _config(), whole).neighbor_sampling == "off"
    assert decide_sampling(LARGE, _config(), whole - 1).neighbor_sampling == "on"
    assert decide_sampling(LARGE, _config(), sampled).neighbor_sampling == "on"


@pytest.mark.parametrize("way", ["on", "off"])
def test_a_given_setting_is_kept(way: str) -> None:
    """As long as it fits."""
    assert decide_sampling(LARGE, _config(neighbor_sampling=way), 2**60).neighbor_sampling == way


def test_off_is_refused_with_the_hint_to_sample() -> None:
    """If neighbor sampling would fit, but was turned off."""
    left = training_bytes(LARGE, _config(neighbor_sampling="on"))
    with pytest.raises(DataError, match=r"about \d+\.\d GiB; --neighbor-sampling on fits"):
        decide_sampling(LARGE, _config(neighbor_sampling="off"), left)


def test_the_refusal_names_node_embeddings_that_do_not_fit() -> None:
    """With gradient and moments they stay (N, D) in neighbor sampling; with features they can be turned off."""
    left = training_bytes(LARGE, _config(neighbor_sampling="on", node_embeddings="off"))
    assert (
        training_bytes(LARGE, _config(neighbor_sampling="on", node_embeddings="on")) - left
        == 4 * 4 * LARGE.n_nodes * 256
    )
    with pytest.raises(
        DataError, match=r"with a learned embedding each .* even with neighbor sampling; --node-embeddings off fits"
    ):
        decide_sampling(LARGE, _config(node_embeddings="on"), left)


def test_a_training_that_does_not_fit_is_refused_with_a_width_that_does() -> None:
    """The message names both amounts; the width it names is then taken."""
    config = TrainingConfig(dim=512)
    left = training_bytes(RING, config.model_copy(update={"dim": 64, "neighbor_sampling": "off"})) + 1
    with pytest.raises(DataError, match=r"fits into the 0\.0 GiB that are left, found 1,000 nodes .* --dim 64 fits"):
        decide_sampling(RING, config, left)
    assert decide_sampling(RING, config.model_copy(update={"dim": 64}), left).neighbor_sampling == "off"


def test_no_width_is_named_if_none_fits() -> None:
    """Only more memory helps."""
    with pytest.raises(DataError, match=r"about 0\.0 GiB.*; train where there is more"):
        decide_sampling(RING, TrainingConfig(), 1000)


def test_a_torch_module_is_sampled_where_only_that_fits() -> None:
    """Embeddings of all nodes need memory, too: where they don't fit, the message names a width, or nothing to change."""
    graph = Graph.from_pairs(
        [f"n{row}" for row in range(9000)], np.random.default_rng(0).integers(0, 9000, (200_000, 2))
    )
    config = TrainingConfig(encoder="pyg:GATConv", parts="dense", dim=16)
    whole, sampled = (
        training_bytes(graph, config.model_copy(update={"neighbor_sampling": way})) for way in ("off", "on")
    )
    assert decide_sampling(graph, config, whole).neighbor_sampling == "off"
    assert decide_sampling(graph, config, whole - 1).neighbor_sampling == "on"
    with pytest.raises(DataError, match=r"even with neighbor sampling; --dim \d+ fits"):
        decide_sampling(graph, config, sampled - 1)
    with pytest.raises(DataError, match="; train where there is more"):
        decide_sampling(graph, config, 1)
