"""Why a data folder cannot be used, and what to do."""

from __future__ import annotations

import os
from pathlib import Path


def make_folder(folder: Path) -> str | None:
    """Make it where it is absent, for its owner alone; what is in the way, if it cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        wrong = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
        fault = f"{wrong} is not a folder"
    except OSError as error:
        fault = error.strerror or str(error)
    else:
        return None
    return f"The data folder {folder} cannot be used: {fault}. Choose another with --data-dir."
