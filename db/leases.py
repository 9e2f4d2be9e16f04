"""Leases: who may make the scheduled runs of a case. Rows are changed in place, and are no part of the record.

What makes a run happen once is not the lease but its holder being checked in the transaction that stores the run
(`keep_lease`); the lease only spares two services the work.
"""

from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import date, datetime

from sqlalchemy import Connection, delete, insert, select, update

from db import tables
from db.errors import LeaseHeld, LeaseLost
from db.run_rows import LeaseRow


def read_lease(connection: Connection, name: str) -> LeaseRow | None:
    """Return the lease of that name, alive or not."""
    leases = tables.leases.c
    row = connection.execute(select(*(leases[f.name] for f in fields(LeaseRow))).where(leases.name == name)).first()
    return LeaseRow(**row._mapping) if row else None


def take_lease(
    connection: Connection,
    name: str,
    holder: str,
    ttl_s: float,
    now: datetime,
    *,
    is_gone: Callable[[str], bool] = lambda holder: False,
) -> LeaseRow | None:
    """Take the lease, or renew one's own; return it as it was before, so that work left undone can be settled.

    Raises LeaseHeld if another holder is alive; `is_gone` may know that one is not, before its lease expires. Takes the
    connection of `Database.write()`, as all that change leases.
    """
    before = read_lease(connection, name)
    if before is not None and before.holder != holder and before.is_alive(now) and not is_gone(before.holder):
        raise LeaseHeld(
            f"{before.holder} holds the lease of the {name} and was heard {_ago(before, now)} s ago; stop it, or wait: "
            f"a lease that is not renewed expires after {before.ttl_s:g} s"
        )
    own = before is not None and before.holder == holder
    since = before.since if before is not None and own else now
    connection.execute(delete(tables.leases).where(tables.leases.c.name == name))
    connection.execute(
        insert(tables.leases),
        asdict(
            LeaseRow(
                name=name, holder=holder, since=since, beat_at=now, ttl_s=ttl_s, working_on=None, working_since=None
            )
        ),
    )
    return before


def keep_lease(connection: Connection, name: str, holder: str, now: datetime) -> None:
    """Beat; LeaseLost if another has taken the lease, which a holder unheard for long must expect."""
    leases = tables.leases
    mine = (leases.c.name == name) & (leases.c.holder == holder)
    if connection.execute(update(leases).where(mine).values(beat_at=now)).rowcount != 1:
        found = read_lease(connection, name)
        raise LeaseLost(f"the lease of the {name} has passed from {holder} to {found.holder if found else 'no one'}")


def mark_work(connection: Connection, name: str, holder: str, day: date | None, now: datetime) -> None:
    """Say on the lease which day's run is being made (None: none), and beat; LeaseLost if it is another's."""
    keep_lease(connection, name, holder, now)
    changed = {"working_on": day, "working_since": now if day else None}
    connection.execute(update(tables.leases).where(tables.leases.c.name == name).values(changed))


def release_lease(connection: Connection, name: str, holder: str) -> None:
    """Give the lease back, if it is still the holder's."""
    leases = tables.leases.c
    connection.execute(delete(tables.leases).where((leases.name == name) & (leases.holder == holder)))


def _ago(lease: LeaseRow, now: datetime) -> int:
    return max(round((now - lease.beat_at).total_seconds()), 0)
