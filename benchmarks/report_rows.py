"""What `benchmarks.report` measures: each function is one row, run in a process of its own with old code or with new.

python -P benchmarks/report_rows.py NAME FOLDER      with PYTHONPATH=CHECKOUT

Prints figures as JSON: `cpu` and `wall` in seconds or milliseconds, `mb` at most in memory or on disk. A row that the
checkout has no way to do prints `absent` with a sentence. FOLDER is the checkout's own: what is made there once, such
as a desk with a published forecast, is found again.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

ENTRIES = 15
STARTS = 5
FIVE_YEARS = 1826
MONTHS = 60
ORIGINS, WITHOUT_DOCUMENTS = 345, 300
"""Of the strict backtest, and those before the first document was published."""
BASE = datetime(2026, 10, 10, tzinfo=UTC).date()
"""A day as of which neither the old code nor the new is refused by the gate and samples twice."""

type Figures = dict[str, Any]


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    os.environ.setdefault("PARLEY_CACHE", str(folder / "cache"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        print(json.dumps(ROWS[name](folder)))
    finally:
        shutil.rmtree(folder / f"scratch-{os.getpid()}", ignore_errors=True)


def entry(folder: Path, size: int) -> Figures:
    """From an entry to its answer at a resident desk, in milliseconds."""
    from db.engine import open_database
    from forecast.desk.actions import Desk, log

    place = scratch(grown(folder, size))
    cpu, wall = [], []
    with open_database(url(place)) as database:
        desk = Desk(database, "benchmark")
        for number in range(ENTRIES + 2):
            begun = time.process_time(), time.perf_counter()
            receipt = log(desk, "us_posture", number % 5 - 2, on=today(), source=f"Entry {number}", grade="B2")
            cpu.append(1000 * (time.process_time() - begun[0]))
            wall.append(1000 * (time.perf_counter() - begun[1]))
            assert receipt.run is not None, receipt.remark
    return {"cpu": median(cpu[2:]), "wall": median(wall[2:])}


def hypothetical(folder: Path) -> Figures:
    """What one observation would move, asked of a resident desk, in milliseconds; nothing is stored."""
    from db.engine import open_database
    from forecast.desk.actions import Desk, log

    cpu, wall = [], []
    with open_database(url(scratch(published(folder)))) as database:
        desk = Desk(database, "benchmark")
        for number in range(ENTRIES + 2):
            begun = time.process_time(), time.perf_counter()
            what: dict[str, Any] = {"on": today(), "source": f"What if {number}", "grade": "B2", "dry_run": True}
            log(desk, "us_posture", (-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2)[number % 9], **what)
            cpu.append(1000 * (time.process_time() - begun[0]))
            wall.append(1000 * (time.perf_counter() - begun[1]))
    return {"cpu": median(cpu[2:]), "wall": median(wall[2:])}


def table(folder: Path) -> Figures:
    """The same from the table of a run, as a program asks it; code without one is asked exactly."""
    begun = time.process_time()
    made = _table_at(scratch(published(folder)))
    built = time.process_time() - begun
    if made is None:
        return hypothetical(folder) | {"note": "this code has no table: the exact answer is measured"}
    begun, wall = time.process_time(), time.perf_counter()
    asked = [(i, m / 10, v / 10) for i in range(len(made.coefficients)) for m in range(-20, 21, 2) for v in (2, 6, 12)]
    for indicator, mean, variance in asked:
        made.answer(indicator, mean, variance)
    each = 1000 / len(asked)
    note = f"made in {built:.1f} s of the processor; {len(asked)} answers"
    return {"cpu": each * (time.process_time() - begun), "wall": each * (time.perf_counter() - wall), "note": note}


def _table_at(place: Path) -> Any:
    """The table of the newest run at a desk, made as an update does after it; None by code that has none."""
    try:
        from forecast.engine.hypotheticals import make_table
    except ImportError:
        return None
    from db.engine import open_database

    with open_database(url(place)) as database:
        return make_table(database, "us-dprk")


def process(folder: Path, *options: str) -> Figures:
    """`parley log` as a whole process, in seconds."""
    place = scratch(published(folder))
    _table_at(place)
    spent = [
        command(place, "log", "us_posture", "1", "--on", str(today()), "--source", f"R{n}", "--grade", "B2", *options)
        for n in range(STARTS + 1)
    ]
    return {name: median(each[name] for each in spent[1:]) for name in ("cpu", "wall")}


def resident(folder: Path) -> Figures:
    """A second full update in one process, in seconds."""
    from forecast.cache import use_compile_cache

    use_compile_cache()
    from db.engine import open_database
    from db.when import When
    from forecast.engine.update import update

    with open_database(url(scratch(published(folder)))) as database:
        update(database, When(as_of=BASE))
        begun, cpu = time.perf_counter(), all_cpu()
        update(database, When(as_of=BASE))
        return {"cpu": all_cpu() - cpu, "wall": time.perf_counter() - begun}


def warm(folder: Path) -> Figures:
    return command(scratch(published(folder)), "update", "--as-of", str(BASE))


def cold(folder: Path) -> Figures:
    """With nothing compiled."""
    place = scratch(published(folder))
    return command(place, "update", "--as-of", str(BASE), PARLEY_CACHE=str(place / "empty"))


def last_three(folder: Path) -> Figures:
    """`parley observations --last 3` with a million on file, as a whole process; memory in MB."""
    return command(grown(folder, 1_000_000, forecast=False), "observations", "--last", "3")


def imported(folder: Path) -> Figures:
    """100 000 rows of a .csv into an empty desk, in the process, in seconds."""
    from benchmarks.imports import _import, _write

    begun = time.perf_counter()
    if not (folder / "plain.csv").exists():
        _write(folder, 100_000)
        begun = time.perf_counter()
    found = _import("plain", folder)
    return {"cpu": found["cpu"], "mb": found["mb"], "wall": time.perf_counter() - begun}


def workbook(folder: Path) -> Figures:
    """100 000 forecasts as .xlsx, as a whole process, in seconds."""
    from benchmarks.exports import _grown

    place = folder / "forecasts"
    if not place.exists():
        _grown(place, 100_000)
    return command(place, "history", "--out", str(place / "history.xlsx"), "--force")


def daily(folder: Path) -> Figures:
    """What a daily run adds on disk, in MB."""
    place = scratch(published(folder))
    before = on_disk(place)
    command(place, "update", "--as-of", str(BASE + timedelta(days=1)))
    return {"mb": on_disk(place) - before}


def five_years(folder: Path) -> Figures:
    """What daily runs of five years leave on disk, in MB: three runs and the thinning of one are measured, and scaled.

    Whole stay the posteriors of thirty days and of sixty month ends; where nothing is thinned, those of every day.
    """
    place = scratch(published(folder))
    rows = place / "parley.db"
    before = rows.stat().st_size
    for days in (1, 2):
        command(place, "update", "--as-of", str(BASE + timedelta(days=days)))
    a_run = (rows.stat().st_size - before) / 2e6
    whole = posteriors(place)[-1]
    thinned = _thinned(place)
    if thinned is None:
        return {"mb": FIVE_YEARS * (a_run + whole), "note": "nothing is thinned: every day stays whole"}
    kept = 30 + MONTHS
    size = FIVE_YEARS * a_run + kept * whole + (FIVE_YEARS - kept) * thinned
    return {"mb": size, "note": f"whole {whole:.2f} MB, thinned {thinned:.2f}, rows {a_run:.2f} a run; scaled"}


def _thinned(place: Path) -> float | None:
    """The posterior of the first run when it is thinned, in MB; None by code that thins none."""
    try:
        from forecast.engine.posterior_file import FEW_DIGITS, write_posterior
        from forecast.engine.thinning import standing_for
    except ImportError:
        return None
    import xarray as xr

    from db.engine import open_database
    from db.posteriors import opened
    from db.read_runs import read_run, read_targets

    with open_database(url(place)) as database, database.read() as connection:
        run, said = read_run(connection, 1), read_targets(connection, 1)
        with opened(connection, database.posteriors, str(run.file_hash)) as path, xr.open_datatree(path) as tree:
            stands = standing_for(tree.load(), said)
    if stands is None:
        return None
    write_posterior(stands, place / "thinned.nc", digits=FEW_DIGITS)
    return (place / "thinned.nc").stat().st_size / 1e6


def backtest(folder: Path) -> Figures:
    """345 strict origins by ten forecasters, in CPU minutes: thirteen months in each of two spells, scaled."""
    place = scratch(published(folder))
    early, late = (_an_origin(place, first, last) for first, last in (("2004", "2005"), ("2024", "2025")))
    total = WITHOUT_DOCUMENTS * early + (ORIGINS - WITHOUT_DOCUMENTS) * late
    note = f"{early:.2f} s an origin of 2004, {late:.2f} of 2024; scaled to {ORIGINS}"
    return {"cpu": total / 60, "note": note}


def _an_origin(place: Path, first: str, last: str) -> float:
    """Seconds of an origin, what a process takes to start left out."""
    spent = [
        command(place, "backtest", "--from", f"{first}-01-01", "--to", end, "--every", "1m", "--workers", "1")["cpu"]
        for end in (f"{first}-01-01", f"{last}-01-01")
    ]
    return float(spent[1] - spent[0]) / 12


def published(folder: Path) -> Path:
    """A desk of the shipped case with a forecast of today."""
    place = folder / "published"
    if not place.exists():
        made = folder / "making"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        for arguments in (("init",), ("update", "--as-of", str(BASE)), ("update",)):
            command(made, *arguments)
        made.rename(place)
    return place


def grown(folder: Path, size: int, *, forecast: bool = True) -> Path:
    """A desk with so many more observations, each of an origin of its own."""
    if not size:
        return published(folder)
    place = folder / f"grown-{size}"
    if not place.exists():
        from benchmarks.desk import _observations
        from db.append import append_observations
        from db.engine import open_database

        made = folder / "growing"
        shutil.rmtree(made, ignore_errors=True)
        if forecast:
            shutil.copytree(published(folder), made)
        else:
            made.mkdir()
            command(made, "init")
        with open_database(url(made)) as database, database.write() as connection:
            rows: Iterator[Any] = _observations(database, size)
            append_observations(connection, list(rows), datetime.now(UTC))
        made.rename(place)
    return place


def scratch(base: Path) -> Path:
    """A copy that may be changed."""
    place = base.parent / f"scratch-{os.getpid()}"
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(base, place))


def command(place: Path, *arguments: str, **environment: str) -> Figures:
    """CPU and wall seconds of a `parley` process at a desk, and its memory at most in MB."""
    watcher = (
        "import json, resource, subprocess, sys, time\n"
        "begun = time.perf_counter()\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "cpu = used.ru_utime + used.ru_stime\n"
        "print(json.dumps({'cpu': cpu, 'wall': time.perf_counter() - begun, 'mb': used.ru_maxrss / 1024}))"
    )
    program = [sys.executable, "-P", "-m", "forecast.cli", *arguments]
    told = {**os.environ, "PARLEY_DATABASE_URL": url(place), **environment}
    done = subprocess.run(
        [sys.executable, "-c", watcher, *program], cwd=place, env=told, check=True, capture_output=True, text=True
    )
    figures: Figures = json.loads(done.stdout)
    return figures


def posteriors(place: Path) -> list[float]:
    """The sizes of the files of posteriors, the smallest first, in MB."""
    return sorted(each.stat().st_size / 1e6 for each in (place / "posteriors").glob("*.nc"))


def on_disk(place: Path) -> float:
    return sum(each.stat().st_size for each in place.rglob("*") if each.is_file()) / 1e6


def all_cpu() -> float:
    """Seconds that this process and those that it has started have taken."""
    used: Sequence[Any] = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return float(sum(each.ru_utime + each.ru_stime for each in used))


def url(place: Path) -> str:
    return f"sqlite:///{place / 'parley.db'}"


def today() -> date:
    return datetime.now(UTC).date()


ROWS: dict[str, Callable[[Path], Figures]] = {
    "entry": lambda folder: entry(folder, 0),
    "entry-1000": lambda folder: entry(folder, 1_000),
    "entry-100000": lambda folder: entry(folder, 100_000),
    "what-if-table": table,
    "what-if": hypothetical,
    "log": process,
    "log-dry-run": lambda folder: process(folder, "--dry-run"),
    "resident": resident,
    "warm": warm,
    "cold": cold,
    "last-three": last_three,
    "import": imported,
    "workbook": workbook,
    "daily": daily,
    "five-years": five_years,
    "backtest": backtest,
}

if __name__ == "__main__":
    main()
