"""A database with everything an export may meet: texts that look like something else, corrections, all kinds of run."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from conftest import OBSERVATION, RUN
from explained import made_up
from sqlalchemy import Connection
from toy_case import write_toy_case
from toy_runs import SCENARIOS, TARGETS, WINDOWS, toy_states

from db.append import (
    append_completeness,
    append_documents,
    append_events,
    append_explanation,
    append_forecasts,
    append_judgements,
    append_observations,
    append_run,
    append_run_status,
)
from db.engine import Database
from db.migrate import create_database
from db.read import read_case, read_newest
from db.rows import CompletenessRow, DocumentRow, EventRow, JudgementRow, ObservationRow
from db.run_rows import EffectRow, NewExplanation, ScenarioForecastRow, TargetForecastRow
from forecast.why.payload import to_stored
from indicators.folder import read_case_folder
from indicators.install import install_case
from models.processes import STRUCTURE

LOADED = datetime(2020, 1, 2, 12, tzinfo=UTC)
LATER = datetime(2020, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
KNOWN_LATER = date(2020, 5, 1)
TODAY = date(2020, 6, 1)
TEXTS = (
    "=1+1",
    "\t=1+1",
    "＝1+1",
    "+49 30 1",
    "-",
    "@sum",
    '"quoted", comma',
    '"',
    "two\nlines",
    "two\r\nlines",
    "carriage\rreturn",
    "  leading and trailing  ",
    "北朝鮮",
    "한국어",
    "🛰️",
    "e\u0301",
    "'",
    "''",
    "NA",
    "NaN",
    "null",
    "None",
    "\\N",
    "true",
    "001",
    "1e5",
    "2026-01-01",
    "#",
    ";",
    "\u2028",
    "\u00a0",
    "",
)
"""Of a note, one per observation."""
RUNS: tuple[tuple[str, date, datetime, str], ...] = (
    ("official", date(2019, 12, 31), LOADED, "published"),
    ("manual", date(2019, 11, 30), LOADED, "published"),
    ("backfill", date(2018, 6, 30), LOADED, "published"),
    ("official", date(2020, 1, 1), LOADED, "rejected"),
    ("provisional", date(2020, 5, 3), LATER, "published"),
    ("official", date(2020, 5, 3), LATER, "published"),
)
"""Kind, as-of date, when stored, what became of it; not in the order of their dates."""
SOUND = {"rhat_max": 1.0042, "ess_bulk_min": 1500, "ess_tail_min": 1400.5, "divergences": 0, "draws": 4000}


def fill(database: Database, folder: Path) -> Database:
    """Put everything into a fresh database."""
    install_case(database, read_case_folder(write_toy_case(folder / "toy")), LOADED)
    with database.write() as connection:
        _add_observations(connection)
        _revise_facts(connection)
        case_hash = read_case(connection).case_hash
        for number, run in enumerate(RUNS):
            _add_run(connection, case_hash if number else "f" * 64, *run)
        _add_steps(connection)
    return database


def _add_steps(connection: Connection) -> None:
    """What moved the forecast between some of the runs."""
    for before, after, at in ((3, 2, LOADED), (2, 1, LOADED), (1, 6, LATER)):
        _add_step(connection, (before, RUNS[before - 1][1]), (after, RUNS[after - 1][1]), at)


def _add_step(connection: Connection, before: tuple[int, date], after: tuple[int, date], at: datetime) -> None:
    found = made_up(runs=(before[0], after[0]), days=(before[1], after[1]), seed=after[0])
    new = NewExplanation(
        case_id="toy",
        before_run_id=before[0],
        run_id=after[0],
        path=found.path,
        method="owen",
        code_version=found.code_version,
        model_version=found.model_version,
        inputs_hash_before=RUN.inputs_hash,
        inputs_hash=RUN.inputs_hash,
        result=to_stored(found),
    )
    append_explanation(connection, new, at)


def make(folder: Path) -> Database:
    """The same in a new SQLite file; the caller closes it."""
    return fill(create_database(f"sqlite:///{folder / 'parley.db'}"), folder)


def add_later_rows(connection: Connection, known_on: date, recorded_at: datetime) -> None:
    """Add an observation, corrections of every kind of fact, and runs."""
    stored = read_newest(connection, ObservationRow, "toy")
    new = replace(OBSERVATION, case_id="toy", indicator_id="harvest", observed_on=date(2019, 1, 1), known_on=known_on)
    append_observations(connection, [new, *_corrections(stored[-2], stored[-1], known_on)], recorded_at)
    for kind, append in _APPENDS.items():
        first, *_ = (row for row in read_newest(connection, kind, "toy") if not row.retracted)
        append(connection, [replace(first, supersedes=first.id, known_on=known_on, **_LATER[kind])], recorded_at)
    for kind in ("manual", "provisional"):
        run_id = _add_run(connection, "c" * 64, kind, known_on, recorded_at, "published")
        _add_step(connection, (1, RUNS[0][1]), (run_id, known_on), recorded_at)


def _add_observations(connection: Connection) -> None:
    """One per text; the first is revised, the second withdrawn, the third revised twice, last what is known first."""
    plain = replace(OBSERVATION, case_id="toy", indicator_id="press_tone", origin="wire")
    ids = append_observations(connection, [replace(plain, note=text) for text in TEXTS], LOADED)
    rows = {row.id: row for row in read_newest(connection, ObservationRow, "toy")}
    append_observations(connection, _corrections(rows[ids[0]], rows[ids[1]], KNOWN_LATER), LATER)
    newest = ids[2]
    for level, day in ((0.1, date(2016, 1, 1)), (0.30000000000000004, date(2015, 6, 1))):
        again = replace(rows[ids[2]], level=level, supersedes=newest, known_on=day, reason="=again")
        (newest,) = append_observations(connection, [again], LATER)


def _corrections(first: ObservationRow, second: ObservationRow, known_on: date) -> list[ObservationRow]:
    return [
        replace(first, level=2.0, supersedes=first.id, known_on=known_on, reason="read again"),
        replace(second, supersedes=second.id, known_on=known_on, retracted=True, reason="wrong day"),
    ]


def _revise_facts(connection: Connection) -> None:
    """A revision of one event, judgement, document and attestation each."""
    event, judgement = (read_newest(connection, kind, "toy")[0] for kind in (EventRow, JudgementRow))
    venue = replace(event, venue="Zürich, 板門店", supersedes=event.id, known_on=KNOWN_LATER, analyst="朴")
    append_events(connection, [venue], LATER)
    weight = replace(judgement, weight=-0.1, supersedes=judgement.id, known_on=KNOWN_LATER, reason="")
    append_judgements(connection, [weight], LATER)
    document, attested = (read_newest(connection, kind, "toy")[0] for kind in (DocumentRow, CompletenessRow))
    append_documents(connection, [replace(document, title="+", supersedes=document.id, known_on=KNOWN_LATER)], LATER)
    further = replace(attested, complete_through=KNOWN_LATER, supersedes=attested.id, known_on=KNOWN_LATER)
    append_completeness(connection, [further], LATER)


def _add_run(connection: Connection, case_hash: str, kind: str, as_of: date, recorded_at: datetime, status: str) -> int:
    run = replace(
        RUN,
        case_id="toy",
        kind=kind,
        as_of=as_of,
        as_recorded=None if kind == "manual" else recorded_at - timedelta(microseconds=1),
        case_hash=case_hash,
        posterior_hash=None if status == "rejected" else "3" * 64,
        days_since_talks=None if kind == "backfill" else 255,
        complete_through=as_of - timedelta(days=30),
        versions={"numpy": "2", "북": '"'},
    )
    run_id = append_run(connection, run, recorded_at)
    failures = ["R-hat 1.02 of unit is above 1.01"] if status == "rejected" else []
    append_run_status(connection, run_id, "started", {}, recorded_at)
    detail = {"diagnostics": SOUND, "failures": failures, "structure": STRUCTURE}
    append_run_status(connection, run_id, status, detail, recorded_at)
    if status == "published":
        rng = random.Random(run_id)
        append_forecasts(
            connection, run_id, _targets(rng, kind), _scenarios(rng), toy_states(), _effects(rng), recorded_at
        )
    return run_id


def _targets(rng: random.Random, kind: str) -> list[TargetForecastRow]:
    """Numbers with all their digits, in no order that anyone would want."""
    made = []
    for target in TARGETS:
        for days, deadline in WINDOWS:
            base, documents, history = (None if kind == "provisional" else rng.random() for _ in range(3))
            q05, q25, q50, q75, q95 = sorted(rng.random() for _ in range(5))
            made.append(
                TargetForecastRow(
                    target=target,
                    horizon_days=days,
                    deadline=deadline,
                    mean=rng.random(),
                    mcse=rng.random() / 1e7,
                    q05=q05,
                    q25=q25,
                    q50=q50,
                    q75=q75,
                    q95=q95,
                    base_rate=base,
                    documents_only=documents,
                    history_only=history,
                )
            )
    rng.shuffle(made)
    return made


def _scenarios(rng: random.Random) -> list[ScenarioForecastRow]:
    return [ScenarioForecastRow(scenario, *window, rng.random()) for scenario in SCENARIOS for window in WINDOWS]


def _effects(rng: random.Random) -> list[EffectRow]:
    names = ("harvest", "press_tone")
    sources = ("posterior", "orientation", "documents", "history")
    return [
        EffectRow(target, name, source, rng.gauss(0.0, 1.0), rng.random())
        for target in ("deal", "arms_control_talks")
        for name in names
        for source in sources
    ]


_APPENDS: dict[Any, Any] = {
    EventRow: append_events,
    JudgementRow: append_judgements,
    DocumentRow: append_documents,
    CompletenessRow: append_completeness,
}
_TAKEN_BACK: dict[str, Any] = {"retracted": True, "reason": "no"}
_LATER: dict[Any, dict[str, Any]] = {
    EventRow: _TAKEN_BACK,
    JudgementRow: _TAKEN_BACK,
    DocumentRow: _TAKEN_BACK,
    CompletenessRow: {"note": "looked again"},
}
