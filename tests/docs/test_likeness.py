"""The comparison of what is shown with what is printed."""

import pytest

from tests.docs.likeness import alike


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("best epoch 5 of 400", "best epoch 15 of 400"),
        ("published  checkpoints/a/20261128T082011196187Z", "published  checkpoints/a/20271128T082011196187Z\n"),
        ('{"a": [1, 2], "b": "x"}', '{"a":[3,4],"b":"y"}'),
        ('{"a": 1, …\n "c": true}', '{"a":2,"b":[5],"c":true}'),
        ("first\n…\nlast", "first\nsecond\nthird\nlast"),
        ("request 73682ba0f4917421", "request 0000000000000000"),
        ("best epoch 5 of 9", "refit: epoch 2 of 5, loss 1.4, 3 s elapsed, at most 5 s left\nbest epoch 5 of 9\n"),
    ],
)
def test_what_varies_may_differ(shown: str, printed: str) -> None:
    """Numbers, versions, ids, values of JSON, what `…` stands for, and lines of progress."""
    assert alike(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("best epoch 5 of 400", "best epoch 5 of 400\nwarning: more"),
        ("best epoch 5", "last epoch 5"),
        ('{"a": 1}', '{"b": 1}'),
        ('{"a": 1}', '{"a": "1"}'),
        ('{"a": [1]}', '{"a": [1, 2]}'),
        ('{"a": 1}', "a traceback"),
        ("first\n…\nlast", "first\nsecond"),
        ("step: 3 s elapsed\nlast", "last"),
    ],
)
def test_all_else_may_not(shown: str, printed: str) -> None:
    """Another word, line, key, type or length is another output."""
    assert not alike(shown, printed)
