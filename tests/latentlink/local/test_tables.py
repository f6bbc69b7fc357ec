"""What a notebook shows of tables."""

import numpy as np

from latentlink.local.tables import Columns, MetricTable


def test_texts_are_escaped() -> None:
    """An id may be markup."""
    shown = Columns(node=np.array(["<script>"], object), logit=np.array([0.5]))._repr_html_()
    assert "<td>&lt;script&gt;</td><td>0.5000</td>" in shown


def test_a_long_table_is_cut() -> None:
    """To twenty rows, and a line on the rest."""
    shown = Columns(node=np.arange(1_030))._repr_html_()
    assert (shown.count("<tr>"), "and 1,010 more rows" in shown) == (21, True)


def test_metrics_that_nobody_has_are_not_shown() -> None:
    """A column for each that somebody has, with a dash where one has none."""
    table = MetricTable[float]({"model": {"auc": 0.5, "mrr": None}, "spectral": {"auc": None, "mrr": None}})
    assert "<th>test</th><th>auc</th></tr>" in table._repr_html_()
    assert "<td>spectral</td><td>–</td>" in table._repr_html_()
    assert table.to_pandas().loc["model", "auc"] == 0.5
