"""The service as a process, and those it begins."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


def open_service(url: str, folder: Path) -> subprocess.Popen[bytes]:
    """`parley schedule run` with the settings of the folder; what it says goes into a file there."""
    environment = {**os.environ, "PARLEY_DATABASE_URL": url, "PARLEY_SETTINGS": str(folder / "parley.toml")}
    command = [sys.executable, "-m", "forecast.cli", "schedule", "run"]
    with (folder / "stderr.txt").open("ab") as errors:
        return subprocess.Popen(command, cwd=folder, env=environment, stderr=errors)


def children_of(pid: int) -> list[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        threads = Path(f"/proc/{pid}/task").glob("*/children")
        return [int(child) for each in threads for child in each.read_text().split()]
    return []


def fits_of(pid: int) -> list[int]:
    """Children that fit; multiprocessing keeps another that tracks resources."""
    return [child for child in children_of(pid) if lives(child) and b"spawn_main" in _command(child)]


def lives(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def _command(pid: int) -> bytes:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
