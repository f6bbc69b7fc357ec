"""The section of a model card on links with relations."""

from latentlink.models.facts.metrics import Metrics
from latentlink.models.facts.probabilities import LEAST_LINKS
from latentlink.models.publishing.markdown import metrics_table, number, one_line, table

_SHOWN = 50  # relations


def relations_section(metrics: Metrics) -> str:
    """Metrics of the model and of its baseline on the test, and of the model on each relation."""
    rows = {"validation": metrics.validation, "**this model**": metrics.test, **metrics.baselines}
    shown = sorted(metrics.relations.items(), key=lambda one: -one[1].links)[:_SHOWN]
    cells = (
        [
            one_line(name),
            *(f"{size:,}" for size in (facts.links, facts.test_links)),
            *(number(value) for value in (facts.test.full_mrr, facts.test.full_hits_1, facts.test.full_hits_10)),
        ]
        for name, facts in shown
    )
    return f"""\
AUC and AP compare test links with as many unlinked pairs of the same relations. Full MRR and full Hits@K rank either end of a
link among all nodes, the other end included, but for those that this end is linked to by the relation (filtered):
{metrics.ranked_queries or 0:,} ranks, ties counting half. The baseline, relation popularity, ranks nodes by how many training
links of the relation reach them, or leave them.

{metrics_table(rows.items())}

Of the test links, {metrics.reciprocal or 0:,} have a training link in the opposite direction and {metrics.parallel or 0:,} one of
another relation in the same: from these a model may learn what it is tested on.

![Histogram of the probabilities of test edges and non-edges](scores.svg)

A relation with {LEAST_LINKS} validation links has a calibration and cut-offs of its own, any other those of all together.

The {"relations" if len(shown) == len(metrics.relations) else f"{len(shown):,} largest of {len(metrics.relations):,} relations"}:

{table(("relation", "links", "in the test", "full MRR", "full Hits@1", "full Hits@10"), cells)}
"""
