"""Archives of zip, as NumPy, Excel and PyTorch write them: what unpacks to far more than data do is refused before it is read."""

import zipfile
from pathlib import Path

from latentlink.models.errors import DataError

_RATIO = 100  # bytes for each packed one; zeros have 1,030
_ANY = 1 << 26  # bytes that an archive may have at any ratio


def require_ratio(path: Path) -> None:
    """Refuse an archive of zip whose parts are far larger than data of that packed size, before any is unpacked.

    Raises:
        DataError: it is, or it is no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size, packed = sum(part.file_size for part in archive.infolist()), path.stat().st_size
    except OSError as error:
        raise DataError(f"{path}: expected a readable file, found {error.strerror!r}; check the path") from None
    except zipfile.BadZipFile as error:
        raise DataError(f"{path}: expected an archive of zip, found {str(error)!r}; write it again, whole") from None
    if size > max(_ANY, _RATIO * packed):
        raise DataError(
            f"{path}: expected at most {_RATIO} times the packed size, as data have, found {size:,} bytes in {packed:,}; write "
            "it again without compression"
        )
