"""Whether the service stays as it is: a run a minute by the real process, its memory and open files looked at.

    python -m benchmarks.soak --minutes 35 [--day 60] [--out FILE.csv]

The service of `parley schedule run` makes the runs of the toy case (4 chains of 600 draws) with its fitting process,
trigger and delivery. Only its clock is another: it goes like any, but every minute (`--day` seconds) it leaps to the
next day, as on a machine that sleeps at night. Before each day an observation is entered, and now and then an
attestation, so that inputs change; alerts go into a file and to a web server that refuses one in five.

Of the service and of its fitting process resident memory, open files and threads are read from /proc every 10 s. They
are *flat* if, at rest (in the last sample after each run) and after a warm-up of 5 runs, open files and threads are
never more than the warm-up saw, and memory does not grow. Of the service: the slope of memory over runs (Theil-Sen) has
a 95 % interval that ends below 0.25 MiB a run, so that a year adds less than 100 MiB; neighbouring samples are not
independent, so the interval is narrower than it should be. Of the fitting process, which is replaced after so many runs
because fits leave its memory in pieces: none takes more than 1.1 times the most the first one took. Exit 1 if they are
not flat, or if a day is missing, failed or doubled.
"""

import argparse
import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from pathlib import Path
from threading import Event, Thread

SAMPLE_S = 10.0
WARM_UP = 5
BOUND_MIB = 0.25
GROWN = 1.1
REFUSED = 5
"""One in so many posts is refused."""
LOADED = datetime(2020, 1, 1, tzinfo=UTC)
TRIGGER = timedelta(minutes=3)
"""After so long the trigger fires, which keeps the real time."""
CASE = "toy"


@dataclass(frozen=True, slots=True)
class Days:
    """A clock that leaps to the next day every so many seconds, and in between goes like any."""

    begun: float
    """Unix time of the first day's beginning."""
    length: float
    """Seconds."""

    def __call__(self) -> datetime:
        return self.at(time.time() - self.begun)

    def at(self, elapsed: float) -> datetime:
        number, rest = divmod(elapsed, self.length)
        first = datetime.fromtimestamp(self.begun, UTC).replace(year=2020, month=1, day=2)
        return first + timedelta(days=number, seconds=rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One process at one moment."""

    elapsed_s: float
    day: int
    runs: int
    """Stored by then."""
    at_work: bool
    """Whether a run is being made."""
    process: str
    pid: int
    rss_mib: float
    files: int
    threads: int


def main() -> None:
    chosen = _arguments()
    if chosen.serve:
        _serve(chosen.serve, Days(chosen.begun, chosen.day))
        return
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # the service ends with it
    with tempfile.TemporaryDirectory() as name, receiver() as (port, answers):
        folder = Path(name)
        _settle(folder, port)
        days = Days(time.time(), chosen.day)
        with _service(folder, days) as service:
            samples = list(_watch(folder, days, service, 60 * chosen.minutes))
            _end(service)
        _write(chosen.out, samples)
        sound = _tell_ledger(folder, days, samples, answers)
        for process in ("service", "fit"):
            sound &= tell(process, [sample for sample in samples if sample.process == process])
    sys.exit(not sound)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=35)
    parser.add_argument("--day", type=float, default=60, help="seconds a day lasts (default: 60)")
    parser.add_argument("--out", type=Path, default=Path("soak.csv"), help="the samples (default: soak.csv)")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--begun", type=float, help=argparse.SUPPRESS)
    return parser.parse_args()


def _serve(folder: Path, days: Days) -> None:
    """The service, as the command `parley schedule run` has it."""
    from forecast.cache import use_compile_cache
    from forecast.schedule.settings import read_settings

    use_compile_cache()
    from forecast.schedule.service import serve
    from forecast.schedule.steps import record_alerts

    stop = Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    serve(
        _url(folder), read_settings(folder / "parley.toml"), case_id=None, stop=stop, steps=(record_alerts,), clock=days
    )


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'parley.db'}"


def _settle(folder: Path, port: int) -> None:
    """The toy case in a database, and settings whose trigger fires while the benchmark runs."""
    from db.migrate import create_database
    from indicators.folder import read_case_folder
    from indicators.install import install_case
    from tests.toy_case import write_toy_case

    with create_database(_url(folder)) as database:
        install_case(database, read_case_folder(write_toy_case(folder / "case")), LOADED)
    (folder / "parley.toml").write_text(
        f"""\
[schedule]
at = "{datetime.now(UTC) + TRIGGER:%H:%M}"
draws = 600

[alerts]
day_points = 0.01
week_points = 0.01

[alerts.webhook]
url = "http://127.0.0.1:{port}/alerts"

[alerts.file]
path = "alerts.jsonl"
""",
        encoding="utf-8",
    )


@contextmanager
def receiver() -> Iterator[tuple[int, list[int]]]:
    """Port of a web server that takes alerts, and the answers it gave."""
    answers: list[int] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answers.append(503 if len(answers) % REFUSED == 0 else 204)
            self.send_response(answers[-1])
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the answers are counted."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _service(folder: Path, days: Days) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "benchmarks.soak", "--serve", str(folder), "--begun", repr(days.begun)]
    environment = {**os.environ, "PARLEY_WEBHOOK_SECRET": "soak"}
    with (folder / "stderr").open("wb") as errors:
        process = subprocess.Popen([*command, "--day", str(days.length)], env=environment, stderr=errors)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _watch(folder: Path, days: Days, service: subprocess.Popen[bytes], seconds: float) -> Iterator[Sample]:
    """Samples of both processes until the time is over; in the middle of each day something is entered.

    It ends late in a day, whose run is then made.
    """
    from db.engine import open_database

    entered, sampled, rest = -1, 0.0, 0.0
    with open_database(_url(folder)) as database:
        while (elapsed := time.time() - days.begun) < seconds or rest < 0.8 * days.length:
            if service.poll() is not None:
                sys.exit(f"the service ended with {service.returncode}: {(folder / 'stderr').read_text()[-2000:]}")
            number, rest = divmod(elapsed, days.length)
            if number > entered and rest > days.length / 2:
                entered = int(number)
                _enter(database, entered, days())
            if elapsed >= sampled:
                yield from (samples := list(_look(elapsed, int(number), *_stand(database), service.pid)))
                _tell_progress(elapsed, samples)
                sampled += SAMPLE_S
            time.sleep(0.2)


def _enter(database: object, number: int, now: datetime) -> None:
    """An observation each day, and every fifth an attestation."""
    from db.append import append_completeness, append_observations
    from db.engine import Database
    from db.rows import NewCompleteness, NewObservation

    assert isinstance(database, Database)
    today, name = now.date(), ("press_tone", "border_posture")[number % 2]
    row = NewObservation(
        case_id=CASE,
        indicator_id=name,
        observed_on=today,
        known_on=today,
        level=number % 5 - 2.0,
        source_title=f"Entry {number}",
        source_publisher="",
        source_url="",
        origin="",
        reliability="B",
        credibility=2,
        analyst="benchmark",
        note="",
    )
    with database.write() as connection:
        append_observations(connection, [row], now)
        if number % 5 == 4:
            attested = [
                NewCompleteness(
                    case_id=CASE,
                    type=kind,
                    complete_from=date(2010, 1, 1),
                    complete_through=today,
                    known_on=today,
                    attested_by="benchmark",
                    note="",
                )
                for kind in ("talks", "contact", "deal", "crisis")
            ]
            append_completeness(connection, attested, now)


def _stand(database: object) -> tuple[int, bool]:
    """How many runs are stored, and whether one is being made."""
    from db.engine import Database
    from db.leases import read_lease
    from db.read_schedule import read_attempts
    from forecast.schedule.jobs import lease_name

    assert isinstance(database, Database)
    with database.read() as connection:
        lease = read_lease(connection, lease_name(CASE))
        runs = len(read_attempts(connection, CASE, outcomes=("published", "rejected")))
    return runs, lease is not None and lease.working_on is not None


def _look(elapsed: float, day: int, runs: int, at_work: bool, service: int) -> Iterator[Sample]:
    """The service, and its child if it has one: Python's resource tracker, which any spawn begins, is left out."""
    yield _sample(elapsed, day, runs, at_work, "service", service)
    for child in Path(f"/proc/{service}/task/{service}/children").read_text().split():
        if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes():
            yield _sample(elapsed, day, runs, at_work, "fit", int(child))


def _sample(elapsed: float, day: int, runs: int, at_work: bool, process: str, pid: int) -> Sample:
    where = Path(f"/proc/{pid}")
    pages = int((where / "statm").read_text().split()[1])
    files, threads = (len(list((where / name).iterdir())) for name in ("fd", "task"))
    rss_mib = round(pages * os.sysconf("SC_PAGESIZE") / 2**20, 2)
    return Sample(
        elapsed_s=round(elapsed, 1),
        day=day,
        runs=runs,
        at_work=at_work,
        process=process,
        pid=pid,
        rss_mib=rss_mib,
        files=files,
        threads=threads,
    )


def _tell_progress(elapsed: float, samples: Sequence[Sample]) -> None:
    said = ", ".join(f"{one.process} {one.rss_mib:.1f} MiB {one.files} files {one.threads} threads" for one in samples)
    print(f"{elapsed / 60:6.1f} min  run {samples[0].runs:3d}  {said}", file=sys.stderr, flush=True)


def _end(service: subprocess.Popen[bytes]) -> None:
    begun = time.monotonic()
    service.send_signal(signal.SIGTERM)
    print(f"SIGTERM: exit code {service.wait(60)} after {time.monotonic() - begun:.1f} s")


def _write(file: Path, samples: Sequence[Sample]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(field.name for field in fields(Sample))
        rows.writerows(astuple(sample) for sample in samples)


def _tell_ledger(folder: Path, days: Days, samples: Sequence[Sample], answers: Sequence[int]) -> bool:
    """Print what the ledger says, and what was sent; whether every day has its one run."""
    from db.engine import open_database
    from db.read_schedule import read_attempts
    from forecast.schedule.settings import read_settings
    from forecast.schedule.slots import calendar_of

    with open_database(_url(folder)) as database, database.read() as connection:
        lines = read_attempts(connection, CASE)
    calendar = calendar_of(read_settings(folder / "parley.toml").schedule)
    owed = {calendar.newest_due(days.at(days.length * (n + 1) - 1)) for n in range(samples[-1].day + 1)}
    made = [row.scheduled_for for row in lines if row.outcome != "failed"]
    missing, doubled = sorted(owed - set(made)), len(made) - len(set(made))
    kinds = Counter(f"{row.outcome} ({row.kind})" for row in lines)
    print(f"days: {len(owed)}; ledger: {dict(kinds)}; missing: {missing or 'none'}; doubled: {doubled}")
    print(f"web server's answers: {dict(Counter(answers))}; lines in the file: {_lines(folder / 'alerts.jsonl')}")
    return not missing and not doubled and all(row.outcome != "failed" for row in lines)


def _lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0


def tell(process: str, samples: Sequence[Sample]) -> bool:
    """Print how one process fared at rest, in the last sample after each run; whether it is flat."""
    rest = list({one.runs: one for one in samples if one.runs and not one.at_work}.values())
    early, late = rest[:WARM_UP], rest[WARM_UP:]
    if len(late) < WARM_UP:
        sys.exit(f"{process}: {len(rest)} runs are too few to tell; take at least {2 * WARM_UP}")
    print(f"\n{process}: at rest after {len(rest)} runs, {len(late)} of them after warm-up")
    flat = _tell_memory(rest)
    for name in ("files", "threads"):
        before, after = ([getattr(one, name) for one in part] for part in (early, late))
        print(
            f"  {name}: warm-up {min(before)}-{max(before)}, then {min(after)}-{max(after)}, last {after[-1]}", end="; "
        )
        print(f"most while at work {max(getattr(one, name) for one in samples)}")
        flat &= max(after) <= max(before)
    print(f"  flat: {'yes' if flat else 'NO'}")
    return flat


def _tell_memory(rest: Sequence[Sample]) -> bool:
    """Print how memory went, of a process that was replaced in each of its lives; whether it is flat."""
    lives = [list(life) for _, life in groupby(rest, key=lambda one: one.pid)]
    if len(lives) == 1:
        return _tell_slope(rest[WARM_UP:])
    for life in lives:
        most = max(one.rss_mib for one in life)
        print(f"  memory of process {life[0].pid}, MiB: {life[0].rss_mib} first, {most} most, {len(life)} runs")
    peaks = [max(one.rss_mib for one in life) for life in lives]
    print(f"  the most a later one takes: {max(peaks[1:]) / peaks[0]:.3f} times that of the first")
    return max(peaks[1:]) <= GROWN * peaks[0]


def _tell_slope(late: Sequence[Sample]) -> bool:
    from scipy.stats import theilslopes

    fit = theilslopes([one.rss_mib for one in late], [one.runs for one in late])
    per_hour = (late[-1].runs - late[0].runs) / (late[-1].elapsed_s - late[0].elapsed_s) * 3600
    print(f"  memory, MiB: {late[0].rss_mib} after warm-up, {late[-1].rss_mib} last")
    print(f"  slope: {fit.slope:+.4f} MiB a run, 95 % interval [{fit.low_slope:+.4f}, {fit.high_slope:+.4f}]; ", end="")
    print(
        f"{fit.slope * per_hour:+.2f} MiB an hour [{fit.low_slope * per_hour:+.2f}, {fit.high_slope * per_hour:+.2f}]"
    )
    return bool(fit.high_slope < BOUND_MIB)


if __name__ == "__main__":
    main()
