"""Planetoid's files: read through PyG, without running what a pickle may hold."""

import os
import pickle
import pickletools
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.sources.datasets.planetoid import load_planetoid

csr_matrix = pytest.importorskip("scipy.sparse").csr_matrix

# PyG marks 500 rows for validation, so a small Cora has more: 504 for training, 6 for the test.
N, TRAIN = 510, 504
TEST_INDEX = [507, 504, 509, 505, 508, 506]
X = np.random.default_rng(0).integers(0, 2, (N, 4)).astype(np.float32)


def python2(value: Any) -> bytes:
    """A pickle as Python 2 wrote it: protocol 2, modules by their old names, bytes as strings."""
    dumped = bytearray(pickle.dumps(value, 3))
    dumped[1] = 2
    strings = {"BINBYTES": ord("T"), "SHORT_BINBYTES": ord("U")}
    for opcode, _, position in pickletools.genops(bytes(dumped)):
        if opcode.name in strings and position is not None:
            dumped[position] = strings[opcode.name]
    for new, old in {
        "scipy.sparse._csr": "scipy.sparse.csr",
        "numpy._core": "numpy.core",
        "builtins": "__builtin__",
    }.items():
        dumped = dumped.replace(f"c{new}".encode(), f"c{old}".encode())
    return bytes(dumped)


def save(root: Path, name: str = "Cora", test_index: list[int] = TEST_INDEX, **changes: Any) -> Path:
    """A ring of nodes with a loop and a repeated link; `changes` replace parts, bytes as they are."""
    labels = np.eye(2, dtype=np.int32)[np.arange(N) % 2]
    graph: dict[int, list[int]] = defaultdict(list)
    for node in range(N):
        graph[node] += [(node + 1) % N, (node - 1) % N]
    graph[3] += [3, 4]
    parts = {
        "x": csr_matrix(X[:3]), "tx": csr_matrix(X[test_index]), "allx": csr_matrix(X[:TRAIN]),
        "y": labels[:3], "ty": labels[test_index], "ally": labels[:TRAIN], "graph": graph,
    } | changes  # fmt: skip
    raw = root / name / "raw"
    raw.mkdir(parents=True)
    for part, value in parts.items():
        (raw / f"ind.{name.lower()}.{part}").write_bytes(value if isinstance(value, bytes) else python2(value))
    (raw / f"ind.{name.lower()}.test.index").write_text("".join(f"{index}\n" for index in test_index))
    return root


def dense(graph: Graph) -> Any:
    """The features as one array."""
    x = graph.features
    assert isinstance(x, CSR)
    return csr_matrix((x.data, x.indices, x.indptr), x.shape).toarray()


def snapshot(root: Path) -> dict[Path, bytes | None]:
    """Every path below a folder, with what it holds."""
    return {path: path.read_bytes() if path.is_file() else None for path in root.rglob("*")}


def test_edges_are_undirected_and_simple(tmp_path: Path) -> None:
    """Both directions are one edge, which counts as no duplicate; PyG has dropped the loop."""
    graph = load_planetoid("Cora", save(tmp_path))
    assert graph.edges.tolist() == sorted([[node, node + 1] for node in range(N - 1)] + [[0, N - 1]])
    assert (graph.duplicates, graph.self_loops, graph.weights) == (0, 0, None)
    assert list(graph.ids) == [str(node) for node in range(N)]


def test_a_link_told_from_one_end_is_an_edge(tmp_path: Path) -> None:
    """The lists of neighbours need not be symmetric, in either direction."""
    graph = load_planetoid("Cora", save(tmp_path, graph={0: [5], 9: [2]}))
    assert graph.edges.tolist() == [[0, 5], [2, 9]]


@pytest.mark.parametrize("name", ["Cora", "cora", "CORA"])
def test_features_are_as_they_are(tmp_path: Path, name: str) -> None:
    """Test rows are put where test.index says, and nothing is normalised."""
    np.testing.assert_array_equal(dense(load_planetoid(name, save(tmp_path))), X)


def test_a_gap_in_citeseer_is_a_node_without_features(tmp_path: Path) -> None:
    """CiteSeer leaves out isolated nodes in test.index; their rows are zero."""
    index = [node for node in TEST_INDEX if node != 506]
    expected = X.copy()
    expected[506] = 0
    np.testing.assert_array_equal(dense(load_planetoid("citeseer", save(tmp_path, "CiteSeer", index))), expected)


def test_the_folder_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written below the root, and a processed file there is neither read nor replaced."""
    processed = save(tmp_path) / "Cora" / "processed"
    processed.mkdir()
    for name in ("data.pt", "pre_transform.pt", "pre_filter.pt"):
        (processed / name).write_bytes(b"not a tensor")
    before = snapshot(tmp_path)
    assert load_planetoid("Cora", tmp_path).n_nodes == N
    assert snapshot(tmp_path) == before


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """PyG's progress is kept from the terminal."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # PyG is silent where it sees this.
    load_planetoid("Cora", save(tmp_path))
    assert capfd.readouterr() == ("", "")


class Command:
    """Runs a shell command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


@pytest.mark.parametrize("part", ["x", "tx", "allx", "y", "ty", "ally", "graph"])
def test_a_command_in_a_pickle_is_not_run(tmp_path: Path, part: str) -> None:
    """A pickle that names os.system is refused before it is called."""
    marker = tmp_path / "marker"
    changes: dict[str, Any] = {part: pickle.dumps({0: [Command(f"touch '{marker}'")]}, 2)}
    save(tmp_path, **changes)
    with pytest.raises(DataError, match=rf"ind\.cora\.{part}: expected .*, found the name {os.name}\.system; fetch"):
        load_planetoid("Cora", tmp_path)
    assert not marker.exists()


@pytest.mark.parametrize("name", ["builtins\neval", "__builtin__\ngetattr", "numpy\nload", "_codecs\nencode"])
def test_only_names_of_arrays_are_known(tmp_path: Path, name: str) -> None:
    """Neighbours of the allowed names are refused as well."""
    save(tmp_path, graph=f"c{name}\n.".encode())
    with pytest.raises(DataError, match=rf"found the name {name}; fetch".replace("\n", r"\.")):
        load_planetoid("Cora", tmp_path)


def beyond() -> Any:
    """A matrix that claims a column outside its shape."""
    matrix = csr_matrix(X[:TRAIN])
    matrix.indices[0] = 1_000_000
    return matrix


BAD = {
    "torn": ({"y": python2(X)[:-20]}, "ind.cora.y: expected a pickle of numbers as Planetoid wrote it, found"),
    "empty": ({"y": b""}, "ind.cora.y: expected a pickle of numbers as Planetoid wrote it, found Ran out of input"),
    "a list": ({"allx": [1, 2]}, "ind.cora.allx: expected a pickle of numbers as Planetoid wrote it, found"),
    "column beyond": ({"allx": beyond()}, "ind.cora.allx: expected a pickle of numbers as Planetoid wrote it, found"),
    "array as graph": ({"graph": X}, "raw: expected parts that fit together, found"),
    "other width": ({"tx": csr_matrix(X[:6, :2])}, "raw: expected parts that fit together, found"),
    "node beyond": ({"graph": {0: [1, N]}}, f"raw: expected links between 510 nodes, found node {N}"),
    "node below": (
        {"graph": {0: [1, -2]}},
        "ind.cora.graph: expected a pickle of numbers as Planetoid wrote it, found a node below 0",
    ),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD)
def test_bad_parts_are_told(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    """What isn't Planetoid's is refused with the file, or the folder where parts contradict each other."""
    save(tmp_path, **changes)
    with pytest.raises(DataError) as caught:
        load_planetoid("Cora", tmp_path)
    assert message in str(caught.value)
    assert "; fetch the file" in str(caught.value)


def test_missing_files_are_listed(tmp_path: Path) -> None:
    """One error names all missing files, and nothing is downloaded."""
    save(tmp_path)
    for part in ("tx", "test.index"):
        (tmp_path / "Cora" / "raw" / f"ind.cora.{part}").unlink()
    with pytest.raises(
        DataError, match=r"8 raw files of Cora, found no ind\.cora\.tx, ind\.cora\.test\.index; check --root"
    ):
        load_planetoid("Cora", tmp_path)


def test_an_unknown_name_lists_the_known(tmp_path: Path) -> None:
    """PyG would look for files of any name."""
    with pytest.raises(
        DataError, match="planetoid: expected one of Cora, CiteSeer, PubMed, found 'NELL'; correct the name"
    ):
        load_planetoid("NELL", tmp_path)
