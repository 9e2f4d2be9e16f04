"""What a desk has been told, in plain lists: the rules of docs/data.md said a second time, to hold reads against."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

type Said = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One row: what it says of its fact, from when that could be known, and when it was entered."""

    number: int
    """Row number; 0 for the rows of the case, which no one at the desk names."""
    known_on: date | None
    recorded_at: datetime
    said: Said
    retracted: bool = False
    reason: str = ""

    def seen(self, day: date, instant: datetime | None) -> bool:
        known = self.known_on is None or self.known_on <= day
        return known and (instant is None or self.recorded_at <= instant)


@dataclass(slots=True)
class Ledger:
    """Facts, each the list of its versions in the order in which they were entered."""

    facts: list[list[Version]] = field(default_factory=list)

    def add(self, version: Version) -> None:
        self.facts.append([version])

    def correct(self, number: int, version: Version) -> None:
        self.fact_of(number).append(version)

    def fact_of(self, number: int) -> list[Version]:
        return next(fact for fact in self.facts if any(each.number == number for each in fact))

    def numbers(self) -> list[int]:
        return [each.number for fact in self.facts for each in fact if each.number]

    def standing(self) -> list[Version]:
        """The newest version of every fact entered at the desk that was not withdrawn."""
        newest = [fact[-1] for fact in self.facts if fact[-1].number]
        return [each for each in newest if not each.retracted]

    def current(self, day: date, instant: datetime | None = None) -> list[Version]:
        """What holds on a day: of each fact the version entered last, unless it says that the fact is withdrawn."""
        found = (_holding(fact, day, instant) for fact in self.facts)
        return [each for each in found if each is not None and not each.retracted]

    def spans(self, day: date, instant: datetime | None = None) -> Iterator[tuple[Version, date, date | None]]:
        """Each version that holds on some day up to `day`, the first such day, and the day from which it does not."""
        for fact in self.facts:
            turns = sorted({each.known_on for each in fact if each.known_on and each.seen(day, instant)})
            held = [(turn, _holding(fact, turn, instant)) for turn in turns]
            spans = [(next(group)[0], version) for version, group in groupby(held, key=lambda pair: pair[1])]
            ends = [*(first for first, _ in spans[1:]), None]
            for (first, version), end in zip(spans, ends, strict=False):
                if version is not None and not version.retracted:
                    yield version, first, end


def _holding(fact: list[Version], day: date, instant: datetime | None) -> Version | None:
    return next((each for each in reversed(fact) if each.seen(day, instant)), None)
