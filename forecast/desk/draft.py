"""What is said at the desk, before it is held against anything: the parts of an entry, stated once for every face.

A face builds one draft and hands it on: `log(desk, ObservationDraft(indicator="us_posture", level=1, …))`. Beside its
type each field carries what a face needs to ask for it, which `parts_of` returns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Annotated, get_type_hints

from indicators.content import TARGETS
from indicators.tables import suggest

type Day = date | str
type Said = date | float | str | None
"""A part as it was said: a value, or the text somebody typed; None where nothing was said."""


@dataclass(frozen=True, slots=True)
class Part:
    """How to ask for one part of an entry."""

    metavar: str
    """What stands for its value in a list of options."""
    help: str
    """What it means, one sentence."""
    corrected: str | None = None
    """What it means in a correction, where that differs."""
    column: str | None = None
    """Its column in a file of entries, where that has another name than the field."""


ACTS_ON = "Day from which the correction holds (default: today)."
WHO = "Who makes the entry (default: PARLEY_ANALYST, else the system's user name)."
GRADE = "Admiralty grade such as B2: source A (reliable) to F (unknown), content 1 (confirmed) to 6 (unknown)."
ORIGIN = "Original source; rows that share an origin count as one piece of evidence."
DIRECTNESS = "How directly it addresses the subject: high, medium (default) or low."
CONFIDENCE = "high, medium (default) or low; low with --reason marks the event as disputed."


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationDraft:
    """An observation as it was said, or what is to change of one; None leaves a part empty, or as it is."""

    indicator: Annotated[str | None, Part("INDICATOR", "Id of the indicator (see `parley indicators`).")] = None
    level: Annotated[float | str | None, Part("LEVEL", "Level observed, from -2 (hostile to talks) to 2.")] = None
    on: Annotated[Day | None, Part("DATE", "Day on which it was observed.", column="observed_on")] = None
    source: Annotated[str | None, Part("TEXT", "Title of the source.")] = None
    grade: Annotated[str | None, Part("GRADE", GRADE)] = None
    known_on: Annotated[
        Day | None, Part("DATE", "First day it could be known (default: the day observed).", ACTS_ON)
    ] = None
    publisher: Annotated[str | None, Part("TEXT", "Who published the source.")] = None
    url: Annotated[str | None, Part("URL", "Where the source can be read.")] = None
    origin: Annotated[str | None, Part("TEXT", ORIGIN)] = None
    note: Annotated[str | None, Part("TEXT", "What a colleague should know about the coding.")] = None
    analyst: Annotated[str | None, Part("NAME", WHO)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """An event as it was said, or what is to change of one; None leaves a part empty, or as it is."""

    type: Annotated[str | None, Part("TYPE", "Type of event: talks, contact, deal or crisis.")] = None
    on: Annotated[Day | None, Part("DATE", "When it began.", column="started_on")] = None
    source: Annotated[str | None, Part("TEXT", "Source that reports it.")] = None
    until: Annotated[Day | None, Part("DATE", "When it ended (default: the day it began).", column="ended_on")] = None
    framing: Annotated[str | None, Part("FRAMING", "arms_control or denuclearisation; required for talks.")] = None
    known_on: Annotated[
        Day | None, Part("DATE", "First day it could be known (default: the day it ended).", ACTS_ON)
    ] = None
    confidence: Annotated[str | None, Part("WORD", CONFIDENCE)] = None
    reason: Annotated[str | None, Part("TEXT", "Why it is disputed: unclear agenda, denied, unclear framing.")] = None
    level: Annotated[str | None, Part("TEXT", "Who met: leader, minister, envoy, working, technical.")] = None
    format: Annotated[str | None, Part("TEXT", "Format of the meeting: bilateral, six-party …")] = None
    venue: Annotated[str | None, Part("TEXT", "Where it took place.")] = None
    note: Annotated[str | None, Part("TEXT", "What a colleague should know about it.")] = None
    precision: Annotated[
        str | None,
        Part("WORD", "How precisely the date is known: day (default), month or year.", column="date_precision"),
    ] = None
    id: Annotated[str | None, Part("ID", "Its id (default: the next free one).")] = None
    analyst: Annotated[str | None, Part("NAME", WHO)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDraft:
    """A document as it was said, or what is to change of one; None leaves a part empty, or as it is."""

    title: Annotated[str | None, Part("TEXT", "Its title.")] = None
    author: Annotated[str | None, Part("TEXT", "Who wrote it.")] = None
    published_on: Annotated[Day | None, Part("DATE", "The day it was published.")] = None
    publisher: Annotated[str | None, Part("TEXT", "Where it appeared.")] = None
    language: Annotated[str | None, Part("TEXT", "Language of the text you read: en, ja (translation).")] = None
    directness: Annotated[str | None, Part("WORD", DIRECTNESS)] = None
    information_cutoff: Annotated[
        Day | None, Part("DATE", "Last day whose events it could take into account, if known.")
    ] = None
    caveats: Annotated[str | None, Part("TEXT", "What a reader should know about it.")] = None
    id: Annotated[str | None, Part("ID", "Its id (default: author-year).", column="document_id")] = None
    reason: Annotated[str | None, Part("TEXT", "Why it is entered.", "Why it is corrected.")] = None
    analyst: Annotated[str | None, Part("NAME", WHO)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementDraft:
    """What a document says of an indicator and a target, as it was said, or what is to change of it."""

    document: Annotated[
        str | None, Part("DOCUMENT", "Document that says it (see `parley documents`).", column="document_id")
    ] = None
    indicator: Annotated[
        str | None, Part("INDICATOR", "Indicator it is about (see `parley indicators`).", column="indicator_id")
    ] = None
    target: Annotated[str | None, Part("TARGET", f"Target it is about: {', '.join(TARGETS)}.")] = None
    weight: Annotated[
        float | str | None,
        Part("WEIGHT", "How strongly a higher level favours the target, from -3 to 3; halves allowed."),
    ] = None
    basis: Annotated[
        str | None, Part("WORD", "explicit (the author says so) or inferred (you read it out of the text).")
    ] = None
    location: Annotated[str | None, Part("TEXT", "Place in the text, such as p. 3.")] = None
    note: Annotated[str | None, Part("TEXT", "What a colleague should know about it.")] = None
    reason: Annotated[str | None, Part("TEXT", "Why it is entered.", "Why it is corrected.")] = None
    analyst: Annotated[str | None, Part("NAME", WHO)] = None


type Draft = ObservationDraft | EventDraft | DocumentDraft | JudgementDraft


def _read_parts(kind: type[Draft]) -> dict[str, Part]:
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: hints[each.name].__metadata__[0] for each in fields(kind)}


_PARTS: Mapping[type[Draft], dict[str, Part]] = {
    kind: _read_parts(kind) for kind in (ObservationDraft, EventDraft, DocumentDraft, JudgementDraft)
}


def parts_of(kind: type[Draft]) -> Mapping[str, Part]:
    """How to ask for each field of a draft, by its name and in its order."""
    return _PARTS[kind]


def draft_of[D: (ObservationDraft, EventDraft, DocumentDraft, JudgementDraft)](
    kind: type[D], said: D | str | None, parts: Mapping[str, Said], *, first: str = ""
) -> D:
    """What was said as a draft: one already, or the part named `first` with the others by name.

    Raises
    ------
    TypeError
        if there are parts beside a draft, or one that no such entry has
    """
    given = {name: value for name, value in parts.items() if value is not None}
    if isinstance(said, kind):
        if given:
            raise TypeError(f"{', '.join(given)} given in addition to a draft; give every part in the draft")
        return said
    unknown = next((name for name in given if name not in parts_of(kind)), None)
    if unknown is not None:
        raise TypeError(f"{unknown!r} is not part of an entry; {suggest(unknown, tuple(parts_of(kind)))}")
    if isinstance(said, str):
        given[first] = said
    return kind(**given)  # type: ignore[arg-type]  # of whatever type, it is read as text in the end


def columns_of(draft: Draft) -> dict[str, Said]:
    """What was said, by the columns of a file of entries."""
    said = {part.column or name: getattr(draft, name) for name, part in parts_of(type(draft)).items()}
    return {column: value for column, value in said.items() if value is not None}
