"""Every figure of docs/performance.md, old code against new in one run.

python -m benchmarks.report --old CHECKOUT [--only NAME …] [--work FOLDER] [--write]

`--old` is a checkout of the commit to compare with, as `git worktree add` makes one. Each row is measured in a process
of its own, by turns with the old code and the new; what decides is the ratio of processor seconds. What has been
measured is kept in docs/performance.json, so that rows can be measured one at a time; `--write` only writes the page
anew. `--work` keeps the desks that are measured, which take minutes to make.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE, KEPT = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance.json"
MEASURES = Path(__file__).with_name("report_rows.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table: what is measured, in which unit, and how much less it should be."""

    name: str
    """In `benchmarks.report_rows`."""
    work: str
    unit: str
    aim: float
    """Old divided by new, at least."""
    figure: str = "cpu"
    """What of the measured is compared; of `mb`, most in memory or bytes on disk."""
    digits: int = 2

    @property
    def key(self) -> str:
        return f"{self.name}:{self.figure}"


TABLE = (
    Row(name="entry", work="entry → answer in process, 500 observations", unit="ms", aim=2.5, digits=0),
    Row(name="entry-100000", work="entry → answer in process, 100 000 observations", unit="ms", aim=14, digits=0),
    Row(name="what-if-table", work="single hypothetical, by the table", unit="ms", aim=200),
    Row(name="what-if", work="single hypothetical, exact", unit="ms", aim=3.5, digits=0),
    Row(name="log", work="`parley log`, whole process", unit="s", aim=1.35),
    Row(name="log-dry-run", work="`parley log --dry-run`, whole process", unit="s", aim=1.8),
    Row(name="resident", work="full update, resident", unit="s", aim=1.65, digits=1),
    Row(name="warm", work="full update, warm process", unit="s", aim=1.5, digits=1),
    Row(name="cold", work="full update, nothing compiled", unit="s", aim=1.25, digits=1),
    Row(name="last-three", work="`observations --last 3` of 1 000 000, whole process", unit="s", aim=15),
    Row(name="last-three", work="the same, memory at most", unit="MB", aim=3.5, figure="mb", digits=0),
    Row(name="import", work="import of 100 000 rows", unit="s", aim=1.4, digits=1),
    Row(name="workbook", work="workbook of 100 000 forecasts, whole process", unit="s", aim=1.7, digits=1),
    Row(name="daily", work="a daily run on disk", unit="MB", aim=1.45, figure="mb"),
    Row(
        name="five-years", work="five years of daily runs on disk, with `keep`", unit="MB", aim=8, figure="mb", digits=0
    ),
    Row(name="backtest", work="strict backtest, 345 origins, ten forecasters", unit="min", aim=1.35),
)
GROWTH = 1.6
"""By how much an entry may take longer with 100 000 observations than with 1 000, with the new code."""
ALONE = ("entry-1000",)
"""What is measured with the new code only."""
CAUSES: Mapping[str, str] = {}
"""Why an aim is missed, by name of the row: written here by hand once it is known."""


def main() -> None:
    chosen = _arguments()
    if not chosen.write:
        with TemporaryDirectory() as name:
            work = chosen.work or Path(name)
            for row in chosen.only:
                _measure(row, chosen.old.resolve(), work.resolve())
    PAGE.write_text("\n".join(page(kept())) + "\n", encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*dict.fromkeys(row.name for row in TABLE), *ALONE]
    parser.add_argument("--old", type=Path, help="a checkout of the commit to compare with")
    parser.add_argument("--only", nargs="*", choices=names, default=names)
    parser.add_argument("--work", type=Path, help="where the desks are made, and found again")
    parser.add_argument("--write", action="store_true", help="measure nothing, write the page from what is kept")
    chosen = parser.parse_args()
    if chosen.old is None and not chosen.write:
        parser.error("--old is missing; name a checkout, such as one of `git worktree add ../old COMMIT`")
    return chosen


def _measure(name: str, old: Path, work: Path) -> None:
    """Measure a row and keep it; a row that fails is said to, and the next is measured."""
    measured: dict[str, Any] = {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"}
    for age, checkout in (("old", old), ("new", ROOT)):
        if age == "old" and name in ALONE:
            continue
        measured[age] = _run(name, checkout, work / age)
        print(f"{name:14} {age}  {measured[age]}", flush=True)
    KEPT.write_text(json.dumps(kept() | {name: measured}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _run(name: str, checkout: Path, folder: Path) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-P", str(MEASURES), name, str(folder)],
        env=environment,
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no word"]
        return {"failed": last[0]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def kept() -> dict[str, Any]:
    """What has been measured, by row."""
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def page(measured: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the page."""
    yield "# Performance"
    yield ""
    yield "What the program takes, before its store and its kernels were made anew and after, measured in one run by"
    yield "`python -m benchmarks.report --old CHECKOUT`. Seconds are those of the processor (user and system); of wall"
    yield f"time the second figure in brackets. {os.cpu_count()} cores, {platform.machine()}, Python"
    yield f"{platform.python_version()}. What decides is the ratio: machines differ, and other work slows all alike."
    yield ""
    yield "| work | old | new | ratio | aim | |"
    yield "|---|--:|--:|--:|--:|---|"
    yield from (_line(row, measured.get(row.name, {})) for row in TABLE)
    yield _growth(measured)
    notes = [*_notes(measured)]
    if notes:
        yield ""
        yield from notes


def _line(row: Row, measured: Mapping[str, Any]) -> str:
    old, new = measured.get("old", {}), measured.get("new", {})
    if row.figure not in old or row.figure not in new:
        return f"| {row.work} | {_shown(row, old)} | {_shown(row, new)} | – | {row.aim:g} | not measured |"
    ratio = old[row.figure] / new[row.figure]
    cause = f"missed: {CAUSES.get(row.name, 'cause not known')}"
    verdict = "met" if round(ratio, 2) >= row.aim else cause
    return f"| {row.work} | {_shown(row, old)} | {_shown(row, new)} | {ratio:.2f} | {row.aim:g} | {verdict} |"


def _shown(row: Row, figures: Mapping[str, Any]) -> str:
    if row.figure not in figures:
        return "–"
    wall = f" ({figures['wall']:.{row.digits}f})" if row.figure == "cpu" and "wall" in figures else ""
    return f"{figures[row.figure]:.{row.digits}f} {row.unit}{wall}"


def _growth(measured: Mapping[str, Any]) -> str:
    """The line of how an entry grows with what is on file, with the new code."""
    few, many = (measured.get(name, {}).get("new", {}).get("cpu") for name in ("entry-1000", "entry-100000"))
    work = "growth of an entry from 1 000 to 100 000 observations, new code"
    if few is None or many is None:
        return f"| {work} | – | – | – | at most {GROWTH} | not measured |"
    growth = many / few
    verdict = "met" if round(growth, 2) <= GROWTH else f"missed: {CAUSES.get('growth', 'cause not known')}"
    return f"| {work} | {few:.0f} ms | {many:.0f} ms | {growth:.2f} | at most {GROWTH} | {verdict} |"


def _notes(measured: Mapping[str, Any]) -> Iterator[str]:
    """What is to be known of single rows, and which have failed."""
    for name, ages in measured.items():
        for age in ("old", "new"):
            said = ages.get(age, {})
            if note := said.get("note") or said.get("failed", ""):
                yield f"- {name}, {age}: {note}{' (failed)' if 'failed' in said else ''}"


if __name__ == "__main__":
    main()
