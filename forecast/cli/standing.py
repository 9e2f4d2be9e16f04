"""What commands that look ahead begin with: the database, what stands in it, and the words of the case."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from db.engine import Database
from db.progress import Progress
from db.read import read_case
from forecast.cache import is_warm
from forecast.cli.console import case_id, json_text, opened, today
from forecast.cli.progress import watch
from forecast.plan.translated import names_of
from forecast.words.language import Language
from forecast.words.whatif_numbers import Named
from forecast.writing import write_file

if TYPE_CHECKING:
    from forecast.plan.standing import Stand


@dataclass(frozen=True, slots=True)
class Here:
    """What stands, and a bar for what takes long."""

    database: Database
    connection: Connection
    stand: "Stand"
    progress: Progress

    def names(self, language: Language) -> Named:
        """Of indicators and authors, in a language."""
        stand = self.stand
        return names_of(stand.catalogue, stand.documents, stand.case.case_id, language)


@contextmanager
def at_stand(as_of: date | None = None, *, to_write: bool = False) -> Iterator[Here]:
    """What stands today or, for `as_of`, what could be known on that day."""
    with (
        opened(to_write=to_write) as database,
        watch(warm=is_warm()) as progress,
        database.read() as connection,
    ):
        from forecast.plan.standing import read_stand  # compiled code, which help and mistakes do without

        case = read_case(connection, case_id())
        stand = read_stand(database, connection, case.case_id, today(connection), as_of=as_of)
        yield Here(database, connection, stand, progress)


def write_json(payload: object, out: Path, *, force: bool) -> None:
    write_file((json_text(payload) + "\n").encode(), out, force=force)
