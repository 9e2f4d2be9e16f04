"""A database that holds the toy case, and runs put into it without a fit."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from toy_case import write_toy_case

from db.append import append_forecasts, append_run, append_run_status
from db.engine import Database, open_database
from db.migrate import create_database
from db.run_rows import IndicatorStateRow, NewRun, ScenarioForecastRow, TargetForecastRow
from indicators.folder import read_case_folder
from indicators.install import install_case
from models.processes import STRUCTURE

LOADED = datetime(2020, 1, 2, 12, tzinfo=UTC)
AS_OF = date(2020, 1, 1)
WINDOWS: tuple[tuple[int | None, date | None], ...] = (
    (30, None),
    (90, None),
    (180, None),
    (365, None),
    (None, date(2022, 1, 1)),
)
TARGETS = ("arms_control_talks", "denuclearisation_talks", "limits_talks", "contact", "deal", "crisis")
SCENARIOS = ("S0", "S1", "S2", "S3", "S4", "S5")
SOUND = {"rhat_max": 1.002, "ess_bulk_min": 1500.0, "ess_tail_min": 1400.0, "divergences": 0, "draws": 4000}
FAILURES = ("R-hat 1.020 of unit is above 1.01", "12 of 4000 draws diverged")


def install_toy(folder: Path) -> Database:
    """A fresh SQLite database in ``folder`` with the toy case; the caller closes it."""
    write_toy_case(folder / "toy")
    (folder / "parley.db").write_bytes(_installed())
    return open_database(f"sqlite:///{folder / 'parley.db'}")


@cache
def _installed() -> bytes:
    """The file of such a database, made once in a process: to make it takes longer than most tests that need one."""
    with TemporaryDirectory(prefix="parley-toy-") as place:
        file = Path(place) / "parley.db"
        with create_database(f"sqlite:///{file}") as database:
            install_case(database, read_case_folder(write_toy_case(Path(place) / "toy")), LOADED)
        return file.read_bytes()


def add_run(
    database: Database,
    *,
    as_of: date = AS_OF,
    status: str = "published",
    kind: str = "manual",
    failures: Sequence[str] = (),
    diagnostics: Mapping[str, object] = SOUND,
    targets: Sequence[TargetForecastRow] | None = None,
    detail: Mapping[str, object] | None = None,
    posterior_hash: str = "3" * 64,
    at: datetime | None = None,
) -> int:
    """Store a run as an update would, with its forecasts if it is published; `detail` adds to what is said of it."""
    run = NewRun(
        case_id="toy",
        kind=kind,
        as_of=as_of,
        as_recorded=None,
        seed=7,
        inputs_hash="1" * 64,
        case_hash="2" * 64,
        code_version="0.1.0+toy",
        versions={"numpy": "2"},
        posterior_hash=posterior_hash,
        dry=True,
        days_since_talks=255,
        complete_through=date(2019, 12, 31),
        p_dry_now=0.97,
    )
    at = at or LOADED
    with database.write() as connection:
        run_id = append_run(connection, run, at)
        told = {"diagnostics": dict(diagnostics), "failures": list(failures), "structure": STRUCTURE, **(detail or {})}
        append_run_status(connection, run_id, status, told, at)
        if status == "published":
            rows = toy_targets() if targets is None else targets
            append_forecasts(connection, run_id, rows, toy_scenarios(), toy_states(), (), at)
    return run_id


def toy_targets() -> list[TargetForecastRow]:
    """Probabilities that differ by target and window."""
    return [
        TargetForecastRow(
            target=target,
            horizon_days=days,
            deadline=deadline,
            mean=mean,
            mcse=0.002,
            q05=mean - 0.05,
            q25=mean - 0.02,
            q50=mean,
            q75=mean + 0.02,
            q95=mean + 0.05,
            base_rate=mean + 0.01,
            documents_only=mean + 0.03,
            history_only=mean + 0.04,
        )
        for t, target in enumerate(TARGETS)
        for w, (days, deadline) in enumerate(WINDOWS)
        for mean in (0.1 + 0.1 * t + 0.05 * w,)
    ]


def toy_scenarios() -> list[ScenarioForecastRow]:
    shares = (0.5, 0.2, 0.1, 0.05, 0.1, 0.05)
    return [
        ScenarioForecastRow(scenario, *window, share)
        for window in WINDOWS
        for scenario, share in zip(SCENARIOS, shares, strict=True)
    ]


def toy_states() -> list[IndicatorStateRow]:
    return [
        IndicatorStateRow("press_tone", -1.25, 0.5, True, date(2019, 10, 5)),
        IndicatorStateRow("border_posture", 0.75, 0.4, True, date(2019, 12, 20)),
        IndicatorStateRow("harvest", 0.0, 0.0, False, None),
    ]
