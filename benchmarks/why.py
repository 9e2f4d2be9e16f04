"""How long `parley why` takes, in seconds of the processor, each in a process of its own.

python -m benchmarks.why [--work FOLDER] [--repeats N]

- *daily*: two runs a day apart, by what is stored with them;
- *week*: two runs six days apart;
- *without*: the same from posteriors that do not say what each draw says, as older files do not;
- *long*: more than 151 entries between two runs.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

DAYS = ("2023-12-01", "2026-10-01", "2026-10-06", "2026-10-07", "2026-10-10")
LONG, DAILY, WEEK = (0, 4), (2, 3), (1, 3)
PROGRAM = ("-m", "forecast.cli")
FORGETFUL = """
import sys
from dataclasses import replace
from forecast.why import split
read = split.read_posterior
split.read_posterior = lambda *asked: replace(read(*asked), said=None, shares=None)
from forecast.cli.app import run
sys.exit(run(sys.argv[1:]))
"""
"""The program, to which no file says what its draws say."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="where the desk is kept for another time")
    parser.add_argument("--repeats", type=int, default=3, metavar="N")
    asked = parser.parse_args()
    if asked.work is not None:
        asked.work.mkdir(parents=True, exist_ok=True)
        measure(asked.work, asked.repeats)
        return 0
    with TemporaryDirectory() as folder:
        measure(Path(folder), asked.repeats)
    return 0


def measure(folder: Path, repeats: int) -> None:
    """Print the median of each, with the number of entries between the runs."""
    environment = os.environ | {"PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}", "OPENBLAS_NUM_THREADS": "1"}
    if not (folder / "parley.db").exists():
        _parley(environment, "init")
        for day in DAYS:
            _parley(environment, "update", "--as-of", day)
    told = json.loads(_parley(environment, "runs", "--kind", "manual", "--json")[0])
    runs = [str(run["id"]) for run in sorted(told["runs"], key=lambda run: str(run["as_of"]))]
    for name, (before, after), program in (
        ("daily", DAILY, PROGRAM),
        ("week", WEEK, PROGRAM),
        ("without", DAILY, ("-c", FORGETFUL)),
        ("long", LONG, PROGRAM),
    ):
        times, entries = [], 0
        for _ in range(repeats + 1):  # the first one compiles
            out, taken = _parley(environment, "why", runs[before], runs[after], "--json", program=program)
            lines = json.loads(out)["lines"]
            entries = sum(len(line["rows"]) or 1 for line in lines if line["class"] in ("observation", "event"))
            times.append(taken)
        print(f"{name:8} {entries:4} entries {statistics.median(times[1:]):6.2f} s of the processor")


def _parley(environment: Mapping[str, str], *arguments: str, program: Sequence[str] = PROGRAM) -> tuple[str, float]:
    """What a command prints, and the seconds of the processor it took with all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-P", *program, *arguments]
    out, silent = subprocess.PIPE, subprocess.DEVNULL
    done = subprocess.run(command, env=environment, stdout=out, stderr=silent, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
