"""Writing a brief as a mail, within what mail programs show: no style sheet, no SVG, nothing to fetch, no long page.

Gmail cuts off what is longer than 102 kB; the lists at the end are left out before that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from db.append import append_report
from db.engine import Database
from db.report_numbers import next_number
from forecast.brief.facts import Brief, in_language
from forecast.brief.letter import Letter, picture_name
from forecast.brief.page import LANGUAGES, Sheet, draw_pictures, render
from forecast.brief.report import read_current, row_of
from forecast.plots.style import as_png
from indicators.names import read_names

LIMIT = 100_000
"""Bytes of the HTML."""
LEFT_OUT = {
    "en": "Lists at the end are left out, for a mail must be short: `parley report --out brief.html` writes all of it.",
    "ja": "末尾の一覧は、メールの長さに限りがあるため省略した。全体は`parley report --out brief.html`で作成できる。",
}


@dataclass(frozen=True, slots=True)
class Forms:
    """What the forms of one mail share."""

    brief: Brief
    """With the names of the language."""
    language: str
    pictures: Mapping[str, bytes]

    def sheet(self, format_: str, brief: Brief) -> Sheet:
        names = {name.partition(".")[0]: f"cid:{name}" for name in self.pictures}
        return Sheet(brief, self.language, format_, names)


def write_letter(
    database: Database,
    now: datetime,
    *,
    language: str,
    run_id: int | None = None,
    since: date | int | None = None,
    case_id: str | None = None,
    owed: date | None = None,
) -> Letter:
    """Write a brief as a mail, and record it unless the database can only be read; the rest as `write_report`."""
    brief = read_current(database, now, run_id=run_id, since=since, case_id=case_id, owed=owed)
    forms = drawn(brief, language)
    why = database.unwritable
    if why:
        return letter_of(forms, brief, None, why)
    with database.write() as connection:
        row = row_of(forms.sheet("html", brief))
        number = next_number(connection, row.case_id, row.run_id, row.since_run_id)
        letter = letter_of(forms, brief, number, "")
        append_report(connection, replace(row, sha256=letter.sha256), now)
    return letter


def drawn(brief: Brief, language: str) -> Forms:
    """The names and pictures of a language."""
    pngs = {name: as_png(figure) for name, figure in draw_pictures(brief, language).items()}
    pictures = {picture_name(name, png): png for name, png in pngs.items()}
    return Forms(in_language(brief, read_names(brief.case.case_id, language)), language, pictures)


def letter_of(forms: Forms, facts: Brief, number: int | None, unrecorded: str) -> Letter:
    """The mail, without its lists where it would be too long."""
    brief, words = forms.brief, LANGUAGES[forms.language]
    note, html = "", render(forms.sheet("mail", brief), number)
    if len(html.encode()) > LIMIT:
        brief, note = replace(brief, documents=(), sources=(), differing=()), LEFT_OUT[forms.language]
        html = render(forms.sheet("mail", brief), number, note=note)
    return Letter(
        brief=facts,
        number=number,
        unrecorded=unrecorded,
        language=forms.language,
        subject=f"[Parley] {words.title(brief)}",
        lead=words.likelihood(brief),
        text=render(forms.sheet("txt", brief), number, note=note),
        html=html,
        pictures=forms.pictures,
    )
