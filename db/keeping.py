"""Which posteriors are kept whole, and the one place where a file is removed: when some of its draws stand for it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection, func, select

from db.append import append_thinning
from db.engine import Database
from db.kinds import FULL_KINDS, PUBLISHED
from db.posteriors import Prepared, is_own, keep, remove_pieces, unnamed_pieces
from db.read_runs import as_run, read_posterior_hashes, select_runs
from db.run_rows import NewThinning, RunRow
from db.sharing import check_alone, remove_file, remove_moved
from db.tables import reports, run_names, run_statuses, runs, thinnings

NEWEST, RECENT, MONTH_END = "newest", "recent", "end of a month"
REPORTED, NAMED = "named in a brief", "named"
WHY = (NEWEST, RECENT, MONTH_END, REPORTED, NAMED)
"""Why a posterior is kept whole."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """A posterior that is whole, the runs it is of, and why it stays so; "" where it need not."""

    digest: str
    runs: tuple[RunRow, ...]
    kept_for: str

    @property
    def run(self) -> RunRow:
        """The run that made it."""
        return self.runs[0]


def read_posteriors(connection: Connection, now: datetime, days: int) -> tuple[Posterior, ...]:
    """Return every posterior of a full run that is whole, oldest first, with why it is kept: the first of `WHY`."""
    full = [as_run(row) for row in connection.execute(select_runs().order_by(runs.c.id))]
    full = [run for run in full if run.kind in FULL_KINDS and run.posterior_hash is not None]
    reasons = _reasons(connection, full, now, days)
    of: defaultdict[str, list[RunRow]] = defaultdict(list)
    for run in full:
        if run.thinned_hash is None:
            of[str(run.posterior_hash)].append(run)
    return tuple(
        Posterior(digest, tuple(mine), min(reasons[digest], key=WHY.index, default="")) for digest, mine in of.items()
    )


@dataclass(slots=True)
class Survey:
    """The posteriors that are whole, read once, and again only where something was recorded that may protect one."""

    now: datetime
    days: int
    posteriors: tuple[Posterior, ...] = ()
    _free: frozenset[str] = frozenset()
    _read_at: tuple[int | None, ...] = ()

    def read(self, connection: Connection) -> None:
        """See to it that it is of this snapshot, but for what was thinned meanwhile."""
        reached = tuple(connection.execute(select(*_REACHED)).one())
        if reached != self._read_at:
            self.posteriors = read_posteriors(connection, self.now, self.days)
            self._free = frozenset(one.digest for one in self.posteriors if not one.kept_for)
            self._read_at = reached

    def may_be_thinned(self, connection: Connection, digest: str) -> bool:
        """Whether the posterior of this hash is whole and nothing protects it, as of this snapshot."""
        self.read(connection)
        thinned = select(thinnings.c.id).where(thinnings.c.old_hash == digest)
        return digest in self._free and connection.execute(thinned).first() is None


_REACHED = tuple(
    select(func.max(table.c.id)).scalar_subquery().label(table.name)
    for table in (runs, run_statuses, reports, run_names)
)
"""The last row of each table by which a posterior may come to be protected: rows are only ever added."""


def read_thinned(connection: Connection) -> tuple[int, ...]:
    """Return the runs whose posteriors are thinned, by number: of each posterior the one that made it."""
    return tuple(connection.execute(select(thinnings.c.run_id).order_by(thinnings.c.run_id)).scalars())


def _reasons(connection: Connection, full: list[RunRow], now: datetime, days: int) -> defaultdict[str | None, set[str]]:
    """Why each posterior is kept, by its hash: what is said of a run without a fit protects the one that it used."""
    found: defaultdict[str | None, set[str]] = defaultdict(set)
    for run in full:
        if run.recorded_at > now - timedelta(days=days):
            found[run.posterior_hash].add(RECENT)
    published = sorted((run for run in full if run.status == PUBLISHED), key=_order)
    for _, of_case in groupby(published, key=lambda run: run.case_id):
        months = [list(one) for _, one in groupby(of_case, key=lambda run: (run.as_of.year, run.as_of.month))]
        for month in months:
            found[month[-1].posterior_hash].add(MONTH_END)
        found[months[-1][-1].posterior_hash].add(NEWEST)
    for why, column in ((REPORTED, reports.c.run_id), (REPORTED, reports.c.since_run_id), (NAMED, run_names.c.run_id)):
        for digest in connection.execute(
            select(runs.c.posterior_hash).join(column.table, column == runs.c.id)
        ).scalars():
            found[digest].add(why)
    return found


def _order(run: RunRow) -> tuple[str, date, int]:
    return run.case_id, run.as_of, run.id


def named_run(connection: Connection, name: str) -> int | None:
    """Return the run of this name; None if there is none."""
    return connection.execute(select(run_names.c.run_id).where(run_names.c.name == name)).scalar()


def replace_posterior(
    database: Database, posterior: Posterior, thinned: Prepared, rule: str, now: datetime, survey: Survey
) -> bool:
    """Store what stands for a posterior from now on, and remove the whole; False where it is to be kept meanwhile.

    Rows and pieces change in one transaction. A file goes once that is committed: what a crash leaves is named by no
    row, and `sweep` removes it. What was prepared goes where it is not needed, within the transaction: another process
    that has prepared the same looks there whether it is still stored before a row names it.
    """
    with database.write() as connection:
        if not survey.may_be_thinned(connection, posterior.digest):
            if thinned.digest not in read_posterior_hashes(connection):
                remove_file(database, thinned.digest)
            return False
        keep(connection, thinned)
        if not is_own(connection, database.posteriors, thinned.digest):
            return False
        new = NewThinning(posterior.run.id, posterior.digest, thinned.digest, rule)
        append_thinning(connection, new, now)
        remove_pieces(connection, posterior.digest)
    remove_file(database, posterior.digest)
    return True


def sweep(database: Database) -> int:
    """Remove what a keep that was cut off has left; return how many files or posteriors that were.

    Raises
    ------
    PosteriorsShared
        if another database uses the folder of its posteriors: then nothing is removed
    """
    check_alone(database)
    with database.write() as connection:
        named = read_posterior_hashes(connection)
        pieces = unnamed_pieces(connection, named)
        for digest in pieces:
            remove_pieces(connection, digest)
        gone = set(connection.execute(select(thinnings.c.old_hash)).scalars()) - named
    removed = [digest for digest in sorted(gone) if remove_file(database, digest)]
    return len(pieces) + len(removed) + remove_moved(database, gone)
