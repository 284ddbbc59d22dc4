"""A clock that can be moved while PostgreSQL runs: libfaketime, which is told the offset by a file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from interlock.store.embedded import programs
from support.debian import of_package

_LIBRARY = "libfaketime.so.1"
_PLACES = (Path("/usr/lib"), Path("/usr/local/lib"))
_PACKAGE = "libfaketime"


class NoClock(Exception):
    """It is not installed here; the text says how it would be."""


@dataclass
class Clock:
    """``file`` says how far ahead the clock is."""

    library: Path
    file: Path

    def move(self, seconds: float) -> None:
        """Be so far ahead of the real time, or behind it."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{seconds:+.1f}\n")
        fresh.chmod(0o644)
        fresh.rename(self.file)

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes a process go by it; the time that only measures how long things take is left as it is."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    @contextmanager
    def of_postgres(self) -> Iterator[None]:
        """What PostgreSQL is started with in the block goes by this clock."""
        before = dict(programs._ENVIRONMENT)
        programs._ENVIRONMENT.update(self.environment)
        try:
            yield
        finally:
            programs._ENVIRONMENT.clear()
            programs._ENVIRONMENT.update(before)


@contextmanager
def clock() -> Iterator[Clock]:
    """A clock that shows the real time, until it is moved. Raises NoClock, but not in CI."""
    library = of_package(_PACKAGE, _found)
    if library is None:
        raise NoClock(f"needs {_LIBRARY}: apt-get install {_PACKAGE}")
    folder = Path(tempfile.mkdtemp(prefix="interlock-clock-"))
    folder.chmod(0o755)  # PostgreSQL may run as another account
    made = Clock(library, folder / "offset")
    made.move(0)
    try:
        yield made
    finally:
        shutil.rmtree(folder)


def _found() -> Path | None:
    return next((path for place in _PLACES for path in place.glob(f"**/{_LIBRARY}")), None)
