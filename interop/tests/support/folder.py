"""Places that one server or one test has for itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Ray puts unix sockets beneath, whose paths may have 107 bytes.
_SHORT_PATH = "/tmp"


@contextmanager
def with_home() -> Iterator[Path]:
    """A folder with an empty `home` in it; removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="ra-", dir=_SHORT_PATH) as name:
        place = Path(name)
        (place / "home").mkdir()
        yield place
