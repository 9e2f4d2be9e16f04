"""The reference class as the tables have it: other dyads' tracks, their meetings, and when they were silent.

Days are proleptic ordinals. A track is one subject of one dyad, watched over a window of days.
"""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "indicators" / "reference"
TABLES = ("dyads.csv", "talks.csv")
DRY_AFTER = 90
"""Days without a meeting after which the next one is a beginning, as in the case."""


@dataclass(frozen=True, slots=True, order=True)
class Meeting:
    """A meeting, or a run of them coded as one row: its first and its last day."""

    started: int
    ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One subject of one dyad; meetings in order of their first day."""

    dyad: str
    subject: str
    group: str  # the reference class: N, K, S, W, W0, N2 or X
    first: int  # first day watched
    until: int  # day after the last one watched
    meetings: tuple[Meeting, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """Dry days: those from ``DRY_AFTER`` days after the last meeting on, before ``until``."""

    since: int  # day on which the last meeting ended
    until: int  # the day after a beginning, which is a dry day itself, or after the last day watched
    broken: bool  # whether its last day saw a beginning

    @property
    def first(self) -> int:
        return self.since + DRY_AFTER

    def holds(self, day: int) -> bool:
        """Whether it is dry at the end of a day."""
        return self.first <= day < self.until - self.broken


def read_tracks(folder: Path = FOLDER) -> tuple[Track, ...]:
    """All tracks of the tables in a folder, in the order of ``dyads.csv``."""
    dyads, talks = (_rows(folder / name) for name in TABLES)
    return tuple(
        Track(
            dyad=row["dyad"],
            subject=row["track"],
            group=row["reference_class"],
            first=_day(row["observed_from"]),
            until=_day(row["observed_to"]) + 1,
            meetings=tuple(
                sorted(
                    Meeting(_day(talk["started_on"]), _day(talk["ended_on"]))
                    for talk in talks
                    if (talk["dyad"], talk["track"]) == (row["dyad"], row["track"])
                )
            ),
        )
        for row in dyads
    )


def hash_tables(folder: Path = FOLDER) -> str:
    """SHA-256 of the bytes of ``dyads.csv`` followed by those of ``talks.csv``, in hexadecimal."""
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in TABLES)).hexdigest()


def before(tracks: Sequence[Track], day: int) -> tuple[Track, ...]:
    """What a strict fit may read: rows that ended before a day, windows cut there, tracks that had begun."""
    return tuple(
        replace(
            track,
            until=min(track.until, day),
            meetings=tuple(meeting for meeting in track.meetings if meeting.ended < day),
        )
        for track in tracks
        if track.first < day
    )


def from_first_meeting(tracks: Sequence[Track], groups: tuple[str, ...]) -> tuple[Track, ...]:
    """Tracks of some classes from their first meeting on; those without one are left out.

    Dyads are in the tables because they met. Given that they met once, later meetings are not selected.
    """
    return tuple(
        replace(track, first=track.meetings[0].started) for track in tracks if track.group in groups and track.meetings
    )


def silences(track: Track) -> Iterator[Silence]:
    """The dry stretches of a track after its first meeting, in order; none where it never was dry."""
    joined = spells(track.meetings)
    for spell, following in pairwise(joined):
        yield Silence(spell.ended, following.started + 1, True)
    if joined and joined[-1].ended + DRY_AFTER < track.until:
        yield Silence(joined[-1].ended, track.until, False)


def spells(meetings: tuple[Meeting, ...]) -> list[Meeting]:
    """Meetings fewer than ``DRY_AFTER`` days apart, joined."""
    joined: list[Meeting] = []
    for meeting in meetings:
        if joined and meeting.started - joined[-1].ended < DRY_AFTER:
            joined[-1] = replace(joined[-1], ended=max(joined[-1].ended, meeting.ended))
        else:
            joined.append(meeting)
    return joined


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal()
