"""What a mapping costs: the same rows from a table named as ours, and from a foreign one; CPU seconds and peak memory.

python -m benchmarks.imports [--rows 100000] [--repeats 1]

Each import is a process of its own, at a database of its own, by turns; the seconds are those of the import alone.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

FIRST, DAYS = date(1995, 1, 1), 11_000
OURS = ("indicator", "observed_on", "level", "grade", "source", "publisher", "url", "origin", "note")
THEIRS = (
    "Country",
    "Which indicator?",
    "Date",
    "Stance",
    "Code",
    "Headline",
    "Outlet",
    "Link",
    "First said",
    "Remarks",
)
WORDS = {"hostile": -2, "cool": -1, "neutral": 0, "warm": 1, "friendly": 2}


def main() -> None:
    chosen = _arguments()
    if chosen.one:
        print(json.dumps(_import(chosen.one, Path(chosen.folder))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, chosen.rows)
        found: dict[str, list[dict[str, float]]] = {"plain": [], "mapped": []}
        for _ in range(chosen.repeats):
            for kind, runs in found.items():
                runs.append(_run(kind, folder))
                print(
                    f"{kind:7} {runs[-1]['cpu']:7.1f} s CPU  {runs[-1]['mb']:7.0f} MB  {runs[-1]['rows']:.0f} rows",
                    flush=True,
                )
    ratio = median(each["cpu"] for each in found["mapped"]) / median(each["cpu"] for each in found["plain"])
    print(f"mapped / plain: {ratio:.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--one", choices=("plain", "mapped"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(kind: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.imports", "--one", kind, "--folder", str(folder)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured: dict[str, float] = json.loads(said)
    return measured


def _write(folder: Path, rows: int) -> None:
    """The same rows twice: as our files have them, and as another's would, with rows of another country between."""
    from indicators.folder import read_case_folder
    from indicators.shipped import shipped_case

    names = [each.id for each in read_case_folder(shipped_case()).indicators]
    words = list(WORDS)
    with (folder / "plain.csv").open("w", newline="") as plain, (folder / "mapped.csv").open("w", newline="") as mapped:
        ours, theirs = csv.writer(plain), csv.writer(mapped)
        ours.writerow(OURS)
        theirs.writerow(THEIRS)
        for number in range(rows):
            day = FIRST + timedelta(days=number * 7919 % DAYS)
            word = words[number * 31 % len(words)]
            name, title, note = names[number % len(names)], f"Report {number}", f"row {number}"
            url = f"https://example.org/{number}"
            ours.writerow([name, day, WORDS[word], "C3", title, "Wire", url, "", note])
            theirs.writerow(["PRK", name, day, word, "C3", title, "Wire", url, "NA", note])
            if number % 10 == 0:
                theirs.writerow(["KOR", name, day, word, "C3", title, "Wire", url, "NA", note])


def _import(kind: str, folder: Path) -> dict[str, float]:
    from db.migrate import create_database
    from forecast.desk.importing import import_file
    from forecast.desk.session import Desk
    from indicators.folder import read_case_folder
    from indicators.install import install_case
    from indicators.mapping import AS_NAMED, FileMapping
    from indicators.shipped import shipped_case

    foreign = FileMapping(
        columns=dict(zip(OURS, THEIRS[1:], strict=True)),
        levels={word: str(level) for word, level in WORDS.items()},
        where={"Country": "PRK"},
        ignore_other_columns=True,
    )
    place = folder / f"{kind}-{time.time_ns()}.db"
    with create_database(f"sqlite:///{place}") as database:
        install_case(database, read_case_folder(shipped_case()), datetime.now(UTC))
        desk = Desk(database, "benchmark")
        begun = time.process_time()
        receipt = import_file(desk, folder / f"{kind}.csv", mapping=foreign if kind == "mapped" else AS_NAMED)
        spent = time.process_time() - begun
    place.unlink()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": spent, "mb": peak, "rows": len(receipt.rows)}


if __name__ == "__main__":
    main()
