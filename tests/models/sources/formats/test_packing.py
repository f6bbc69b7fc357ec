"""Packed graph files: what unpacks to far more than a graph has is refused early."""

import bz2
import gzip
import lzma
import re
import subprocess
import tracemalloc
from pathlib import Path
from types import ModuleType

import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

GRAPHS = {
    "g.json.gz": '{"nodes": [{"id": "a"}, {"id": "b"}], "links": [{"source": "a", "target": "b"}]}',
    "g.gml.gz": "graph [ node [ id 1 ] node [ id 2 ] edge [ source 1 target 2 ] ]",
    "g.graphml.gz": '<graphml><graph><node id="a"/><node id="b"/><edge source="a" target="b"/></graph></graphml>',
}
MIB = 1 << 20


def packed(folder: Path, name: str, blanks: int) -> Path:
    """A graph with blanks behind it, packed; each MiB as a member of its own, since their bytes are the same."""
    (folder / name).write_bytes(gzip.compress(GRAPHS[name].encode()) + gzip.compress(b" " * MIB) * (blanks // MIB))
    return folder / name


@pytest.mark.parametrize("name", GRAPHS)
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, name: str) -> None:
    """512 MiB of blanks never reach memory: the peak is that of the 64 MiB that any file may have."""
    path = packed(tmp_path, name, 512 * MIB)
    tracemalloc.start()
    with pytest.raises(DataError, match="expected at most 100 times the packed size"):
        load_graph(edges=path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 160 * MIB


def test_the_command_of_the_message_reads_a_graph_that_packs_well(tmp_path: Path) -> None:
    """The limit is no end for a file that is a graph."""
    with pytest.raises(DataError) as caught:
        load_graph(edges=packed(tmp_path, "g.json.gz", 72 * MIB))
    way = re.search(r"first: (.+), then --edges (.+)$", str(caught.value))
    assert way is not None
    subprocess.run(way[1], shell=True, check=True)
    assert load_graph(edges=Path(way[2])).n_edges == 1


@pytest.mark.parametrize("name", GRAPHS)
def test_a_small_file_may_have_any_ratio(tmp_path: Path, name: str) -> None:
    """Up to 64 MiB a parser may have it."""
    assert load_graph(edges=packed(tmp_path, name, 8 * MIB)).n_edges == 1


@pytest.mark.parametrize("pack", [gzip, bz2, lzma], ids=lambda pack: pack.__name__)
def test_lines_of_json_are_unpacked_for_duckdb(tmp_path: Path, pack: ModuleType) -> None:
    """It opens files itself; its errors name the file, and a damaged one is an error."""
    path = tmp_path / f"e.jsonl{ {gzip: '.gz', bz2: '.bz2', lzma: '.xz'}[pack] }"
    path.write_bytes(pack.compress(b'{"source": "a", "target": "b"}\n'))
    assert load_graph(edges=path).n_edges == 1
    path.write_bytes(pack.compress(b'{"source": "a", "target": "b"}\nno\n'))
    with pytest.raises(DataError, match=rf"^{path}, line 2: expected an object of JSON"):
        load_graph(edges=path)
    path.write_bytes(pack.compress(b'{"source": "a", "target": "\xe4"}\n'))
    with pytest.raises(DataError, match=rf"^{path}: expected a table that DuckDB reads, found .* in file .{path}"):
        load_graph(edges=path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=rf"^{path}: expected a readable file, found"):
        load_graph(edges=path)
