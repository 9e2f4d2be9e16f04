"""The command that writes a brief."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecast.cli.console import (
    Json,
    Language,
    case_id,
    check_language,
    now,
    opened,
    parse_day,
    print_json,
    shown,
    whole,
)
from forecast.cli.mailing import check_sent, fate_of, mail_json, parse_address, post_of, send_letter
from forecast.cli.outputs import written_as
from forecast.cli.owed import owed
from forecast.cli.streams import answering

if TYPE_CHECKING:
    from forecast.brief.report import Report

FORMATS = (".html", ".md")


def parse_since(text: str) -> date | int:
    """A date, or the number of a run."""
    try:
        return parse_day(text) if "-" in text else whole(1)(text)
    except typer.BadParameter:
        right = "write YYYY-MM-DD or a number"
        raise typer.BadParameter(f"{shown(text)} is neither a date nor a run; {right}") from None


def report(
    out: Annotated[
        Path | None,
        typer.Option(
            parser=written_as(*FORMATS, example="brief"), metavar="FILE", help="The file to write: .html or .md."
        ),
    ] = None,
    mail: Annotated[bool, typer.Option("--mail", help="Mail it to those whom the settings name.")] = False,
    to: Annotated[
        list[str] | None,
        typer.Option(parser=parse_address, metavar="ADDRESS", help="Mail it to ADDRESS too; may be repeated."),
    ] = None,
    lang: Language = "en",
    short: Annotated[bool, typer.Option("--short", help="One page, for someone who has a minute.")] = False,
    run: Annotated[
        int | None,
        typer.Option(parser=whole(1), metavar="N", help="The run to report (default: the last published)."),
    ] = None,
    since: Annotated[
        date | None,  # or a number: the parser decides
        typer.Option(
            parser=parse_since,
            metavar="DATE|RUN",
            help="What to compare with: the forecast of that date, or a run (default: that of the last report).",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    json_: Json = False,
) -> None:
    """Write a brief of two pages or one. How likely, how sure, what changed, what to watch, how good it has been.

    One file with nothing to fetch, or a mail with its pictures inside, which nobody gets twice. Each one is recorded,
    and the next compares with it; forms of one brief share a number: the same run in another language or format, or
    on one page. Where the database can only be read, it is not recorded.
    """
    check_language(lang)
    if out is None and not (mail or to):
        raise typer.BadParameter("none is given; name a file, or give --mail or --to ADDRESS", param_hint="'--out'")
    post = post_of(mail, to or ())
    # with pictures and pandas it takes some three seconds, which neither help nor a mistake should wait for
    from forecast.brief.facts import as_json
    from forecast.brief.mail import write_letter
    from forecast.brief.report import write_report

    with opened() as database:
        with database.read() as connection:
            due = owed(connection)
        asked: dict[str, Any] = {
            "language": lang,
            "short": short,
            "run_id": run,
            "since": since,
            "case_id": case_id(),
            "owed": due,
        }
        done = write_report(database, out, now(), force=force, **asked) if out is not None else None
        letter = write_letter(database, now(), **asked) if post else None
        trials = send_letter(database, letter, post) if letter and post else ()
    made = done or letter
    assert made is not None
    lines = [*([_line(done)] if done else []), *(fate_of(letter, trials) if letter else [])]
    with answering("; ".join(lines)):
        if json_:
            told = ({"report": _about(done)} if done else {}) | ({"mail": mail_json(letter, trials)} if letter else {})
            print_json(told | as_json(made.brief))
        else:
            typer.echo("\n".join(lines))
    check_sent(trials)


def _about(done: "Report") -> dict[str, Any]:
    file = {"file": str(done.file), "language": done.language, "format": done.format, "sha256": done.sha256}
    why = {"unrecorded": done.unrecorded} if done.unrecorded else {}
    head = {"head": done.head.hash, "head_at": done.head.recorded_at} if done.head else {"head": "", "head_at": None}
    return {"number": done.number, "row": done.row, **file, **head, **why}


def _line(done: "Report") -> str:
    since = done.brief.changes.since.run
    compared = f", compared with run {since.id}" if since else ""
    told = "not recorded," if done.number is None else f"report {done.number},"
    why = f"\nthe next brief will not compare with it: {done.unrecorded}" if done.unrecorded else ""
    return f"wrote {done.file}: {told} of run {done.brief.run.id}{compared}{why}"
