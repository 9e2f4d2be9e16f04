"""How long an export takes, beside the sqlite3 shell writing the same CSV; and how much memory, as the rows grow.

python -m benchmarks.exports [--rows 100000] [--times 5] [--memory] [--sizes 10000 100000 1000000] [--formats csv …]

Everything happens in temporary folders. The forecasts are made up and inserted by SQL: their hashes do not hold.
"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

FORMATS = ("csv", "json", "parquet", "xlsx")
LAST = date(2026, 11, 21)
TARGETS = ("limits_talks", "arms_control_talks", "denuclearisation_talks", "contact", "deal", "crisis")
WINDOWS: tuple[tuple[int | None, str | None], ...] = (
    (30, None),
    (90, None),
    (180, None),
    (365, None),
    (None, "2029-01-20"),
)
ROWS_A_RUN = len(TARGETS) * len(WINDOWS)
VERSIONS = {"numpy": "2.5.5", "pymc": "6.4.0", "pytensor": "3.3.7", "scipy": "1.18.1", "sqlalchemy": "2.1.9"}
DETAIL = {
    "attempts": 1,
    "diagnostics": {"divergences": 0, "draws": 4000, "ess_bulk_min": 2141.4, "ess_tail_min": 2445.4, "rhat_max": 1.006},
    "failures": [],
}
QUERY = """
SELECT r.id AS run_id, r.case_id, r.kind, r.as_of, replace(r.recorded_at, ' ', 'T') || '+00:00' AS issued_at,
    coalesce(json_extract(s.detail, '$.structure'), 1) AS structure,
    t.target, iif(t.target = c.headline, 'true', 'false') AS headline, t.horizon_days, t.deadline,
    t.mean, t.mcse, t.q05, t.q25, t.q50, t.q75, t.q95, t.base_rate, t.documents_only, t.history_only,
    iif(r.dry, 'true', 'false') AS dry, r.days_since_talks, r.complete_through,
    max(CAST(julianday(r.as_of) - julianday(r.complete_through) AS INTEGER), 0) AS unattested_days,
    r.p_dry_now, coalesce(late.number, 0) AS stale_indicators,
    iif(julianday(date(r.recorded_at)) - julianday(r.as_of) <= 1, 'true', 'false') AS live,
    json_extract(s.detail, '$.diagnostics.rhat_max') AS rhat_max,
    json_extract(s.detail, '$.diagnostics.ess_bulk_min') AS ess_bulk_min,
    json_extract(s.detail, '$.diagnostics.ess_tail_min') AS ess_tail_min,
    json_extract(s.detail, '$.diagnostics.divergences') AS divergences,
    json_extract(s.detail, '$.diagnostics.draws') AS draws,
    r.seed, r.as_recorded, r.inputs_hash, r.case_hash, r.posterior_hash, r.code_version, r.versions
FROM runs r
JOIN run_statuses s ON s.id = (SELECT max(id) FROM run_statuses WHERE run_id = r.id) AND s.status = 'published'
JOIN cases c ON c.id = (SELECT max(id) FROM cases WHERE case_hash = r.case_hash)
JOIN target_forecasts t ON t.run_id = r.id
LEFT JOIN (
    SELECT x.run_id, count(*) AS number
    FROM indicator_states x
    JOIN runs y ON y.id = x.run_id
    JOIN cases k ON k.id = (SELECT max(id) FROM cases WHERE case_hash = y.case_hash)
    JOIN indicators i ON i.case_row_id = k.id AND i.indicator_id = x.indicator_id
    WHERE julianday(y.as_of) - julianday(x.last_observed_on) > 2 * i.expected_cadence_days
    GROUP BY x.run_id
) late ON late.run_id = r.id
ORDER BY r.as_of, r.id,
    CASE t.target WHEN 'limits_talks' THEN 0 WHEN 'arms_control_talks' THEN 1 WHEN 'denuclearisation_talks' THEN 2
        WHEN 'contact' THEN 3 WHEN 'deal' THEN 4 ELSE 5 END,
    t.deadline IS NOT NULL, t.horizon_days, t.deadline;
"""


def main() -> None:
    chosen = _arguments()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        if chosen.memory:
            _memory(base, chosen.sizes, chosen.formats)
        else:
            _times(_grown(base / "times", chosen.rows), chosen.formats, chosen.times)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=5, help="how often each is timed")
    parser.add_argument("--memory", action="store_true", help="measure memory instead of time")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--formats", nargs="*", choices=FORMATS, default=FORMATS)
    return parser.parse_args()


def _times(folder: Path, formats: Sequence[str], times: int) -> None:
    """Whole processes in turn, so that what else the machine does falls on all alike."""
    shell = shutil.which("sqlite3")
    jobs: dict[str, Callable[[], None]] = {ending: lambda ending=ending: _export(folder, ending) for ending in formats}
    if shell is not None:
        (folder / "query.sql").write_text(QUERY, encoding="utf-8")
        jobs["sqlite3 shell"] = lambda: _shell(shell, folder)
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(times):
        for name, job in jobs.items():
            taken[name].append(_timed(job))
    print(f"{'':14}  {'s: median':>9} {'least':>6} {'most':>6}")
    for name, seconds in taken.items():
        print(f"{name:14}  {median(seconds):9.2f} {min(seconds):6.2f} {max(seconds):6.2f}")
    if shell is not None and "csv" in taken:
        _compare(folder, median(taken["csv"]) / median(taken["sqlite3 shell"]))


def _compare(folder: Path, ratio: float) -> None:
    lines = [
        sum(1 for _ in (folder / name).open(encoding="utf-8", newline="")) for name in ("history.csv", "shell.csv")
    ]
    print(f"csv takes {ratio:.2f} times as long as the sqlite3 shell ({lines[0]} and {lines[1]} lines)")


def _memory(base: Path, sizes: Sequence[int], formats: Sequence[str]) -> None:
    print(f"{'rows':>9}  " + "".join(f"{ending + ', MiB':>14}" for ending in formats))
    for size in sizes:
        folder = _grown(base / str(size), size)
        print(f"{size:9d}  " + "".join(f"{_peak(folder, ending):14.0f}" for ending in formats), flush=True)
        shutil.rmtree(folder)


def _peak(folder: Path, ending: str) -> float:
    """Most memory that the exporting process held, in MiB; a process in between tells it from those before it."""
    watcher = (
        "import resource, subprocess, sys; "
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", watcher, *_command(folder, ending)]
    found = subprocess.run(command, env=_environment(folder), check=True, stdout=subprocess.PIPE, text=True)
    return int(found.stdout) / (1024**2 if sys.platform == "darwin" else 1024)


def _export(folder: Path, ending: str) -> None:
    command = _command(folder, ending)
    subprocess.run(command, env=_environment(folder), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _command(folder: Path, ending: str) -> list[str]:
    return [sys.executable, "-m", "forecast.cli", "history", "--out", str(folder / f"history.{ending}"), "--force"]


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}"}


def _shell(shell: str, folder: Path) -> None:
    with (folder / "query.sql").open("rb") as query, (folder / "shell.csv").open("wb") as file:
        subprocess.run([shell, "-csv", "-header", str(folder / "parley.db")], stdin=query, stdout=file, check=True)


def _timed(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _grown(folder: Path, rows: int) -> Path:
    """A folder whose database holds the shipped case and so many forecasts."""
    from db.migrate import create_database
    from indicators.folder import read_case_folder
    from indicators.install import install_case
    from indicators.shipped import shipped_case

    folder.mkdir()
    database = create_database(f"sqlite:///{folder / 'parley.db'}")
    with database:
        install_case(database, read_case_folder(shipped_case()), datetime.now(UTC))
    with sqlite3.connect(folder / "parley.db") as connection:
        _insert(connection, -(-rows // ROWS_A_RUN))
    connection.close()
    return folder


def _insert(connection: sqlite3.Connection, runs: int) -> None:
    case_hash = connection.execute("SELECT case_hash FROM cases").fetchone()[0]
    names = [name for (name,) in connection.execute("SELECT indicator_id FROM indicators ORDER BY position")]
    rng = random.Random(1)
    _into(connection, "runs", (_run(number, runs, case_hash, rng) for number in range(1, runs + 1)))
    _into(connection, "run_statuses", (_status(number, runs) for number in range(1, runs + 1)))
    _into(connection, "target_forecasts", _forecasts(runs, rng))
    _into(connection, "indicator_states", _states(runs, names, rng))


def _into(connection: sqlite3.Connection, table: str, rows: Iterator[dict[str, object]]) -> None:
    """Rows as the columns of a table, which are numbered from 1."""
    first = next(rows)
    columns = ["id", *first, "hash"]
    places = ", ".join("?" for _ in columns)
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
    connection.execute(statement, (1, *first.values(), "0" * 64))
    connection.executemany(statement, ((number, *row.values(), "0" * 64) for number, row in enumerate(rows, start=2)))


def _day(number: int, runs: int) -> date:
    return LAST - timedelta(days=runs - number)


def _issued(number: int, runs: int) -> str:
    return f"{_day(number, runs) + timedelta(days=1)} 06:00:12.345678"


def _run(number: int, runs: int, case_hash: str, rng: random.Random) -> dict[str, object]:
    day = _day(number, runs)
    return {
        "case_id": "us-dprk",
        "kind": "official",
        "as_of": str(day),
        "as_recorded": f"{day + timedelta(days=1)} 06:00:00.000000",
        "seed": 3108041973,
        "inputs_hash": rng.randbytes(32).hex(),
        "case_hash": case_hash,
        "code_version": "0.1.0+748fdf09",
        "versions": json.dumps(VERSIONS),
        "posterior_hash": rng.randbytes(32).hex(),
        "dry": True,
        "days_since_talks": number,
        "complete_through": str(day - timedelta(days=30)),
        "p_dry_now": rng.random(),
        "recorded_at": _issued(number, runs),
    }


def _status(number: int, runs: int) -> dict[str, object]:
    return {
        "run_id": number,
        "status": "published",
        "detail": json.dumps(DETAIL),
        "recorded_at": _issued(number, runs),
    }


def _forecasts(runs: int, rng: random.Random) -> Iterator[dict[str, object]]:
    for number in range(1, runs + 1):
        for target in TARGETS:
            for horizon_days, deadline in WINDOWS:
                low, *rest = sorted(rng.random() for _ in range(5))
                yield {
                    "run_id": number,
                    "target": target,
                    "horizon_days": horizon_days,
                    "deadline": deadline,
                    "mean": rng.random(),
                    **dict(zip(("q05", "q25", "q50", "q75", "q95"), (low, *rest), strict=True)),
                    "mcse": rng.random() / 1000,
                    **{name: rng.random() for name in ("base_rate", "documents_only", "history_only")},
                    "recorded_at": _issued(number, runs),
                }


def _states(runs: int, names: Sequence[str], rng: random.Random) -> Iterator[dict[str, object]]:
    for number in range(1, runs + 1):
        for place, name in enumerate(names):
            yield {
                "run_id": number,
                "indicator_id": name,
                "mean": rng.gauss(0.0, 1.0),
                "sd": rng.random(),
                "active": True,
                "last_observed_on": str(_day(number, runs) - timedelta(days=20 * place)),
                "recorded_at": _issued(number, runs),
            }


if __name__ == "__main__":
    main()
