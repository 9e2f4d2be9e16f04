"""How long an entry takes: in a warm process, as a whole process, and as the observations grow; and how long imports.

python -m benchmarks.desk [--growth 1000 10000 100000] [--imports 10000 30000 100000] [--database FILE]

Everything happens in temporary folders. The forecast the entries stand on is a real fit of the shipped case.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np

ENTRIES = 20
STARTS = 5
FIRST, DAYS = date(1995, 1, 1), 11_000
HEADER = "indicator,observed_on,level,grade,source,publisher,url,origin,analyst,note\n"


def main() -> None:
    chosen = _arguments()
    from forecast.cache import use_compile_cache

    use_compile_cache()
    with tempfile.TemporaryDirectory() as name:
        base = _published(Path(name) / "base", chosen.database)
        _processes(base)
        print(
            f"\n{'observations':>12}  {'warm entry, ms: median':>22} {'least':>6} {'most':>6}  {'first entry, ms':>15}"
        )
        for size in [0, *chosen.growth]:
            _warm(_grown(base, Path(name) / str(size), size))
        print(f"\n{'rows':>12}  {'import .csv, s':>14}  {'again':>6}")
        for size in chosen.imports:
            _import(base, Path(name) / f"import-{size}", size)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--growth", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--imports", type=int, nargs="*", default=[10_000, 30_000, 100_000])
    parser.add_argument("--database", type=Path, help="a folder with a published forecast, instead of making one")
    return parser.parse_args()


def _published(folder: Path, given: Path | None) -> Path:
    """A folder with the shipped case and a published forecast of today."""
    if given is not None:
        shutil.copytree(given, folder)
        return folder
    folder.mkdir()
    for command in (["init"], ["update"]):
        _parley(folder, *command)
    return folder


def _parley(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}"}
    command = [sys.executable, "-m", "forecast.cli", *arguments]
    subprocess.run(
        command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
    )


def _processes(folder: Path) -> None:
    entry = ["log", "us_posture", "1", "--source", "Briefing", "--grade", "B2", "--on", str(_today()), "--dry-run"]
    for name, command in (("parley --help", ["--help"]), ("parley log", entry)):
        times = [_timed(lambda command=command: _parley(folder, *command)) for _ in range(STARTS)]
        print(f"{name:16} as a whole process: median {median(times):.2f} s of {STARTS}, least {min(times):.2f}")


def _timed(act: object) -> float:
    begun = time.perf_counter()
    assert callable(act)
    act()
    return time.perf_counter() - begun


def _grown(base: Path, folder: Path, size: int) -> Path:
    """A copy with so many more observations, each of an origin of its own."""
    shutil.copytree(base, folder)
    if size:
        from db.append import append_observations
        from db.engine import open_database

        with open_database(f"sqlite:///{folder / 'parley.db'}") as database, database.write() as connection:
            append_observations(connection, list(_observations(database, size)), datetime.now(UTC))
    return folder


def _observations(database: object, size: int) -> Iterator[object]:
    from db.engine import Database
    from db.read import read_case, read_catalogue
    from db.rows import NewObservation

    assert isinstance(database, Database)
    with database.read() as connection:
        case = read_case(connection)
        names = [row.indicator_id for row in read_catalogue(connection, case)]
    rng = np.random.default_rng(1)
    for number in range(size):
        day = FIRST + timedelta(days=int(rng.integers(DAYS)))
        level, name = float(rng.integers(-2, 3)), names[int(rng.integers(len(names)))]
        yield NewObservation(
            case_id=case.case_id,
            indicator_id=name,
            observed_on=day,
            known_on=day,
            level=level,
            source_title=f"Report {number}",
            source_publisher="",
            source_url="",
            origin="",
            reliability="C",
            credibility=3,
            analyst="benchmark",
            note=f"row {number}",
        )


def _warm(folder: Path) -> None:
    from db.engine import open_database
    from forecast.desk.actions import Desk, log

    with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
        desk = Desk(database, "benchmark")
        times = []
        for number in range(ENTRIES + 1):
            begun = time.perf_counter()
            receipt = log(desk, "us_posture", number % 5 - 2, on=_today(), source=f"Entry {number}", grade="B2")
            times.append(1000 * (time.perf_counter() - begun))
            assert receipt.run is not None, receipt.remark
        with database.read() as connection:
            size = len(desk.reading(connection).rows.observations)
    first, rest = times[0], times[1:]
    print(f"{size:12d}  {median(rest):22.0f} {min(rest):6.0f} {max(rest):6.0f}  {first:15.0f}", flush=True)


def _import(base: Path, folder: Path, size: int) -> None:
    """Without a published run: the forecast after it is measured above."""
    from db.engine import open_database
    from forecast.desk.actions import Desk, import_file

    folder.mkdir()
    _parley(folder, "init")
    file = folder / "rows.csv"
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
        file.write_text(HEADER + "".join(_lines(database, size)), encoding="utf-8")
        desk = Desk(database, "benchmark")
        times = [_timed(lambda: import_file(desk, file)) for _ in range(2)]
    print(f"{size:12d}  {times[0]:14.1f}  {times[1]:6.1f}", flush=True)


def _lines(database: object, size: int) -> Sequence[str]:
    return [
        f"{row.indicator_id},{row.observed_on},{row.level:g},C3,{row.source_title},,,,,{row.note}\n"  # type: ignore[attr-defined]
        for row in _observations(database, size)
    ]


def _today() -> date:
    return datetime.now(UTC).date()


if __name__ == "__main__":
    main()
