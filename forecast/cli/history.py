"""The command for files of what is on file: history."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from db.kinds import FULL_KINDS
from db.progress import Progress, silent
from db.when import When
from forecast.cli.console import (
    AsOf,
    AsRecorded,
    Json,
    case_id,
    check_choices,
    opened,
    parse_day,
    parse_horizon,
    print_json,
    today_of,
)
from forecast.cli.lazy import Interrupted
from forecast.cli.outputs import written_as
from forecast.cli.progress import watched
from forecast.cli.streams import answering
from forecast.exports.contents import CONTENTS, options_of
from forecast.exports.files import ENDINGS, Written, check_places, write_export
from forecast.exports.read import Wanted, read_export
from forecast.facts.news import Overtaken
from forecast.record.overtaken import overtaken_json
from forecast.words.english.news import overtaken_lines
from indicators.content import TARGETS

LONG = 20_000
"""Rows from which on progress is shown."""


def history(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            parser=written_as(*ENDINGS, example="history"),
            metavar="FILE",
            help="The file to write: .csv, .json, .parquet or .xlsx.",
        ),
    ],
    what: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="forecasts, scenarios, states, effects, explanations, runs, observations, events, completeness, "
            "indicators, documents or judgements.",
        ),
    ] = "forecasts",
    first: Annotated[
        date | None,
        typer.Option(
            "--from", parser=parse_day, metavar="DATE", help="First day: as-of date, day observed, day begun …"
        ),
    ] = None,
    last: Annotated[
        date | None,
        typer.Option("--to", parser=parse_day, metavar="DATE", help="Last day: as-of date, day observed, day begun …"),
    ] = None,
    target: Annotated[str | None, typer.Option(metavar="TARGET", help="This target only, such as contact.")] = None,
    horizon: Annotated[
        Any,
        typer.Option(
            "--horizon", parser=parse_horizon, metavar="DAYS|DATE", help="This rolling horizon or deadline only."
        ),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Kind of run: official, manual, backfill or provisional; may be repeated (default: all).",
        ),
    ] = None,
    as_of: AsOf = None,
    as_recorded: AsRecorded = None,
    safe: Annotated[
        bool,
        typer.Option(
            "--spreadsheet-safe", help="In a .csv, put an apostrophe before text that a spreadsheet would run."
        ),
    ] = False,
    bom: Annotated[
        bool,
        typer.Option("--bom", help="Begin a .csv with a byte order mark, so that Excel shows Japanese and Korean."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    json_: Json = False,
) -> None:
    """Export forecasts, entries or runs as a tidy table. A file beside it explains every column."""
    _check_of_csv(out, {"--spreadsheet-safe": safe, "--bom": bom})
    given = {"--from": first, "--to": last, "--target": target, "--horizon": horizon, "--kind": kinds}
    _check_options(what, [name for name, value in given.items() if value])
    wanted = Wanted(
        what=what,
        when=When(as_of=as_of or date.max, as_recorded=as_recorded),
        first=first,
        last=last,
        target=target,
        horizon=horizon,
        kinds=_check_names(target, kinds),
    )
    _check_order(wanted)
    check_places(out, CONTENTS[what].columns, force=force)
    try:
        written, overtaken = _write(wanted, out, as_of, force=force, safe=safe, bom=bom)
    except KeyboardInterrupt:
        raise Interrupted("stopped; no file was written") from None
    with answering(f"wrote {written.file}"):
        _tell(written, overtaken, safe, json_)


def _write(
    wanted: Wanted, out: Path, as_of: date | None, *, force: bool, safe: bool, bom: bool
) -> tuple[Written, Overtaken | None]:
    """Read what is wanted and write it; of rows that are those of now, also what has overtaken them."""
    with opened() as database:
        if as_of is None and wanted.when.as_recorded is None:
            wanted = replace(wanted, today=today_of(database))
        when = replace(wanted.when, as_of=as_of or today_of(database))
        with database.read() as connection:
            export = read_export(connection, replace(wanted, when=when), case_id=case_id())
            with _progress(export.count) as report:
                written = write_export(export, out, force=force, safe=safe, bom=bom, progress=report)
    return written, export.overtaken


def _check_of_csv(out: Path, given: dict[str, bool]) -> None:
    """Refuse an option that only a .csv needs: Excel reads its own format as it is, other programs the others."""
    if out.suffix.casefold() == ".csv":
        return
    for option in (option for option, asked in given.items() if asked):
        what = "only a .csv needs it" if out.suffix.casefold() == ".xlsx" else _NOT_THERE[option]
        raise typer.BadParameter(f"does not apply to {out.name!r}; {what}", param_hint=f"'{option}'")


_NOT_THERE = {
    "--spreadsheet-safe": "only a .csv needs its text changed",
    "--bom": "it would confuse the programs that read it; only a .csv for Excel needs it",
}
"""Why an option is refused for a format that no spreadsheet opens."""


def _check_options(what: str, given: list[str]) -> None:
    """Refuse an option that would choose among rows that do not have what it asks for."""
    check_choices("--what", [what], tuple(CONTENTS))
    for name in given:
        if name not in options_of(what):
            takes = ", ".join(options_of(what))
            raise typer.BadParameter(f"does not apply to {what}; they take {takes}", param_hint=f"'{name}'")


def _check_names(target: str | None, kinds: list[str] | None) -> tuple[str, ...]:
    """The kinds of run; a target or kind that does not exist is refused."""
    check_choices("--target", [target] if target else None, TARGETS)
    return check_choices("--kind", kinds, (*FULL_KINDS, "provisional"))


def _check_order(wanted: Wanted) -> None:
    if wanted.first and wanted.last and wanted.last < wanted.first:
        raise typer.BadParameter(
            f"{wanted.last} is before --from {wanted.first}; name a later day", param_hint="'--to'"
        )


@contextmanager
def _progress(rows: int) -> Iterator[Progress]:
    """A bar on a terminal, where it is worth one."""
    if rows < LONG or not sys.stderr.isatty():
        yield silent
        return
    with watched() as report:
        yield report


def _tell(written: Written, overtaken: Overtaken | None, safe: bool, json_: bool) -> None:
    """What was written on stdout; on stderr that a spreadsheet would take some of it for formulas."""
    explained_in = "its sheet columns" if written.explained_in is None else str(written.explained_in)
    if json_:
        facts = {"file": str(written.file), "what": written.what, "rows": written.rows, "columns": written.columns}
        since = overtaken_json(overtaken) if overtaken else None
        print_json({**facts, "explained_in": explained_in, "formulas": written.formulas, "since": since})
    else:
        for line in overtaken_lines(overtaken) if overtaken else ():
            typer.echo(line)
        size = f"{written.rows} rows × {written.columns} columns of {written.what}"
        typer.echo(f"wrote {written.file}: {size}; columns are explained in {explained_in}")
    if written.formulas and not safe:
        cells = "1 cell" if written.formulas == 1 else f"{written.formulas} cells"
        remedy = "to prevent that, write an .xlsx or give --spreadsheet-safe"
        typer.echo(f"a spreadsheet would run {cells} of this file as a formula; {remedy}", err=True)
