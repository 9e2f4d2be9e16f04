"""The splits in docs/why.md, made by the program: what today's code says of days in the record.

python -m benchmarks.splits [--keep FOLDER]

At a fresh desk a forecast is made as of each day of `DAYS`, in order; then every indented block of the page that begins
with `$ parley why` is run, and its answer written back. It takes some minutes. Numbers repeat on one platform.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

PAGE = Path(__file__).parent.parent / "docs" / "why.md"
DAYS = (
    *("2002-09-15", "2002-12-31"),
    *("2012-03-15", "2012-05-01"),
    *("2018-02-01", "2018-04-01"),
    *("2019-04-01", "2019-11-01"),
    *("2025-11-15", "2026-03-01"),
)
INDENT = "    "
_BLOCK = re.compile(rf"^{INDENT}\$ (parley why[^\n]*)\n(?:(?:{INDENT}[^\n]*)?\n)*", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="use the desk in this folder, and leave it there")
    keep: Path | None = parser.parse_args().keep
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        write_page(keep)
        return 0
    with TemporaryDirectory() as folder:
        write_page(Path(folder))
    return 0


def write_page(folder: Path) -> None:
    """Make the forecasts where the desk has none, and write the answers into the page."""
    environment = os.environ | {"PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}", "COLUMNS": "112"}
    if not (folder / "parley.db").exists():
        _parley("init", environment=environment)
        for day in DAYS:
            print(f"as of {day}", file=sys.stderr)
            _parley("update", "--as-of", day, environment=environment)

    def answered(found: re.Match[str]) -> str:
        typed = shlex.split(found[1])[1:]
        lines = _parley(*typed, environment=environment).splitlines()
        shown = "\n".join(f"{INDENT}{line}".rstrip() for line in lines)
        return f"{INDENT}$ {found[1]}\n{shown}\n\n"

    PAGE.write_text(_BLOCK.sub(answered, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def _parley(*arguments: str, environment: Mapping[str, str]) -> str:
    """What a command prints.

    Raises
    ------
    subprocess.CalledProcessError
        if it fails
    """
    program = [sys.executable, "-P", "-m", "forecast.cli", *arguments]
    return subprocess.run(program, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
