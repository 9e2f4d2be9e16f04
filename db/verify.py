"""Whether what is stored is still what was stored: the chain of every table, and every file that a row names."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from db.chain import Finding, head, verify_chain
from db.errors import StoreError
from db.posteriors import Posteriors, check_stored, way_back
from db.progress import Progress, silent
from db.read_runs import read_posterior_hashes
from db.tables import CHAINED


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was checked, and what is wrong with it."""

    tables: int
    rows: int
    files: int
    """Files among the posteriors that rows name."""
    head: str
    """The hash that stands for everything stored; "" where nothing is."""
    broken: tuple[Finding, ...]
    """Rows, seals, triggers and pages of the file that are not as they were made."""
    damaged: tuple[str, ...]
    """Files that are missing, unreadable or changed, a sentence each."""

    @property
    def sound(self) -> bool:
        return not self.broken and not self.damaged

    @property
    def remedy(self) -> str:
        """What to do about the findings, taken together."""
        if not all(finding.what.startswith("trigger") for finding in self.broken):
            return "restore a backup (`unzip FILE` in an empty folder) and keep this database aside"
        if self.damaged:
            return way_back("the files")
        return "run `parley init`, which makes the triggers again, then `parley verify`"


def verify_store(connection: Connection, posteriors: Posteriors, report: Progress = silent) -> Verification:
    """Walk the chain of every table, then read every file that a row names."""
    rows = verify_rows(connection, report)
    return replace(rows, damaged=check_files(connection, posteriors, read_posterior_hashes(connection), report))


def verify_rows(connection: Connection, report: Progress = silent) -> Verification:
    """Walk the chain of every table; the files that rows name are counted, not read."""
    report("walking the chain", 0, 0, "")
    broken = (*_check_pages(connection), *verify_chain(connection))
    files = len(read_posterior_hashes(connection))
    return Verification(
        tables=len(CHAINED), rows=count_rows(connection), files=files, head=head(connection), broken=broken, damaged=()
    )


def _check_pages(connection: Connection) -> Iterator[Finding]:
    """What SQLite finds in its own file: an index that lacks rows hides them from reads, not from the chain."""
    if connection.dialect.name == "sqlite":
        for said in connection.exec_driver_sql("PRAGMA integrity_check").scalars():
            if said != "ok":
                yield Finding("SQLite", None, " ".join(said.split()))


def check_files(
    connection: Connection, posteriors: Posteriors, hashes: Collection[str], report: Progress = silent
) -> tuple[str, ...]:
    """Return a sentence for each file of these hashes that is missing, unreadable or not what its name says."""
    damaged = []
    for number, digest in enumerate(sorted(hashes)):
        report("reading files", number, len(hashes), "")
        try:
            check_stored(connection, posteriors, digest)
        except StoreError as error:
            damaged.append(str(error))
        except OSError as error:
            damaged.append(f"posterior {error.filename} cannot be read ({error.strerror}); allow reading it")
    return tuple(damaged)


def count_rows(connection: Connection) -> int:
    """Return the number of rows of all tables."""
    return sum(connection.execute(select(func.count()).select_from(table)).scalar() or 0 for table in CHAINED)
