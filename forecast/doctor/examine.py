"""Is this desk in order? What is wrong, how badly, and what to run, whatever state the database is in.

Nothing is changed, a locked, broken or read-only database is a finding like any other, and no check keeps the others
from being made. The files that rows name are read; the rows themselves are for `db.verify`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from db.engine import LOCK_TIMEOUT_S, Database, folder_of, open_database, parse_address, shown
from db.errors import StoreError
from forecast.doctor.clock import check_clock, check_zone
from forecast.doctor.files import check_backups, check_leftovers, check_posteriors
from forecast.doctor.finding import PROBLEM, TROUBLE, Finding, Found, Opened, hindered
from forecast.doctor.rows import (
    check_case,
    check_codings,
    check_completeness,
    check_forecast,
    check_schedule,
    check_seals,
    check_triggers,
)
from forecast.doctor.storage import check_disk, check_permissions, check_place, check_writing
from forecast.doctor.surroundings import check_alerts, check_cache, check_log, check_settings


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at, and what was found."""

    database: str
    checked: tuple[str, ...]
    """Checks that were made; those of the database only where it could be opened."""
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> int:
        return sum(finding.severity == PROBLEM for finding in self.findings)


type _Check = Callable[[Opened], Found]

CHECKS: dict[str, _Check] = {
    "writing": check_writing,
    "triggers": check_triggers,
    "seals": check_seals,
    "case": check_case,
    "completeness": check_completeness,
    "codings": check_codings,
    "forecast": check_forecast,
    "schedule": check_schedule,
    "posteriors": check_posteriors,
    "backups": check_backups,
    "leftovers": check_leftovers,
    "permissions": check_permissions,
    "clock": check_clock,
    "zone": check_zone,
    "disk": check_disk,
}
"""Those of an opened database, each in a snapshot of its own."""


def examine(
    url: str, now: datetime, *, case_id: str | None = None, lock_timeout_s: float = LOCK_TIMEOUT_S
) -> Examination:
    """Look at everything that can be looked at quickly; the findings are in the order of the checks, problems first.

    Raises nothing: what hinders a check is its finding.
    """
    checked, found = [], list[Finding]()
    for name, look in _around(url).items():
        found += _guarded(name, look)
        checked.append(name)
    checked.append("database")
    try:
        with open_database(url, lock_timeout_s=lock_timeout_s) as database:
            for name, check in CHECKS.items():
                found += _guarded(name, partial(_seen, database, check, now, case_id))
                checked.append(name)
    except TROUBLE as error:
        found.append(hindered("database", error))
    found.sort(key=lambda finding: finding.severity != PROBLEM)
    return Examination(_name(url), tuple(checked), tuple(found))


def _around(url: str) -> dict[str, Callable[[], Found]]:
    """The checks that need no open database, and of its address only what can be read."""
    checks: dict[str, Callable[[], Found]] = {"settings": check_settings, "cache": check_cache}
    try:
        folder = folder_of(parse_address(url))
    except StoreError:  # which opening it tells
        return checks
    beside = {"log": partial(check_log, folder), "alerts": partial(check_alerts, folder)}
    return {**beside, "place": partial(check_place, url), **checks}


def _guarded(name: str, check: Callable[[], Found]) -> list[Finding]:
    """What a check finds; one that cannot go on keeps what it has found, and says why."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except TROUBLE as error:
        found.append(hindered(name, error))
    return found


def _seen(database: Database, check: _Check, now: datetime, case_id: str | None) -> Found:
    with database.read() as connection:
        yield from check(Opened(database, connection, now, case_id))


def _name(url: str) -> str:
    """The address without password, where it is one."""
    try:
        return shown(parse_address(url))
    except TROUBLE:
        return url.rpartition("@")[2]
