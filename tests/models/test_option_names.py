"""Options in messages by the names that Python has."""

import pytest

from latentlink.models.option_names import READ_GRAPH, in_python


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("--node-embeddings: expected off; add --features", "node_embeddings: expected off; add features"),
        ("--node-embeddings on, or --dim 64 fits", "node_embeddings='on', or dim=64 fits"),
        ("--evaluate-unseen 0.1 measures it; --hops 2.", "evaluate_unseen=0.1 measures it; hops=2."),
        ("pass --weight once, --dim 2x", "pass weight='once', dim 2x"),
        ("train again without --no-store-features", "train again without store_features=False"),
        ("use `latentlink train --model vae`, or --model ae", "use `latentlink train --model vae`, or model='ae'"),
        ("by a given split (`--split`)", "by a given split (`split`)"),
        ("found 'old--new.csv'", "found 'old--new.csv'"),
        ("expected --dim 64, found column '--dim 64'", "expected dim=64, found column '--dim 64'"),
        (r"can't use 'a \'b --dim' or --dim; don't", r"can't use 'a \'b --dim' or dim; don't"),
        ('found "it\'s --dim 64" beside --dim', 'found "it\'s --dim 64" beside dim'),
        ("data/--dim 64.csv: expected --dim", "data/--dim 64.csv: expected dim"),
    ],
)
def test_options_become_parameters(message: str, text: str) -> None:
    """With values as Python writes them; commands, names of files, and what the caller wrote stay."""
    assert in_python(message) == text


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("as in --source from --target to", "as in source='from' target='to'"),
        ("two of 'a', 'b', with --source and --target", "two of 'a', 'b', with source and target"),
        ("pass --strip-ids, or drop --no-header", "pass strip_ids=True, or drop header=False"),
        ("--category 'a b'; add their rows to --features", "categories=['a b']; add their rows to nodes"),
        ("pass --weight w, if it holds times, --time-column w.", "pass weight='w', if it holds times, time='w'."),
        (r'with --sql "SELECT \"a b\" FROM x", or', """with sql='SELECT "a b" FROM x', or"""),
        ("a - b--c", "a - b--c"),
    ],
)
def test_read_graph_has_arguments_of_other_names(message: str, text: str) -> None:
    """With their values as Python writes them; what only looks like an option stays."""
    assert in_python(message, READ_GRAPH) == text
