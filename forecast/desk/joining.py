"""Making two reports one piece of evidence: an entry and a row on file are given one origin."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from db.rows import NewObservation, ObservationRow
from forecast.desk.entries import standing_observation
from forecast.engine.assemble import Rows
from forecast.engine.reading import Reading
from forecast.errors import NotOnFile
from indicators.errors import CaseError
from indicators.snapshot import take_snapshot


def one_with(
    connection: Connection, rows: Rows, number: int | None, *, revised: ObservationRow | None = None
) -> ObservationRow | None:
    """The row that an entry is said to be one piece of evidence with; NotOnFile where it does not stand."""
    if number is None:
        return None
    if revised is not None and number == revised.id:
        raise NotOnFile(f"row {number} is the one you are revising; name the other row of the same report")
    return standing_observation(connection, number, rows.case.case_id, act="name")


def common_origin(said: str, other: ObservationRow, old: str = "") -> str:
    """The origin that a report and a row have in common from now on; CaseError where the one said is not the row's.

    It is the row's, else the one said, else the one the report has had; where there is none it is made of what tells
    the row from all others.
    """
    if said and other.origin and said != other.origin:
        what = f"{said!r} is not the origin of row {other.id}, {other.origin!r}; give either --origin or --origin-of"
        raise CaseError([f"origin: {what}"])
    return other.origin or said or old or f"{other.indicator_id}-{other.observed_on}-{other.id}"


def check_changes(changed: Mapping[str, object], old: ObservationRow, other: ObservationRow) -> None:
    """NotOnFile where the row to revise has the origin already, and it is the other row that lacks it."""
    if set(changed) == {"origin"} and changed["origin"] == old.origin != other.origin:
        origin = shlex.quote(old.origin)
        raise NotOnFile(f"row {old.id} already has that origin; run `parley revise {other.id} --origin {origin}`")


def joined(before: Reading, entry: NewObservation, other: ObservationRow) -> tuple[NewObservation, Reading]:
    """The entry, and what is on file, once both reports are of one origin: the row's, where it has one."""
    origin = common_origin("", other, entry.origin)
    rows = tuple(replace(row, origin=origin) if row.id == other.id else row for row in before.rows.observations)
    reading = replace(before, rows=replace(before.rows, observations=rows), snapshot=take_snapshot(rows))
    return replace(entry, origin=origin), reading


def given_origin(other: ObservationRow, origin: str, analyst: str, today: date) -> NewObservation | None:
    """The revision that gives a row its origin; None where it has it. Whose coding it is stays as it was."""
    if other.origin == origin:
        return None
    return replace(
        other,
        origin=origin,
        known_on=max(today, other.known_on),
        supersedes=other.id,
        reason=f"{analyst} takes it for one report with another, and gave both one origin",
    )
