"""Laws of a whole forecast: nothing known later moves it, and a better observation never looks worse."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from problems import LOADED, SHIPPED, Solved, forecast, observation, project_with, read_as_of, stored
from toy_case import write_toy_case

from db.append import (
    append_completeness,
    append_documents,
    append_events,
    append_judgements,
    append_observations,
)
from db.engine import Database
from db.read import read_newest
from db.rows import (
    CompletenessRow,
    DocumentRow,
    EventRow,
    JudgementRow,
    NewCompleteness,
    NewDocument,
    NewEvent,
    NewJudgement,
    NewObservation,
    ObservationRow,
)
from forecast.engine.assemble import Rows, assemble, inputs_hash
from indicators.content import EVENT_TYPES, CaseFolder
from indicators.evidence import form_evidence
from indicators.folder import read_case_folder
from indicators.shipped import shipped_case
from models.baselines import base_rate
from models.exposure import build_exposure
from models.laplace import build_density, fit_laplace
from models.parameters import Parameters
from models.sampling import sample
from models.settings import SamplerSettings
from models.spec import SCENARIOS, TARGETS, Floats, Horizon, Problem

D = date(2016, 7, 15)
HEADLINE = TARGETS.index("arms_control_talks")
SHORT = (Horizon(30), Horizon(180))


@pytest.fixture(scope="module")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> CaseFolder:
    return read_case_folder(write_toy_case(tmp_path_factory.mktemp("toy") / "case"))


@pytest.fixture
def toy_database(toy_folder: CaseFolder, tmp_path: Path) -> Iterator[Database]:
    with stored(toy_folder, tmp_path) as database:
        yield database


def _known_by(folder: CaseFolder, day: date) -> CaseFolder:
    """The folder without anything that was known after ``day``."""
    documents = tuple(row for row in folder.documents if row.published_on <= day)
    names = {row.document_id for row in documents}
    return replace(
        folder,
        documents=documents,
        judgements=tuple(row for row in folder.judgements if row.document_id in names),
        observations=tuple(row for row in folder.observations if row.known_on <= day),
        events=tuple(row for row in folder.events if row.known_on <= day),
        completeness=tuple(
            replace(row, complete_through=min(row.complete_through, day)) for row in folder.completeness
        ),
    )


def _laplace_forecast(problem: Problem) -> bytes:
    """Every number of a small forecast."""
    fit = fit_laplace(build_density(problem, SHIPPED))
    out = forecast(problem, fit, draws=60)
    return b"".join(a.tobytes() for a in (out.targets, out.scenarios, out.p_dry, base_rate(problem)))


def _add_later_rows(database: Database, seed: int) -> None:
    """New rows, revisions and retractions of every kind, all known after `D`; many speak of the time before it."""
    rng = np.random.default_rng(seed)
    with database.read() as connection:
        newest = {
            kind: read_newest(connection, kind, "toy")
            for kind in (DocumentRow, JudgementRow, ObservationRow, EventRow, CompletenessRow)
        }

    def later() -> date:
        return D + timedelta(days=int(rng.integers(1, 400)))

    def corrected(rows, change):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        """A third revised, a third withdrawn; every correction is known after `D` and after what it corrects."""
        for row, lot in zip(rows, rng.random(len(rows)), strict=True):
            known = max(later(), row.known_on or date.min)
            if lot < 1 / 3:
                yield replace(row, supersedes=row.id, known_on=known, retracted=True, reason="never happened")
            elif lot < 2 / 3:
                yield replace(row, supersedes=row.id, known_on=known, **change(row))

    def any_level(row: ObservationRow) -> dict[str, object]:
        return {"level": float(rng.integers(-2, 3)), "reliability": "A", "credibility": 1}

    def other_start(row: EventRow) -> dict[str, object]:
        return {"started_on": row.started_on - timedelta(days=int(rng.integers(1, 60)))}

    def other_reach(row: CompletenessRow) -> dict[str, object]:
        return {"complete_through": D - timedelta(days=int(rng.integers(10, 900)))}

    with database.write() as connection:
        append_documents(connection, _new_documents(later()), LOADED)
        append_judgements(connection, _new_judgements(rng), LOADED)
        append_judgements(
            connection,
            list(corrected(newest[JudgementRow], lambda row: {"weight": float(rng.integers(-3, 4))})),
            LOADED,
        )
        append_documents(connection, list(corrected(newest[DocumentRow], lambda row: {"title": "Another"})), LOADED)
        append_observations(connection, [_new_observation(rng, later()) for _ in range(30)], LOADED)
        append_observations(connection, list(corrected(newest[ObservationRow], any_level)), LOADED)
        append_events(connection, [_new_event(rng, later(), i) for i in range(12)], LOADED)
        append_events(connection, list(corrected(newest[EventRow], other_start)), LOADED)
        append_completeness(connection, list(corrected(newest[CompletenessRow], other_reach)), LOADED)
        append_completeness(connection, [_new_attestation(kind, later()) for kind in EVENT_TYPES], LOADED)


def _new_documents(known: date) -> list[NewDocument]:
    return [
        NewDocument(
            case_id="toy",
            document_id="late",
            author="L. Late",
            title="Too late",
            publisher="Review",
            published_on=known,
            information_cutoff=None,
            language="en",
            directness="high",
            caveats="",
        )
    ]


def _new_judgements(rng: np.random.Generator) -> list[NewJudgement]:
    pairs = (("press_tone", "contact"), ("border_posture", "arms_control_talks"), ("harvest", "deal"))
    return [
        NewJudgement(
            case_id="toy",
            document_id="late",
            indicator_id=i,
            target=t,
            weight=float(rng.integers(-3, 4)),
            basis="explicit",
            location="",
            note="",
        )
        for i, t in pairs
    ]


def _new_observation(rng: np.random.Generator, known: date) -> NewObservation:
    observed = known - timedelta(days=int(rng.integers(0, 1500)))
    indicator = str(rng.choice(["press_tone", "border_posture", "harvest"]))
    origin = f"{observed.year}-observers-report" if rng.random() < 0.3 else ""
    level = float(rng.integers(-2, 3))
    title = f"late {rng.integers(10**9)}"
    return NewObservation(
        case_id="toy",
        indicator_id=indicator,
        observed_on=observed,
        known_on=known,
        level=level,
        source_title=title,
        source_publisher="Gazette",
        source_url="",
        origin=origin,
        reliability="A",
        credibility=1,
        analyst="me",
        note="",
    )


def _new_event(rng: np.random.Generator, known: date, number: int) -> NewEvent:
    start = known - timedelta(days=int(rng.integers(0, 1500)))
    kind = ("talks", "contact", "deal", "crisis")[number % 4]
    framing = ("arms_control", "denuclearisation")[int(rng.integers(2))] if kind in ("talks", "deal") else "none"
    return NewEvent(
        case_id="toy",
        event_id=f"late-{number}",
        type=kind,
        framing=framing,
        started_on=start,
        ended_on=start,
        known_on=known,
        date_precision="day",
        level="envoy",
        format="bilateral",
        venue="Strelsau",
        note="",
        source="Gazette",
        confidence="high",
    )


def _new_attestation(kind: str, known: date) -> NewCompleteness:
    return NewCompleteness(
        case_id="toy",
        type=kind,
        complete_from=date(2009, 1, 1),
        complete_through=date(2030, 1, 1),
        known_on=known,
        attested_by="me",
        note="",
    )


def test_deleting_what_was_known_later_changes_no_bit(
    toy_folder: CaseFolder, toy_database: Database, tmp_path: Path
) -> None:
    _, _, whole = read_as_of(toy_database, D)
    with stored(_known_by(toy_folder, D), tmp_path / "trimmed") as database:
        _, _, trimmed = read_as_of(database, D)
    assert inputs_hash(trimmed) == inputs_hash(whole)
    assert _laplace_forecast(trimmed) == _laplace_forecast(whole)


@pytest.mark.parametrize("seed", range(3))
def test_rows_known_later_change_no_bit(toy_database: Database, seed: int) -> None:
    _, _, before = read_as_of(toy_database, D)
    _add_later_rows(toy_database, seed)
    _, _, after = read_as_of(toy_database, D)
    assert inputs_hash(after) == inputs_hash(before)
    assert _laplace_forecast(after) == _laplace_forecast(before)
    _, _, latest = read_as_of(toy_database, D + timedelta(days=500))
    assert inputs_hash(latest) != inputs_hash(replace(before, as_of=latest.as_of))


def test_a_small_fit_as_of_a_date_does_not_see_later_rows(toy_database: Database) -> None:
    settings = SamplerSettings(chains=2, draws=50, tune=100)

    def sampled() -> dict[str, bytes]:
        _, _, problem = read_as_of(toy_database, D)
        tree = sample(problem, build_density(problem, SHIPPED), settings, seed=3)
        return {name: values.values.tobytes() for name, values in tree["posterior"].data_vars.items()}

    before = sampled()
    _add_later_rows(toy_database, 7)
    assert sampled() == before


@pytest.mark.parametrize("as_of", [date(2003, 6, 1), date(2012, 3, 1), date(2026, 3, 31)])
def test_the_shipped_case_as_of_a_date_does_not_know_what_came_later(as_of: date, tmp_path: Path) -> None:
    folder = read_case_folder(shipped_case())
    with stored(folder, tmp_path / "whole") as database:
        whole = read_as_of(database, as_of)[2]
    with stored(_known_by(folder, as_of), tmp_path / "trimmed") as database:
        assert inputs_hash(read_as_of(database, as_of)[2]) == inputs_hash(whole)


def _headline(solved: Solved, draws: Parameters, *added: tuple[str, float, str]) -> Floats:
    """Mean headline per horizon after adding observations (indicator, level, title) of one origin today."""
    rows: Rows = solved.rows
    new = tuple(observation(rows, indicator, level, title=title) for indicator, level, title in added)
    rows = replace(rows, observations=rows.observations + new)
    problem = assemble(rows, form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events))
    problem = replace(problem, horizons=solved.problem.horizons)
    fit = replace(solved.fit, density=replace(solved.fit.density, exposure=build_exposure(problem)))
    return np.asarray(project_with(problem, fit, draws).targets[:, HEADLINE].mean(axis=0))


def _exceptions(solved: Solved, draws: Parameters) -> list[str]:
    """Where the sanity law does not hold, over all indicators that favour the headline."""
    names = solved.problem.catalogue.names
    now = np.array([solved.problem.as_of])
    expected = solved.fit.density.exposure.filtered.at(now, now.astype(float)).mean[0]
    without, found = _headline(solved, draws), []
    for i in np.flatnonzero(draws.effect[:, 0].mean(axis=0) > 0):
        by_level = {level: _headline(solved, draws, (names[i], level, "New")) for level in range(-2, 3)}
        for level in range(-1, 3):
            if not np.any(by_level[level] > by_level[level - 1]):
                found.append(f"{names[i]}: {level} does not beat {level - 1}")
        for level, values in by_level.items():
            if level >= expected[i] + 1 and not np.any(values > without):
                found.append(f"{names[i]}: {level} is no better than nothing, {expected[i]:.2f} expected")
            if level <= expected[i] - 1 and not np.any(values < without):
                found.append(f"{names[i]}: {level} is no worse than nothing, {expected[i]:.2f} expected")
    return found


def test_a_more_favourable_observation_raises_the_headline(solved_shipped: Solved) -> None:
    """The sanity law, at the shortest of the case's horizons and at half a year."""
    solved = solved_shipped._replace(problem=replace(solved_shipped.problem, horizons=SHORT))
    assert _exceptions(solved, solved.fit.draw(60, seed=2)) == []


@pytest.mark.slow
@pytest.mark.xdist_group("sampled")
def test_the_sanity_law_holds_for_sampled_draws(solved_shipped: Solved, sampled_shipped: Parameters) -> None:
    some = sampled_shipped.take(slice(None, None, 10))
    assert _exceptions(solved_shipped, some) == []


def test_the_same_row_again_changes_nothing(solved_shipped: Solved) -> None:
    solved = solved_shipped._replace(problem=replace(solved_shipped.problem, horizons=SHORT))
    draws = solved.fit.draw(30, seed=2)
    for name in solved.problem.catalogue.names[:3]:
        once = _headline(solved, draws, (name, 1.0, "New"))
        assert _headline(solved, draws, (name, 1.0, "New"), (name, 1.0, "A second paper")).tobytes() == once.tobytes()


def test_a_forecast_is_coherent(solved_shipped: Solved) -> None:
    out = forecast(solved_shipped.problem, solved_shipped.fit, draws=40)
    limits = out.targets[:, TARGETS.index("limits_talks")]
    assert np.all((out.targets >= 0) & (out.targets <= 1))
    assert np.allclose(out.scenarios.sum(axis=1), 1, rtol=0, atol=1e-9)
    order = np.argsort([h.days for h in solved_shipped.problem.horizons])
    assert np.all(np.diff(out.targets[:, :, order], axis=2) >= -1e-12)
    for inner in ("arms_control_talks", "denuclearisation_talks", "deal"):
        assert np.all(out.targets[:, TARGETS.index(inner)] <= limits + 1e-12)
    talks = [SCENARIOS.index(s) for s in ("S2", "S3", "S4")]
    assert np.allclose(out.scenarios[:, talks].sum(axis=1), limits, rtol=0, atol=1e-9)
    quantiles = np.quantile(out.targets, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    assert np.all(np.diff(quantiles, axis=0) >= 0)
