"""What every kind of import has: rows of a file read into entries, sifted by what is on file, and appended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from db.rows import NewObservation
from db.when import When
from forecast.desk.duplicates import Duplicate
from forecast.desk.session import Stored
from forecast.engine.assemble import Rows
from indicators.coding import Rules
from indicators.disagreements import Disagreement
from indicators.foreign import Table
from indicators.kinds import FileKind
from indicators.snapshot import Observed

LOOKED_AT = 1000
"""Rows of an import up to which each is held against what is on file: a person cannot look at more."""


@dataclass(frozen=True, slots=True)
class Sifted[E]:
    """The entries of a file that are not on file yet, and what to say of the others."""

    new: list[E]
    notes: list[str] = field(default_factory=list)
    ready: Sequence[object] | None = None
    """The new ones as their kind appends them; None: as they are."""


class Batch[E](Protocol):
    """The rows of a file as entries."""

    @property
    def number(self) -> int:
        """How many rows the file has."""

    @property
    def entries(self) -> Sequence[E]:
        """Those that can be read without what is on file, each once."""

    def sift(self, connection: Connection, rows: Rows) -> Sifted[E]:
        """Those that are not there yet; CaseError, with the place of each, where rows contradict what is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """What is to be said of entries once they are stored."""

    notes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    disagreements: tuple[Disagreement[NewObservation], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportKind[E]:
    """A kind of row that can be imported."""

    file: FileKind
    table: str
    """As the database and a receipt name it."""
    read: Callable[[Table, Rules, Callable[[int], None]], Batch[E]]
    """Rows as entries by the rules of the case; the last is told how many have been read."""
    append: Callable[[Connection, Sequence[Any], datetime], list[int]]
    remarks: Callable[[Stored, Sequence[E]], Remarks]
    """What to say of entries, given the state just before they were stored."""
    appended: Callable[[Sequence[Any], Sequence[int], datetime, When], Observed] | None = None
    """What was appended under these numbers as it would be read; None where there are no such."""
    learnt: bool = False
    """Whether only a fit takes them in, so that no forecast comes at once."""
