"""Commands that list what is on file: indicators, observations, disagreements, documents, events, runs."""

from datetime import date, datetime
from typing import Annotated

import typer
from sqlalchemy import Connection

from db.kinds import RUN_KINDS, RUN_STATUSES
from db.when import When
from db.zone import Moment, read_zone
from forecast.cli import list_tables
from forecast.cli.console import (
    AsOf,
    AsRecorded,
    Json,
    Language,
    case_id,
    check_choices,
    check_language,
    now,
    opened,
    parse_day,
    print_json,
    whole,
)
from forecast.errors import NoForecast
from forecast.record.catalogue import indicators_json, read_indicator, read_indicator_list, read_run_list
from forecast.record.documents import read_document, read_document_list
from forecast.record.entries import Wanted, read_contradictions, read_event, read_event_list, read_observation_list
from forecast.words.language import LANGUAGES
from indicators.content import EVENT_TYPES

SHOWN_OBSERVATIONS = 50
SHOWN_OF_ONE = 10
"""Observations of one indicator."""

Id = Annotated[str | None, typer.Argument(metavar="ID", help="Show this one in detail.")]
Analysts = Annotated[
    list[str] | None,
    typer.Option(
        "--analyst", metavar="NAME", help="Entered by this analyst (`case`: by the case folder); may be repeated."
    ),
]
Superseded = Annotated[bool, typer.Option("--superseded", help="Include versions that a later one has replaced.")]
Retracted = Annotated[bool, typer.Option("--retracted", help="Include what has been withdrawn, with the reason.")]


def _parse_part(text: str) -> str:
    """A text that is looked for: an empty one is in everything, and was hardly meant."""
    if not text.strip():
        raise typer.BadParameter("is empty; write a part of the source, or leave the option out")
    return text


def indicators(
    id_: Id = None,
    last: Annotated[
        int | None,
        typer.Option(
            parser=whole(0),
            metavar="N",
            help=f"With ID: number of observations to show; 0 for all (default: {SHOWN_OF_ONE}).",
        ),
    ] = None,
    language: Language = "en",
    as_of: AsOf = None,
    as_recorded: AsRecorded = None,
    json_: Json = False,
) -> None:
    """List the indicators and their current levels. With an ID, show its coding rule and latest observations.

    `--language ja` (or `ko`) shows names, questions and criteria in Japanese (or Korean) where the case has them.
    """
    check_language(language)
    if id_ is None and last is not None:
        right = f"write `parley indicators ID --last {last}`, or `parley observations --last {last}`"
        raise typer.BadParameter(f"needs an ID; {right}", param_hint="'--last'")
    limit = SHOWN_OF_ONE if last is None else last or None
    with opened() as database, database.read() as connection:
        when = _when(connection, as_of, as_recorded)
        if id_ is None:
            listed = read_indicator_list(connection, when, case_id=case_id(), language=language)
            print_json(indicators_json(listed, LANGUAGES[language])) if json_ else list_tables.print_indicators(listed)
        else:
            found = read_indicator(connection, when, id_, last=limit, case_id=case_id(), language=language)
            print_json(indicators_json(found, LANGUAGES[language])) if json_ else list_tables.print_indicator(found)


def observations(
    indicators: Annotated[
        list[str] | None, typer.Option("--indicator", metavar="ID", help="Of this indicator only; may be repeated.")
    ] = None,
    analysts: Analysts = None,
    source: Annotated[
        str | None,
        typer.Option(
            parser=_parse_part, metavar="TEXT", help="With this text in the source's title, publisher, URL or origin."
        ),
    ] = None,
    first: Annotated[
        date | None, typer.Option("--from", parser=parse_day, metavar="DATE", help="Observed on this day or later.")
    ] = None,
    until: Annotated[
        date | None, typer.Option("--to", parser=parse_day, metavar="DATE", help="Observed on this day or earlier.")
    ] = None,
    as_of: AsOf = None,
    as_recorded: AsRecorded = None,
    superseded: Superseded = False,
    retracted: Retracted = False,
    last: Annotated[
        int | None,
        typer.Option(
            parser=whole(0),
            metavar="N",
            help=f"Number of rows to show; 0 for all (default: {SHOWN_OBSERVATIONS}; JSON: all).",
        ),
    ] = None,
    json_: Json = False,
) -> None:
    """List the observations, newest first. `parley revise` and `parley retract` take the row numbers shown here."""
    _check_order(first, until)
    wanted = Wanted(
        analysts=tuple(analysts or ()),
        source=source or "",
        first=first,
        last=until,
        superseded=superseded,
        retracted=retracted,
    )
    limit = (None if json_ else SHOWN_OBSERVATIONS) if last is None else last or None
    with opened() as database, database.read() as connection:
        when = _when(connection, as_of, as_recorded)
        listed = read_observation_list(
            connection, when, wanted, indicators=indicators or (), limit=limit, case_id=case_id()
        )
    print_json(listed) if json_ else list_tables.print_observations(listed, ended=superseded or retracted)


def disagreements(
    indicators: Annotated[
        list[str] | None, typer.Option("--indicator", metavar="ID", help="Of this indicator only; may be repeated.")
    ] = None,
    as_of: AsOf = None,
    as_recorded: AsRecorded = None,
    json_: Json = False,
) -> None:
    """List codings that contradict each other. They are of one report or one day and two or more levels apart."""
    with opened() as database, database.read() as connection:
        when = _when(connection, as_of, as_recorded)
        listed = read_contradictions(connection, when, indicators=indicators or (), case_id=case_id())
    print_json(listed) if json_ else list_tables.print_contradictions(listed)


def documents(
    id_: Id = None,
    as_of: AsOf = None,
    as_recorded: AsRecorded = None,
    retracted: Retracted = False,
    json_: Json = False,
) -> None:
    """List the documents and count their judgements. With an ID, show its caveats and each judgement."""
    with opened() as database, database.read() as connection:
        when = _when(connection, as_of, as_recorded)
        if id_ is None:
            listed = read_document_list(connection, when, retracted=retracted, case_id=case_id())
            print_json(listed) if json_ else list_tables.print_documents(listed)
        else:
            found = read_document(connection, when, id_, retracted=retracted, case_id=case_id())
            print_json(found) if json_ else list_tables.print_document(found)


def events(
    id_: Id = None,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="talks, contact, deal or crisis; may be repeated."),
    ] = None,
    first: Annotated[
        date | None, typer.Option("--from", parser=parse_day, metavar="DATE", help="Begun on this day or later.")
    ] = None,
    until: Annotated[
        date | None, typer.Option("--to", parser=parse_day, metavar="DATE", help="Begun on this day or earlier.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(parser=_parse_part, metavar="TEXT", help="With this text in the source.")
    ] = None,
    analysts: Analysts = None,
    disputed: Annotated[bool, typer.Option("--disputed", help="Show only events in dispute.")] = False,
    as_of: AsOf = None,
    as_recorded: AsRecorded = None,
    superseded: Superseded = False,
    retracted: Retracted = False,
    json_: Json = False,
) -> None:
    """List the events on record. It also says how far the record is attested. With an ID, show that event's history."""
    kept = check_choices("--type", types, EVENT_TYPES)
    _check_order(first, until)
    wanted = Wanted(
        analysts=tuple(analysts or ()),
        source=source or "",
        first=first,
        last=until,
        superseded=superseded,
        retracted=retracted,
    )
    with opened() as database, database.read() as connection:
        when = _when(connection, as_of, as_recorded)
        if id_ is None:
            listed = read_event_list(connection, when, wanted, types=kept, disputed=disputed, case_id=case_id())
            print_json(listed) if json_ else list_tables.print_events(listed, ended=superseded or retracted)
        else:
            found = read_event(connection, when, id_, case_id=case_id())
            print_json(found) if json_ else list_tables.print_event(found)


def runs(
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="official, manual, backfill or provisional; may be repeated."),
    ] = None,
    statuses: Annotated[
        list[str] | None,
        typer.Option("--status", metavar="STATUS", help="published, rejected, started or failed; may be repeated."),
    ] = None,
    as_of: Annotated[
        date | None, typer.Option("--as-of", parser=parse_day, metavar="DATE", help="Only runs as of this day.")
    ] = None,
    limit: Annotated[int, typer.Option(parser=whole(1), metavar="N", help="Number of runs to show.")] = 20,
    json_: Json = False,
) -> None:
    """List the runs, newest as-of date first."""
    kept = check_choices("--kind", kinds, RUN_KINDS)
    stood = check_choices("--status", statuses, RUN_STATUSES)
    with opened() as database, database.read() as connection:
        listed = read_run_list(connection, kinds=kept, statuses=stood, as_of=as_of, limit=limit, case_id=case_id())
    print_json(listed) if json_ else list_tables.print_runs(listed)


def _when(connection: Connection, as_of: date | None, as_recorded: datetime | None) -> When:
    """What is asked of: today unless given, and no day that has begun nowhere, of which nothing can be known."""
    moment = Moment(instant=now(), zone=read_zone(connection))
    if as_of is not None and as_of > moment.latest:
        what = f"{as_of} is in the future, and what will be known by then is not known yet"
        raise NoForecast(f"{what}; the latest day you can ask about is today, {moment.today} ({moment})")
    return When(as_of=as_of or moment.today, as_recorded=as_recorded)


def _check_order(first: date | None, until: date | None) -> None:
    if first and until and until < first:
        raise typer.BadParameter(f"{until} is before --from {first}; name a later day", param_hint="'--to'")
