"""Which file holds the settings of the daily runs; apart from them, since reading them takes longer to import."""

import os
from pathlib import Path

DEFAULT_FILE = "parley.toml"


def settings_file() -> Path:
    """The file PARLEY_SETTINGS names, else parley.toml in the current folder; whether it is there or not."""
    return Path(os.environ.get("PARLEY_SETTINGS") or DEFAULT_FILE)
