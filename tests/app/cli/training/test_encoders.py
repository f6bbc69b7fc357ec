"""`latentlink train --encoder` with a torch module: a class in a file, and what can't be meant."""

from pathlib import Path

import pytest

from tests.app.cli.conftest import Command, published

CODE = """
from dataclasses import dataclass

import torch
from torch_geometric.nn import SAGEConv


@dataclass
class Width:
    value: "int"


class Mine(torch.nn.Module):
    def __init__(self, n_features, dim):
        super().__init__()
        self.convolution = SAGEConv(n_features, Width(dim).value)

    def forward(self, x, edge_index):
        return self.convolution(x, edge_index)


class Pooled(Mine):
    def forward(self, x, edge_index):
        return super().forward(x, edge_index) + x.mean(0)


class Wrong(Mine):
    def forward(self, x, edge_index):
        return x[:3]
"""
FILES = {"mine.py": CODE, "broken.py": "import nothing_of_this_name\n"}
# Options, and what the message names.
REFUSED = {
    "--encoder none.py:Mine": ["--encoder none.py: ", "a file of Python code"],
    "--encoder mine.py:Other": ["--encoder mine.py:Other: ", "a class Other in mine.py"],
    "--encoder mine.py:Wrong": ["--encoder mine.py:Wrong: ", "(N, D) = (30, 64)", "(3, 64)"],
    "--encoder broken.py:Mine": ["--encoder broken.py: ", "ModuleNotFoundError", "nothing_of_this_name"],
    "--encoder mine:Mine": ["'mine:Mine'", "train(…, encoder=…)"],
    "--encoder pyg:GraphConv": ["--encoder: ", "GCNConv", " after pyg:", "'pyg:GraphConv'"],
    "--encoder gnc --model gae": ["--encoder: ", "pyg:NAME or FILE.py:CLASS for gae"],
    "--encoder given --model gae": ["--encoder: ", "latentlink publish"],
    "--encoder pyg:GATConv --model vgae": ["--encoder: ", "--model gae for a torch module"],
    "--encoder mine.py:Pooled --neighbor-sampling on": ["--neighbor-sampling: ", "perhaps at all nodes"],
    "--encoder pyg:GATConv --node-embeddings on": ["--node-embeddings: ", "off for a torch module"],
    "--encoder pyg:GATConv --evaluate-unseen 0.1": ["--evaluate-unseen: ", "a torch module"],
}


def test_a_class_in_a_file_is_run_trained_and_published(latentlink: Command, tmp_path: Path) -> None:
    """The output says that the file is run; a checkpoint names it, and never runs it again."""
    (tmp_path / "mine.py").write_text(CODE)
    options = ("--edges", "ring.csv", "--encoder", "mine.py:Mine", "--epochs", 5, "--parts", "dense")
    code, out, _ = latentlink("train", *options)
    assert code == 0
    assert "encoder    mine.py is run as Python code\n" in out
    assert "training gae (mine.py:Mine, d = 64) on 1 thread" in out
    checkpoint = published(tmp_path)
    assert (checkpoint.manifest.encoder, checkpoint.manifest.model) == ("mine.py:Mine", "gae")
    assert "SAGEConv(64, 64, aggr=mean)" in str(checkpoint.manifest.training.module)
    code, _, err = latentlink("evaluate", "ring")
    assert code == 2
    assert "a checkpoint has no code and can name none to run" in err


@pytest.mark.parametrize(("options", "named"), REFUSED.items(), ids=REFUSED)
def test_encoders_that_cannot_be_meant_end_with_one_message(
    latentlink: Command, tmp_path: Path, options: str, named: list[str]
) -> None:
    """Exit code 2, one line, and no model."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    code, _, err = latentlink("train", "--edges", "ring.csv", *options.split())
    assert (code, err[:7], len(err.splitlines())) == (2, "error: ", 1)
    assert [text for text in named if text not in err] == []
    assert not list(tmp_path.glob("checkpoints/*"))
