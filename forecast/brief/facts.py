"""Everything a brief says, before it is said in any language."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from db.kinds import FULL_KINDS
from db.posteriors import Posteriors
from db.read import read_case, read_deadline_rows
from db.read_runs import read_run, read_standing
from db.rows import CaseRow
from db.run_rows import NewRun, RunRow, TargetForecastRow
from db.when import When
from forecast.brief.causes import read_why
from forecast.brief.changes import check_full, choose_since, read_changes
from forecast.brief.levels import levels_of, read_attested, read_cited, read_differing, read_sources, read_watched
from forecast.brief.tested import read_tested
from forecast.errors import NoForecast
from forecast.evaluation.figures import bound_as_json
from forecast.facts.bands import Grounds, band_of
from forecast.facts.brief import Brief, Figures
from forecast.facts.changes import Changes, Now
from forecast.facts.levels import Differing, Level, Watched
from forecast.facts.news import ObservationNews
from forecast.facts.quality import Tested
from forecast.facts.summary import Summary
from forecast.facts.track import TrackRecord
from forecast.plots.chosen import Span
from forecast.plots.history import read_history
from forecast.plots.horizons import read_horizons
from forecast.plots.scenarios import read_scenarios_shown
from forecast.record.moment import moment_of
from forecast.record.summary import as_json as summary_json
from forecast.record.summary import read_summary
from forecast.record.translated import sourced, week_sourced
from forecast.run_facts import read_instant, read_when
from forecast.structures import change_as_json
from forecast.why.payload import as_json as why_json
from forecast.why.told import in_language as explained_in
from forecast.words.english import plots as english
from forecast.words.names import TARGET_NAMES
from indicators.languages import standing_names
from indicators.names import Names, source_name

HISTORY_DAYS = 3 * 365
"""Days of as-of dates in the plots of a history."""


def read_brief(
    connection: Connection,
    posteriors: Posteriors,
    today: date,
    *,
    run_id: int | None = None,
    since: date | int | None = None,
    case_id: str | None = None,
    owed: date | None = None,
) -> Brief:
    """Everything a brief of a run says (None: the last published full one).

    Parameters
    ----------
    posteriors : where the arrays of backtests lie
    today : on which it is written; the track record is of that day
    since : a date or the number of a run to compare with; None for the run of the last brief
    owed : as of which day the last forecast should be by now; None where that is not to be judged

    Raises
    ------
    NoForecast
        if there is no published full run, or none before it where `since` asks for one
    db.errors.StoreError
        if there is no such case or run
    """
    case = read_case(connection, case_id)
    run = _run(connection, case, run_id, today)
    newest = _run(connection, case, None, today)
    asked = None if run.id == newest.id else run.id
    summary = read_summary(connection, today, run_id=asked, case_id=case.case_id, posteriors=posteriors, owed=owed)
    shown = summary.shown
    headline = _longest(summary, summary.shown_headline())
    deadlines = [row for row in summary.shown_headline() if row.deadline]
    when = When(as_of=shown.as_of) if summary.standing else read_when(run)
    names = {row.indicator_id: row.name for row in summary.catalogue}
    levels = levels_of(shown.states, summary.catalogue, shown.as_of)
    moment = moment_of(shown.run, shown.targets, case.headline)
    tested = read_tested(connection, posteriors, today, case, moment)
    base = choose_since(connection, run, since, shown.run_id)
    changes = read_changes(connection, run, base, _now(summary, when), names)
    return Brief(
        case=case,
        written_on=today,
        read_at=read_instant(run),
        summary=summary,
        headline=headline,
        by_deadline=deadlines[0] if deadlines else None,
        deadline_meaning=_meaning(connection, case, deadlines[0].deadline if deadlines else None),
        grounds=_grounds(headline, shown.run, levels, tested),
        changes=replace(changes, why=read_why(connection, posteriors, base, run)),
        levels=levels,
        attested=read_attested(connection, run.case_id, when),
        watched=read_watched(connection, run, levels, summary.catalogue, headline),
        track=summary.track if isinstance(summary.track, TrackRecord) else None,
        tested=tested,
        documents=read_cited(connection, run.case_id, when),
        sources=read_sources(connection, run.case_id, when, summary.catalogue),
        differing=read_differing(connection, run.case_id, when if asked else When(as_of=today), summary.catalogue),
        figures=_figures(connection, posteriors, case, run, shown.run_id or run.id),
        later=newest if asked else None,
    )


def _run(connection: Connection, case: CaseRow, run_id: int | None, today: date) -> RunRow:
    if run_id is not None:
        return check_full(read_run(connection, run_id), case.case_id)
    run = read_standing(connection, case.case_id, today)
    if run is None:
        raise NoForecast("nothing has been published yet; run `parley update`")
    return run


def _now(summary: Summary, when: When) -> Now:
    return Now(headline=summary.shown_headline(), states=summary.shown.states, when=when)


def _longest(summary: Summary, rows: Sequence[TargetForecastRow]) -> TargetForecastRow:
    rolling = [row for row in rows if row.horizon_days is not None]
    if not rolling:
        raise NoForecast(f"run {summary.run.id} holds no forecast of its headline; run `parley verify`")
    return max(rolling, key=lambda row: row.horizon_days or 0)


def _meaning(connection: Connection, case: CaseRow, deadline: date | None) -> str:
    return next((row.meaning for row in read_deadline_rows(connection, case) if row.deadline == deadline), "")


def _grounds(headline: TargetForecastRow, run: NewRun, levels: tuple[Level, ...], tested: Tested | None) -> Grounds:
    """How much rests on the documents only a full run says, and of its own number alone."""
    history = headline.history_only
    active = [level for level in levels if level.active]
    return Grounds(
        width=headline.q95 - headline.q05,
        history_only=history,
        moved=None if history is None or headline.mean == 0 else abs(headline.mean - history) / headline.mean,
        unattested_days=(run.as_of - min(run.complete_through, run.as_of)).days,
        stale=sum(level.stale for level in active),
        indicators=len(active),
        missed=len(tested.missed) if tested else 0,
        bounds=len(tested.measured) if tested else 0,
    )


def _figures(connection: Connection, posteriors: Posteriors, case: CaseRow, run: RunRow, shown: int) -> Figures:
    """The histories are of full runs up to this one, over the last years; the other pictures of the run `shown`."""
    first = run.as_of - timedelta(days=HISTORY_DAYS)
    span = Span(first, run.as_of, FULL_KINDS, When(as_of=run.as_of))
    return Figures(
        read_history(connection, case.case_id, span, posteriors=posteriors),
        read_horizons(connection, case.case_id, run_id=shown),
        read_scenarios_shown(connection, case.case_id, span, run_id=shown),
    )


def names_of(brief: Brief, language: str) -> Names:
    """What the case's texts are called in a language, where they still are those that were translated."""
    return standing_names(brief.summary.catalogue, brief.case.case_id, language)


def in_language(brief: Brief, names: Names) -> Brief:
    """The same with the case's names in another language; what has none there keeps its own."""

    def named(kind: str, id_: str, own: str) -> str:
        return names.get((kind, id_), own)

    def of_indicator(one: Any) -> Any:
        return replace(one, name=named("indicator", one.indicator_id, one.name))

    own = {row.indicator_id: row.name for row in brief.summary.catalogue}

    def of_news(one: ObservationNews) -> ObservationNews:
        return replace(one, indicator=named("indicator", one.indicator, own.get(one.indicator, one.indicator)))

    deadline = str(brief.by_deadline.deadline) if brief.by_deadline else ""
    return replace(
        brief,
        summary=replace(
            brief.summary,
            case_name=named("case", brief.case.case_id, brief.summary.case_name),
            reasons=tuple(replace(one, weights=tuple(map(of_indicator, one.weights))) for one in brief.summary.reasons),
            since=sourced(
                replace(brief.summary.since, observations=tuple(map(of_news, brief.summary.since.observations))), names
            ),
            week=week_sourced(brief.summary.week, names),
        ),
        deadline_meaning=named("deadline", deadline, brief.deadline_meaning),
        changes=replace(
            brief.changes,
            moves=tuple(map(of_indicator, brief.changes.moves)),
            why=explained_in(brief.changes.why, names),
        ),
        levels=tuple(map(of_indicator, brief.levels)),
        watched=tuple(_watched_in(of_indicator(one), names) for one in brief.watched),
        documents=tuple(
            replace(
                one,
                author=named("author", one.document_id, one.author),
                title=named("title", one.document_id, one.title),
            )
            for one in brief.documents
        ),
        sources=tuple(replace(of_indicator(one), publisher=source_name(names, one.publisher)) for one in brief.sources),
        differing=tuple(_differing_in(of_indicator(one), names) for one in brief.differing),
        definitions={
            target: names["definition", target]
            for target in dict.fromkeys((brief.case.headline, *TARGET_NAMES))
            if ("definition", target) in names
        },
    )


def _differing_in(one: Differing, names: Names) -> Differing:
    codings = (replace(each, source_publisher=source_name(names, each.source_publisher)) for each in one.codings)
    return replace(one, codings=tuple(codings))


def _watched_in(one: Watched, names: Names) -> Watched:
    return replace(
        one,
        question=names.get(("question", one.indicator_id), one.question),
        favours=names.get(("level", f"{one.indicator_id}:+2"), one.favours),
        hinders=names.get(("level", f"{one.indicator_id}:-2"), one.hinders),
    )


def as_json(brief: Brief) -> dict[str, Any]:
    """The names other programs use: add, never rename. What `parley show --json` says of the run comes first."""
    figures = brief.figures
    return summary_json(brief.summary) | {
        "written_on": brief.written_on,
        "later_run_id": brief.later.id if brief.later else None,
        "read_at": brief.read_at,
        "likelihood": [_likelihood(row) for row in (brief.headline, brief.by_deadline) if row],
        "confidence": {
            "level": brief.grounds.confidence,
            "against": brief.grounds.against(),
            "grounds": asdict(brief.grounds),
        },
        "deadline_meaning": brief.deadline_meaning,
        "changes": _changes(brief.changes),
        "levels": [asdict(one) for one in brief.levels],
        "attested": [asdict(one) for one in brief.attested],
        "watched": [asdict(one) for one in brief.watched],
        "track": asdict(brief.track.counts) if brief.track else None,
        "tested": _backtest(brief.tested) if brief.tested else None,
        "documents": [asdict(one) for one in brief.documents],
        "sources": [asdict(one) for one in brief.sources],
        "disagreements": [asdict(one) for one in brief.differing],
        "figures": {
            name: {"caption": caption}
            for name, caption in (
                ("history", english.history_caption(figures.history)),
                ("horizons", english.horizons_caption(figures.horizons)),
                ("scenarios", english.scenarios_caption(figures.scenarios)),
            )
        },
    }


def _likelihood(row: TargetForecastRow) -> dict[str, Any]:
    reach = {"deadline": row.deadline} if row.deadline else {"horizon_days": row.horizon_days}
    return reach | {"term": band_of(row.mean), "mean": row.mean, "q05": row.q05, "q95": row.q95}


def _changes(changes: Changes) -> Mapping[str, Any]:
    since, run = changes.since, changes.since.run
    values = asdict(replace(changes, since=replace(since, run=None), why=None))
    values["since"] = {
        "reason": since.reason,
        "run_id": run.id if run else None,
        "as_of": run.as_of if run else None,
        "report_id": since.report_id,
    }
    values["steps"] = [asdict(step) | {"change": step.change} for step in changes.steps]
    values["model"] = change_as_json(changes.model) if changes.model else None
    why = changes.why
    values["why"] = why_json(why.explanation, why.target, why.reach) if why else None
    values["moves"] = [asdict(move) | {"change": move.change} for move in changes.moves]
    return values


def _backtest(tested: Tested) -> dict[str, Any]:
    counts = {"missed": len(tested.missed), "measured": len(tested.measured)}
    bounds = [bound_as_json(bound) for bound in tested.bounds]
    return asdict(tested) | {"bounds": bounds, "verdict": tested.verdict, **counts}
