"""What a run says, read back from the store: one payload for table, JSON and later faces."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from db.kinds import FULL_KINDS
from db.posteriors import Posteriors
from db.read import read_case, read_catalogue
from db.read_runs import (
    last_published,
    read_effects,
    read_run,
    read_run_names,
    read_runs,
    read_scenarios,
    read_states,
    read_targets,
)
from db.rows import CaseRow
from db.run_rows import IndicatorStateRow, NewRun, RunRow, ScenarioForecastRow, TargetForecastRow
from db.when import When
from db.zone import read_zone
from forecast.engine.standing import find_standing
from forecast.errors import NoForecast, NoPosterior, NotEnough
from forecast.evaluation.quality import read_quality
from forecast.evaluation.track import read_track_record, unattested
from forecast.facts.causes import of_headline
from forecast.facts.news import News
from forecast.facts.quality import Quality
from forecast.facts.summary import NO_NEWS, Lacking, SinceWeek, Standing, Summary
from forecast.facts.track import TrackRecord, Unscored
from forecast.facts.untaught import read_untaught
from forecast.record.moment import moment_of
from forecast.record.news import read_news, read_week
from forecast.record.reasons import read_reasons
from forecast.record.taught import read_taught, taught_json
from forecast.record.translated import in_language
from forecast.run_facts import (
    assumed_of,
    diagnostics_of,
    failures_of,
    is_stale,
    looked_through,
    read_when,
    untaught_of,
)
from forecast.structures import change_as_json, change_of, structure_of
from forecast.why.found import find_stored
from forecast.why.pairs import WEEK_DAYS
from forecast.why.payload import causes_json
from forecast.words.language import ENGLISH, Language

if TYPE_CHECKING:
    from forecast.engine.answers import Provisional


def read_summary(
    connection: Connection,
    today: date,
    *,
    run_id: int | None = None,
    as_of: date | None = None,
    case_id: str | None = None,
    posteriors: Posteriors | None = None,
    owed: date | None = None,
) -> Summary:
    """The run asked for: by id, by as-of date, or the last published one, and then what came since.

    Parameters
    ----------
    posteriors : where they lie; with it the forecast that takes in what came since is made where none is stored
    owed : as of which day the last forecast should be by now; None where that is not to be judged

    Raises
    ------
    NoForecast
        if no run answers to what was asked; then the message says what to run
    db.errors.StoreError
        if there is no run of that number
    """
    case = read_case(connection, case_id)
    run = read_run(connection, run_id) if run_id is not None else _newest(connection, case, as_of, today)
    source = (
        run
        if run.status == "published"
        else last_published(connection, case.case_id, as_of=run.as_of, kinds=FULL_KINDS)
    )
    current = run_id is None and as_of is None
    since, standing, lacking = (
        _read_standing(connection, source, today, posteriors) if current and source else (NO_NEWS, None, None)
    )
    targets = read_targets(connection, source.id) if source else ()
    states = read_states(connection, source.id) if source else ()
    catalogue = read_catalogue(connection, case)
    shown = standing.targets if standing else targets
    moment = moment_of(standing.run if standing else source, shown, case.headline)
    return Summary(
        case_name=case.name,
        headline=case.headline,
        run=run,
        forecast_of=source,
        newer=_later_attempt(connection, run, as_of) if run_id is None else None,
        age_days=max((today - source.as_of).days, 0) if current and source else None,
        targets=targets,
        scenarios=read_scenarios(connection, source.id) if source else (),
        states=states,
        catalogue=catalogue,
        quality=read_quality(connection, case_id=case.case_id, moment=moment),
        track=read_track(connection, today, case.case_id),
        owed=owed if current else None,
        names=read_run_names(connection, [run.id]).get(run.id, ()),
        zone=str(read_zone(connection)),
        week=read_week(connection, case.case_id, today),
        since=since,
        standing=standing,
        lacking=lacking,
        effects=read_taught(read_effects(connection, source.id)) if source else (),
        reasons=read_reasons(
            connection,
            case,
            source,
            when=When(as_of=today) if standing else read_when(source) if source else None,
            targets=shown,
            states=standing.states if standing else states,
            catalogue=catalogue,
        ),
        why=_read_moved(connection, source) if source else None,
    )


def _read_moved(connection: Connection, run: RunRow) -> SinceWeek | None:
    """What moved the headline since the forecast of a week before, as far as that is on file."""
    day = run.as_of - timedelta(days=WEEK_DAYS)
    before = last_published(connection, run.case_id, as_of=day, kinds=FULL_KINDS)
    if before is None or run.kind not in FULL_KINDS:
        return None
    found = find_stored(connection, before, run)
    return SinceWeek(before, of_headline(found) if found else None)


def _read_standing(
    connection: Connection, source: RunRow, today: date, posteriors: Posteriors | None
) -> tuple[News, Standing | None, Lacking | None]:
    """What came after the run had read, the forecast that takes it in, and that there is none."""
    since = read_news(connection, source.case_id, read_when(source), When(as_of=today))
    if not since:
        return since, None, None
    found = find_standing(connection, source, today)
    if found is not None:
        return since, _stored(connection, found) if found != source else None, None
    if posteriors is None:
        return since, None, Lacking()
    # with the mathematics it takes half a second more, and hardly ever is there something that no forecast takes in
    from forecast.engine.refresh import project_standing

    try:
        made = project_standing(connection, posteriors, source.case_id, today)
    except (NoPosterior, NotEnough) as error:
        return since, None, Lacking(str(error))
    return since, _made(made), None


def _stored(connection: Connection, run: RunRow) -> Standing:
    return Standing(
        run_id=run.id,
        run=run,
        issued_at=run.issued_at,
        targets=read_targets(connection, run.id),
        scenarios=read_scenarios(connection, run.id),
        states=read_states(connection, run.id),
        untaught=read_untaught(untaught_of(run)),
    )


def _made(forecast: "Provisional") -> Standing:
    return Standing(
        run_id=None,
        run=forecast.run,
        issued_at=None,
        targets=tuple(sorted(forecast.targets, key=_by_reach)),
        scenarios=forecast.scenarios,
        states=forecast.states,
        untaught=read_untaught(forecast.untaught),
    )


def _by_reach(row: TargetForecastRow) -> tuple[str, bool, int, date]:
    return row.target, row.deadline is not None, row.horizon_days or 0, row.deadline or date.min


def read_track(connection: Connection, today: date, case_id: str) -> TrackRecord | Unscored:
    """The track record, or that live forecasts cannot be scored."""
    when = When(as_of=today)
    try:
        return read_track_record(connection, when, case_id=case_id)
    except NotEnough as error:  # a score that cannot be made must not cost the forecast
        return Unscored(as_of=today, types=unattested(connection, case_id, when), why=str(error))


def _newest(connection: Connection, case: CaseRow, as_of: date | None, today: date) -> RunRow:
    """The newest published run (of a date); where none was published, the newest attempt."""
    for statuses in (("published",), None):
        for until in (today, None):  # a run of a day that lies ahead was made by a wrong clock, and does not stand
            found = read_runs(
                connection, case.case_id, kinds=FULL_KINDS, statuses=statuses, as_of=as_of, until=until, limit=1
            )
            if found:
                return found[0]
    if as_of is None:
        raise NoForecast("nothing has been published yet; run `parley update`")
    before = last_published(connection, case.case_id, as_of=as_of, kinds=FULL_KINDS)
    if as_of > today:
        raise NoForecast(f"{as_of} lies ahead; the latest date a forecast can be of is today, {today}")
    last = f"; the last before it is run {before.id}, as of {before.as_of}" if before else ""
    raise NoForecast(f"no run as of {as_of}{last}; run `parley update --as-of {as_of}`")


def _later_attempt(connection: Connection, run: RunRow, as_of: date | None) -> RunRow | None:
    """The newest attempt, when it is not the run itself: runs come by as-of date, then by number."""
    newest = read_runs(connection, run.case_id, kinds=FULL_KINDS, as_of=as_of, limit=1)[0]
    return newest if newest.id != run.id else None


def stale_days(row: IndicatorStateRow, summary: Summary) -> int | None:
    """Days from the last observation to the forecast's as-of date; None where nothing was ever observed."""
    if row.last_observed_on is None or summary.forecast_of is None:
        return None
    return (summary.forecast_of.as_of - row.last_observed_on).days


def cadence_of(row: IndicatorStateRow, summary: Summary) -> float:
    """Expected days between observations; endless for an indicator the catalogue no longer holds."""
    found = (entry.expected_cadence_days for entry in summary.catalogue if entry.indicator_id == row.indicator_id)
    return next(found, float("inf"))


def as_json(summary: Summary, language: Language = ENGLISH) -> dict[str, Any]:
    """The names other programs use: add, never rename. Sentences are in the language, all else is as it is stored."""
    told = in_language(summary, language)
    return {
        "run": _run(summary.run) | {"names": list(summary.names)},
        "case": summary.case_name,
        "headline": summary.headline,
        "situation": _situation(summary.forecast_of or summary.run)
        | {"looked_through": looked_through(summary.forecast_of or summary.run)},
        "by_other_model": by_model(summary, language) or None,
        "forecast_run_id": _source_id(summary),
        "forecast_as_of": summary.forecast_of.as_of if summary.forecast_of else None,
        "stale": {
            "age_days": summary.age_days,
            "newer_run": _attempt(summary.newer) if summary.newer else None,
            "overdue": summary.overdue,
            "owed_as_of": summary.owed,
        },
        "time_zone": summary.zone,
        "since": {
            "events": [asdict(one) for one in summary.since.events],
            "attestations": [asdict(one) for one in summary.since.attestations],
            "observations": [asdict(one) for one in summary.since.observations],
            "documents": [asdict(one) for one in summary.since.documents],
            "judgements": [asdict(one) for one in summary.since.judgements],
            "indicators": [asdict(one) for one in summary.since.indicators],
            "taken_in": not summary.since or (summary.standing is not None and not _left(summary)),
            "needs_full_update": _left(summary),
            "lacking": _lacking(summary, language),
        },
        "week": asdict(summary.week),
        "why": _why(told, language),
        "provisional": _provisional_json(summary),
        "judgement": language.leaning.judgement_sentence(summary),
        "assumptions": assumed_of(summary.forecast_of) if summary.forecast_of else [],
        "quality": _quality(summary.quality, language),
        "alike": asdict(summary.quality.alike) if summary.quality.alike else None,
        "track_record": language.quality.track_sentence(summary.track),
        "siblings": {
            "sentence": language.reasons.siblings_sentence(summary.siblings, summary.headline) or None,
            "pairs": [asdict(one) for one in summary.siblings],
        },
        "reasons": [
            asdict(one) | {"sentence": language.reasons.reason_sentence(said)}
            for one, said in zip(summary.reasons, told.reasons, strict=True)
        ],
        "targets": [_with_reach(row) | {"run_id": _source_id(summary)} for row in summary.targets],
        "scenarios": _scenarios(summary.scenarios),
        "indicators": [_state(row, summary) for row in summary.states],
        "effects": [taught_json(one, language) for one in summary.effects],
    }


def _why(told: Summary, language: Language) -> dict[str, Any] | None:
    """What moved the headline since the run of a week before; None where that is not on file."""
    explained = told.why.explained if told.why else None
    if explained is None:
        return None
    before, after = explained.explanation.before, explained.explanation.after
    return {
        "before_run_id": before.run_id,
        "before_as_of": before.as_of,
        "run_id": after.run_id,
        "target": told.headline,
        "horizon_days": explained.horizon_days,
        "before": explained.before,
        "after": explained.after,
        "causes": causes_json(explained.explanation, explained.target, explained.reach, language),
        "sentence": language.show.moved(told),
    }


def _run(run: RunRow) -> dict[str, Any]:
    return {
        "id": run.id,
        "case": run.case_id,
        "as_of": run.as_of,
        "kind": run.kind,
        "status": run.status,
        "issued_at": run.issued_at,
        "seed": run.seed,
        "inputs_hash": run.inputs_hash,
        "case_hash": run.case_hash,
        "code_version": run.code_version,
        "posterior_hash": run.posterior_hash,
        "thinned_hash": run.thinned_hash,
        "thinned": {"at": run.thinned_at, "rule": run.thinned_by} if run.thinned_hash else None,
        "diagnostics": diagnostics_of(run),
        "failures": list(failures_of(run)),
        "structure": structure_of(run),
        "model_change": change_as_json(change) if (change := change_of(run.detail)) else None,
    }


def _situation(run: NewRun) -> dict[str, Any]:
    """Where the case stood for the forecast that is shown."""
    return {
        "as_of": run.as_of,
        "dry": run.dry,
        "days_since_talks": run.days_since_talks,
        "complete_through": run.complete_through,
        "p_dry_now": run.p_dry_now,
    }


def _provisional_json(summary: Summary) -> dict[str, Any] | None:
    """The headline, and all of the forecast, with what came since, without a fit."""
    made = summary.standing
    if made is None:
        return None
    return {
        "run_id": made.run_id,
        "as_of": made.as_of,
        "situation": _situation(made.run),
        "issued_at": made.issued_at,
        "targets": [_with_reach(row) for row in summary.shown_headline()],
        "all_targets": [_with_reach(row) for row in made.targets],
        "scenarios": _scenarios(made.scenarios),
    }


def _attempt(run: RunRow) -> dict[str, Any]:
    return {"id": run.id, "as_of": run.as_of, "status": run.status, "failures": list(failures_of(run))}


def _state(row: IndicatorStateRow, summary: Summary) -> dict[str, Any]:
    days = stale_days(row, summary)
    return {
        "id": row.indicator_id,
        "mean": row.mean,
        "sd": row.sd,
        "active": row.active,
        "last_observed_on": row.last_observed_on,
        "stale_days": days,
        "stale": is_stale(days, cadence_of(row, summary)),
    }


def by_model(summary: Summary, language: Language = ENGLISH) -> str:
    """That the forecast is by another model than the present one; "" where it is by that."""
    return language.model.other_model_sentence(structure_of(summary.forecast_of)) if summary.forecast_of else ""


def _left(summary: Summary) -> bool:
    """Whether only a full update takes in all that came since."""
    return bool(summary.since.to_learn or summary.untaught)


def _lacking(summary: Summary, language: Language) -> str:
    """Why not all that came since is taken in; "" where it is."""
    if summary.lacking:
        return language.show.lacking_words(summary.lacking)
    return language.news.untaught_words(summary.untaught) if summary.untaught else ""


def _quality(quality: Quality, language: Language) -> dict[str, Any]:
    return {
        "sentence": language.quality.quality_sentence(quality),
        "model_version": quality.model_version,
        "structure": quality.structure,
        "as_of": quality.as_of,
        "note": language.quality.quality_note(quality) or None,
    }


def _source_id(summary: Summary) -> int | None:
    return summary.forecast_of.id if summary.forecast_of else None


def _with_reach(row: TargetForecastRow) -> dict[str, Any]:
    values = asdict(row)
    del values["deadline" if row.deadline is None else "horizon_days"]
    return values


def _scenarios(rows: tuple[ScenarioForecastRow, ...]) -> list[dict[str, Any]]:
    """One entry per window, scenarios S0…S5 within."""
    out: dict[tuple[int | None, date | None], dict[str, float]] = {}
    for row in rows:
        out.setdefault((row.horizon_days, row.deadline), {})[row.scenario] = row.probability
    return [
        ({"horizon_days": days} if deadline is None else {"deadline": deadline}) | {"probabilities": probabilities}
        for (days, deadline), probabilities in out.items()
    ]
