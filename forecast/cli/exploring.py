"""What the commands that look ahead have in common: what stands, the number that is asked for, and names."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer

from db.engine import Database
from db.progress import Progress
from db.read import read_case
from db.rows import IndicatorRow
from forecast.cache import is_warm
from forecast.cli.console import case_id, check_choices, json_text, opened, today
from forecast.cli.progress import watch
from forecast.errors import NoForecast
from forecast.facts.whatif import longest_rolling
from forecast.facts.why import Reach
from forecast.plan.standing import Stand, read_stand
from forecast.words.language import Language
from forecast.writing import check_place, write_file
from indicators.content import TARGETS
from indicators.languages import in_language, standing_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploring:
    """What stands, who is told of progress, and the names of a language."""

    database: Database
    stand: Stand
    progress: Progress
    names: Mapping[str, str]
    """Of indicators, and authors of documents, by id."""


@contextmanager
def exploring(language: Language, *, as_of: date | None = None) -> Iterator[Exploring]:
    """What stands today or, for a past day, what could be known then."""
    with opened() as database, watch(warm=is_warm()) as progress, database.read() as connection:
        case = read_case(connection, case_id())
        day = today(connection)
        if as_of is not None and as_of > day:
            raise typer.BadParameter(f"{as_of} is not over; name a day up to today, {day}", param_hint="'--as-of'")
        stand = read_stand(database, connection, case.case_id, day, as_of=as_of)
        yield Exploring(
            database=database, stand=stand, progress=progress, names=names_of(stand, stand.catalogue, language)
        )


def names_of(stand: Stand, catalogue: Sequence[IndicatorRow], language: Language) -> dict[str, str]:
    """Names of indicators and authors in a language, by id."""
    said = standing_names(catalogue, stand.case.case_id, language.code)
    authors = {row.document_id: said.get(("author", row.document_id), row.author) for row in stand.documents}
    shown = in_language(catalogue, stand.case.case_id, language.code)
    return authors | {row.indicator_id: row.name for row in shown}


def asked_target(stand: Stand, target: str | None) -> str:
    if target is not None:
        check_choices("--target", [target], TARGETS)
    return target or stand.case.headline


def asked_reach(reaches: Sequence[Reach], horizon: int | date | None) -> Reach:
    """The window asked for, or the longest rolling one; NoForecast where it is none of the forecast's."""
    if horizon is None:
        place: int = longest_rolling(reaches)
        return reaches[place]
    found = next((one for one in reaches if horizon in (one.horizon_days, one.deadline)), None)
    if found is None:
        known = ", ".join(str(one.deadline or one.horizon_days) for one in reaches)
        raise NoForecast(f"horizon {horizon} is none of the forecast's; use one of {known}")
    return found


def check_out(out: Path | None, *, force: bool, example: str) -> None:
    if force and out is None:
        raise typer.BadParameter("there is no file to replace; give --out FILE too", param_hint="'--force'")
    if out is not None:
        check_place(out, force=force, example=example)


def write_json(payload: object, out: Path, *, force: bool) -> None:
    write_file((json_text(payload) + "\n").encode(), out, force=force)
