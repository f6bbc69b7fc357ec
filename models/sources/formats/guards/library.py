"""Files that a library reads: whatever it raises is one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latentlink.extras import how_to_install
from latentlink.models.errors import DataError
from latentlink.models.sources.formats.packing import DAMAGED
from latentlink.models.wording import shortened


@contextmanager
def reading(
    what: Path | str, form: str, *, extra: str = "train", way: str = "write the file again, whole"
) -> Iterator[None]:
    """Turn an error of a library into a `DataError` of one line.

    Args:
        what: the file, with which the error begins.
        form: what the library reads.
        extra: the extra of Latentlink that installs the library.
        way: what to do where it can't be read.

    Raises:
        DataError: the library is not installed, or the block raised anything but an error of the file itself.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise DataError(f"{what}: {how_to_install(error, f'latentlink[{extra}]')}") from None
    except (DataError, *DAMAGED):
        raise
    except MemoryError:
        raise DataError(f"{what}: expected {form} that fits into memory, found larger sizes; check the file") from None
    except Exception as error:  # Damaged files raise anything.
        words = "" if isinstance(error, AttributeError | LookupError | TypeError) else " ".join(str(error).split())
        reason = shortened(words) or "other contents"
        raise DataError(f"{what}: expected {form}, found {reason!r}; {way}") from None
