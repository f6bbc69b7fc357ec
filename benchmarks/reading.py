"""Seconds and peak memory to read ten million links from a packed text with blanks between ids, beside pandas.read_csv.

Each reader is a process of its own, which holds the links when it ends: a `Graph` here, a data frame there. Exits 1 if our reader
takes more than 60 s of the processor, whatever else runs beside it, or more than 4 GiB.

    python -m benchmarks.reading --quick       one million links
    python -m benchmarks.reading
"""

import gzip
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._results import keep, parser_of

LINKS, QUICK = 10**7, 10**6
LINKS_A_NODE = 10
SECONDS, GIB = 60.0, 4.0
_MOST = 10**6  # links written at once
READERS = {
    "latentlink": "from latentlink.models.sources import load_graph; n = load_graph(edges=path).n_edges",
    "pandas": "import pandas; n = len(pandas.read_csv(path, sep=r'\\s+', header=None, comment='#'))",
}


def main() -> int:
    """Write the file, read it with each reader, print and keep the figures; the exit code."""
    arguments = parser_of(__doc__, quick="one million links").parse_args()
    links = QUICK if arguments.quick else LINKS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "links.txt.gz"
        _write(path, links)
        print(f"{links:,} links, {path.stat().st_size / 2**20:.0f} MiB packed")
        rows = {name: _read(path, code) for name, code in READERS.items()}
    for name, row in rows.items():
        print(
            f"{name:12}{row['seconds']:>8.1f} s ({row['cpu']:.1f} s of the processor){row['gib']:>8.2f} GiB  "
            f"{row['links']:,.0f} links"
        )
    keep("reading", quick=arguments.quick, links=links, rows=rows)
    ours = rows["latentlink"]
    return 0 if ours["cpu"] <= SECONDS and ours["gib"] <= GIB else 1


def _write(path: Path, links: int) -> None:
    """A text as SNAP's, of random links between a tenth as many nodes."""
    draw = np.random.default_rng(0)
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write("# random links\n")
        for start in range(0, links, _MOST):
            ends = draw.integers(0, links // LINKS_A_NODE, (min(_MOST, links - start), 2)).tolist()
            file.write("".join(f"{a} {b}\n" for a, b in ends))


def _read(path: Path, code: str) -> dict[str, float]:
    """What a reader takes in a process of its own: seconds, those of the processor, and the peak of memory in GiB; and links."""
    program = f"import sys; path = sys.argv[1]; {code}; print(n)"  # below DuckDB's progress
    before = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - before
    if status:
        raise SystemExit(f"a reader ended with status {status}: {code}")
    cpu = usage.ru_utime + usage.ru_stime
    return {"seconds": seconds, "cpu": cpu, "gib": usage.ru_maxrss / 2**20, "links": int(printed.split()[-1])}


if __name__ == "__main__":
    sys.exit(main())
