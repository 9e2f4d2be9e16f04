"""Asking on a terminal for what changes the case: a document, a judgement, an indicator with its criteria."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import typer

from db.when import When
from forecast.cli.list_tables import print_indicator
from forecast.cli.tables import emit, paragraph
from forecast.desk.actions import Desk
from forecast.desk.catalogue import check_indicator
from forecast.desk.documents import check_document
from forecast.desk.draft import DocumentDraft, JudgementDraft
from forecast.desk.judgements import check_judgement
from forecast.record.catalogue import read_indicator, read_indicator_list
from forecast.record.documents import read_document_list
from forecast.words.names import target_name
from indicators.content import LEVELS, TARGETS

type Check = Callable[[str], Sequence[str]]

_DOCUMENT = {
    "title": ("Title", None),
    "author": ("Author", None),
    "published_on": ("Published on (YYYY-MM-DD)", None),
    "publisher": ("Publisher, if known", ""),
    "language": ("Language of the text you read", "en"),
    "directness": ("How directly it addresses the subject (high, medium, low)", "medium"),
    "information_cutoff": ("Information cut-off, if known (YYYY-MM-DD)", ""),
    "caveats": ("Caveats, if any", ""),
    "reason": ("Why you enter it, if that needs saying", ""),
}
_JUDGEMENT = {
    "weight": ("Weight (-3 to 3; above 0: higher levels make the target more likely)", None),
    "basis": ("Basis (explicit or inferred)", None),
    "location": ("Place in the text", ""),
    "note": ("Note, if any", ""),
}
_INDICATOR: dict[str, tuple[str, str | None]] = {
    "name": ("Name", None),
    "question": ("Question to answer when coding it", None),
    "orientation": ("Orientation (what + means; +2 favours talks)", None),
    "kind": ("Kind (state: holds until observed otherwise; event: fades)", "state"),
    "group": ("Group", "own"),
    "half_life_days": ("Half-life of an observation, in days", "180"),
    "expected_cadence_days": ("Expected days between observations", "30"),
    "lag_days": ("Lag, in days (if talks themselves move it)", "0"),
    "typical_sources": ("Usual sources, separated by ;", None),
    "note": ("Note, if any", ""),
}
_NUMBERS = {"half_life_days": float, "expected_cadence_days": float, "lag_days": int}


def ask_document(desk: Desk, draft: DocumentDraft) -> DocumentDraft:
    """Fill in what is missing of a document."""
    asked = {
        name: getattr(draft, name) or _ask(prompt, default, partial(check_document, desk, name))
        for name, (prompt, default) in _DOCUMENT.items()
    }
    return replace(draft, **asked)


def ask_judgement(desk: Desk, draft: JudgementDraft) -> JudgementDraft:
    """Fill in what is missing of a judgement; the indicator is shown with its question and criteria first."""

    def check(name: str) -> Check:
        return partial(check_judgement, desk, name)

    document = draft.document or _ask_listed(_documents(desk), "Document", check("document"))
    indicator = draft.indicator or _ask_listed(_indicators(desk), "Indicator", check("indicator"))
    with desk.database.read() as connection:
        print_indicator(read_indicator(connection, When(as_of=desk.today()), indicator, last=0, case_id=desk.case_id))
    typer.echo()
    targets = [f"{target:<24} {target_name(target)}" for target in TARGETS]
    target = draft.target or _ask_listed(targets, "Target", check("target"))
    asked = {
        name: getattr(draft, name) or _ask(prompt, default, check(name))
        for name, (prompt, default) in _JUDGEMENT.items()
    }
    return replace(draft, document=document, indicator=indicator, target=target, **asked)


def ask_indicator(desk: Desk, id_: str | None) -> dict[str, Any]:
    """The tables of an indicator, each part asked for until it is sound."""
    id_ = id_ or _ask("Id (lower-case letters, digits and _)", None, lambda said: _wrong(desk, said, "id", said))
    values: dict[str, Any] = {"id": id_, "contested": False, "documents": [], "document_refs": [], "note": ""}
    for name, (prompt, default) in _INDICATOR.items():
        values[name] = _value(name, _ask(prompt, default, partial(_wrong, desk, id_, name)))
    values["levels"] = {str(level): _ask_criterion(level) for level in reversed(LEVELS)}
    return {id_: values}


def agreed(sentence: str, doubts: Sequence[str], *, asks: bool) -> bool:
    """Print what is to be stored; a terminal may refuse it, and does by default what is in doubt."""
    emit([line for text in (sentence, *(f"warning: {one}" for one in doubts)) for line in paragraph(text)])
    return not asks or typer.confirm("Store it?", default=not doubts)


def _value(name: str, said: str) -> Any:
    """What was typed as the file would hold it; a text that is no number is left for its reader to refuse."""
    if name == "typical_sources":
        return [part.strip() for part in said.split(";") if part.strip()]
    try:
        return _NUMBERS[name](said) if name in _NUMBERS else said
    except ValueError:
        return said


def _wrong(desk: Desk, id_: str, name: str, said: str) -> tuple[str, ...]:
    """What is wrong with one part of an indicator, the others apart."""
    told = check_indicator(desk, {id_: {"id": id_, name: _value(name, said)}})
    return tuple(line for line in told if line.startswith(f"{name}:") and "is missing" not in line)


def _ask_criterion(level: int) -> str:
    return _ask(f"Criterion for level {level:+d}" if level else "Criterion for level 0", None, lambda said: ())


def _documents(desk: Desk) -> list[str]:
    with desk.database.read() as connection:
        listed = read_document_list(connection, When(as_of=desk.today()), case_id=desk.case_id)
    return [f"{one.id:<24} {one.published_on}  {one.author}" for one in listed.documents]


def _indicators(desk: Desk) -> list[str]:
    with desk.database.read() as connection:
        listed = read_indicator_list(connection, When(as_of=desk.today()), case_id=desk.case_id)
    return [f"{one.id:<28} {one.name}" for one in listed.indicators if one.retired_on is None]


def _ask_listed(choices: Sequence[str], prompt: str, check: Check) -> str:
    for choice in choices:
        typer.echo(choice)
    return _ask(prompt, None, check)


def _ask(prompt: str, default: str | None, check: Check) -> str:
    """Ask until the answer is sound, saying each time what is wrong."""
    while True:
        said: str = typer.prompt(prompt, default=default, show_default=bool(default), type=str)
        wrong = check(said)
        if not wrong:
            return said
        for line in wrong:
            typer.echo(f"error: {line}", err=True)
