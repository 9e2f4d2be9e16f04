"""Asking on a terminal: for an entry, the indicator's question and criteria first, then each part until it is sound.

And whether to store an event that leaves something open.
"""

from collections.abc import Sequence
from dataclasses import replace

import typer

from db.rows import ObservationRow
from db.when import When
from forecast.cli.list_tables import print_indicator
from forecast.cli.tables import emit, paragraph
from forecast.desk.actions import Desk
from forecast.desk.draft import ObservationDraft
from forecast.desk.duplicates import Duplicate
from forecast.desk.entries import check_part
from forecast.record.catalogue import read_indicator, read_indicator_list
from forecast.words.numbers import signed

LAST_SHOWN = 5
_PROMPTS = {
    "level": "Level (-2 to 2)",
    "on": "Observed on (YYYY-MM-DD)",
    "source": "Source (title)",
    "grade": "Grade (source: A reliable … E unreliable, F unknown; content: 1 confirmed … 5 improbable, 6 unknown)",
}
ONE, OWN, NEITHER = "o", "y", "n"
_ONE_OR_TWO = {
    ONE: "yes, the same report: store it and give both rows one origin, so that they count once",
    OWN: "no, a separate report: store it, and both rows count",
    NEITHER: "do not store it",
}
ASKED = ("indicator", *_PROMPTS)
"""What a terminal is asked for where it is missing; nothing can be logged without."""


def ask_draft(desk: Desk, draft: ObservationDraft) -> ObservationDraft:
    """Fill in what is missing; what was given is shown with the rest before anything is stored."""
    indicator = draft.indicator or _ask_indicator(desk)
    _show_indicator(desk, indicator)
    defaults = {"on": desk.today().isoformat()}  # a grade is a judgement, which no key may stand for
    asked = {
        name: getattr(draft, name) or _ask(desk, name, prompt, defaults.get(name)) for name, prompt in _PROMPTS.items()
    }
    return replace(draft, indicator=indicator, **asked)


def ask_questions(questions: Sequence[str]) -> bool:
    """Put what an event leaves open to a person, and ask whether to store it all the same."""
    emit([line for each in questions for line in paragraph(f"question: {each}")])
    return typer.confirm("Store it anyway?", default=False)


def ask_one(found: Duplicate) -> bool | ObservationRow:
    """Whether an entry is the report of a row on file: that row, or whether to store it as a report of its own."""
    assert isinstance(found.other, ObservationRow)
    row = found.other
    typer.echo(f"Is it the same report as row {row.id} ({row.source_title})?")
    for key, meaning in _ONE_OR_TWO.items():
        typer.echo(f"  {key}  {meaning}")
    key = ""
    while key not in _ONE_OR_TWO:
        key = str(typer.prompt("o, y or n", default="n", type=str)).strip().casefold()[:1]
    return row if key == ONE else key == OWN


def _ask_indicator(desk: Desk) -> str:
    with desk.database.read() as connection:
        listed = read_indicator_list(connection, When(as_of=desk.today()), case_id=desk.case_id)
    for one in listed.indicators:
        level = f"{signed(one.mean)} ± {one.sd:.2f}" if one.active else "–"
        typer.echo(f"{one.id:<28} {level:>14}  {one.name}")
    return _ask(desk, "indicator", "Indicator", None)


def _show_indicator(desk: Desk, indicator: str) -> None:
    """Question, criteria, last observations, and the level the filter now expects."""
    with desk.database.read() as connection:
        print_indicator(
            read_indicator(connection, When(as_of=desk.today()), indicator, last=LAST_SHOWN, case_id=desk.case_id)
        )
    typer.echo()


def _ask(desk: Desk, name: str, prompt: str, default: str | None) -> str:
    """Ask until the answer is sound, saying each time what is wrong."""
    while True:
        said: str = typer.prompt(prompt, default=default, type=str)
        wrong = check_part(desk, name, said)
        if not wrong:
            return said
        for line in wrong:
            typer.echo(f"error: {line}", err=True)
