"""Writing a brief as a mail, within what mail programs show: no style sheet, no SVG, nothing to fetch, no long page.

Gmail cuts off what is longer than 102 kB; the lists at the end are left out before that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from db.anchors import Head, head_of_report, read_head
from db.append import append_report
from db.engine import Database
from db.report_numbers import next_number
from forecast.brief.facts import in_language, names_of
from forecast.brief.letter import Letter, picture_name
from forecast.brief.page import Sheet, draw_pictures, render
from forecast.brief.report import read_current, row_of
from forecast.facts.brief import Brief
from forecast.plots.style import as_png
from forecast.words.language import LANGUAGES

LIMIT = 100_000
"""Bytes of the HTML."""


@dataclass(frozen=True, slots=True)
class Forms:
    """What the forms of one mail share."""

    facts: Brief
    brief: Brief
    """The same with the names of the language."""
    language: str
    pictures: Mapping[str, bytes]
    short: bool = False
    """Of one page."""

    def render(self, format_: str, brief: Brief, number: int | None, head: Head | None, note: str) -> str:
        plots = {name.partition(".")[0]: f"cid:{name}" for name in self.pictures}
        return render(Sheet(brief, self.language, format_, plots, self.short), number, head=head, note=note)


def write_letter(
    database: Database,
    now: datetime,
    *,
    language: str,
    short: bool = False,
    run_id: int | None = None,
    since: date | int | None = None,
    case_id: str | None = None,
    owed: date | None = None,
) -> Letter:
    """Write a brief as a mail, and record it unless the database can only be read; the rest as `write_report`."""
    brief = read_current(database, now, run_id=run_id, since=since, case_id=case_id, owed=owed)
    forms = drawn(brief, language, short=short)
    why = database.unwritable
    if why:
        with database.read() as connection:
            return letter_of(forms, None, read_head(connection), why)
    with database.write() as connection:
        row = row_of(Sheet(brief, language, "html", {}, short))
        number = next_number(connection, row.case_id, row.run_id, row.since_run_id)
        letter = letter_of(forms, number, head_of_report(connection, number))
        append_report(connection, replace(row, sha256=letter.sha256), now)
    return letter


def drawn(brief: Brief, language: str, *, short: bool = False) -> Forms:
    """With the names and pictures of a language."""
    pngs = {name: as_png(figure) for name, figure in draw_pictures(brief, language, short=short).items()}
    pictures = {picture_name(name, png): png for name, png in pngs.items()}
    told = in_language(brief, names_of(brief, language))
    return Forms(brief, told, language, pictures, short)


def letter_of(forms: Forms, number: int | None, head: Head | None, unrecorded: str = "") -> Letter:
    """The mail, without its lists where it would be too long."""
    brief, words, note = forms.brief, LANGUAGES[forms.language].brief, ""
    html = forms.render("mail", brief, number, head, note)
    if len(html.encode()) > LIMIT:
        brief, note = replace(brief, documents=(), sources=(), differing=()), words.left_out()
        html = forms.render("mail", brief, number, head, note)
    return Letter(
        brief=forms.facts,
        number=number,
        head=head,
        unrecorded=unrecorded,
        language=forms.language,
        subject=f"[Parley] {words.title(brief)}",
        lead=words.likelihood(brief),
        text=forms.render("txt", brief, number, head, note),
        html=html,
        pictures=forms.pictures,
        short=forms.short,
    )
