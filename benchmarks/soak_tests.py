"""The tests marked soak, part by part: repeats of laws with other seeds, more kills, more worlds.

    python -m benchmarks.soak_tests [PART ...] [--workers 2]

Of every part that has run, docs/soak.md keeps one row: when, at which commit, and how many tests passed. Exit 1 if a
test failed in any. (`benchmarks.soak` is another: the service for half an hour.)
"""

import argparse
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "soak.md"
PARTS = ("desk", "schedule", "evaluation", "model")
FAILED = 1
"""How pytest exits when tests have failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Soaked:
    """What came of one part."""

    part: str
    day: date
    commit: str
    passed: int
    failed: int
    skipped: int
    minutes: int

    def as_row(self) -> str:
        """A row of the table of docs/soak.md."""
        return f"| {' | '.join(map(str, astuple(self)))} |"


def soak(part: str, workers: int) -> Soaked:
    """Run a part; what pytest says goes to the terminal.

    Raises
    ------
    SystemExit
        with pytest's own code, if it came to no result
    """
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.xml"
        spread = ("-n", str(workers), "--dist", "loadgroup", "--no-loadscope-reorder")
        command = [sys.executable, "-m", "pytest", *spread, f"--run-soak={part}", f"--junitxml={told}"]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code not in (0, FAILED):
            raise SystemExit(code)
        passed, failed, skipped = read_counts(told)
    minutes = round((time.monotonic() - begun) / 60)
    return Soaked(
        part=part,
        day=datetime.now(UTC).date(),
        commit=read_commit(),
        passed=passed,
        failed=failed,
        skipped=skipped,
        minutes=minutes,
    )


def read_counts(told: Path) -> tuple[int, int, int]:
    """How many tests passed, failed and were skipped, by a file of JUnit's form; an error is a failure."""
    suites = ET.parse(told).getroot().iter("testsuite")
    tests, failed, skipped = 0, 0, 0
    for suite in suites:
        tests += int(suite.attrib["tests"])
        failed += int(suite.attrib["failures"]) + int(suite.attrib["errors"])
        skipped += int(suite.attrib["skipped"])
    return tests - failed - skipped, failed, skipped


def read_commit() -> str:
    """The commit, with a plus where a file but docs/soak.md departs from it; "unknown" outside a repository."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", ".", f":!{PAGE.relative_to(ROOT)}")
    return f"{commit}{'+' * bool(changed)}" if commit else "unknown"


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def with_row(page: str, soaked: Soaked) -> str:
    """The page with the part's row in place of the one that was there."""
    lines = page.splitlines()
    cells = len(fields(Soaked))
    rows = [n for n, line in enumerate(lines) if line.startswith(f"| {soaked.part} |") and line.count("|") == cells + 1]
    if len(rows) != 1:
        raise ValueError(f"docs/soak.md has {len(rows)} rows of the part {soaked.part!r}; it should have one")
    lines[rows[0]] = soaked.as_row()
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are named, or all, one after the other; 1 if a test failed in any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--workers", type=int, default=2, help="processes that run tests")
    options = parser.parse_args(arguments)
    if unknown := [part for part in options.parts if part not in PARTS]:
        parser.error(f"{unknown[0]!r} is no part of the soak; give one of {', '.join(PARTS)}")
    failed = 0
    for part in options.parts or PARTS:
        soaked = soak(part, options.workers)
        PAGE.write_text(with_row(PAGE.read_text(encoding="utf-8"), soaked), encoding="utf-8")
        failed += soaked.failed
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
