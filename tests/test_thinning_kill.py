"""Killed at any moment, `parley keep` has thinned a posterior or left it whole, and sweeps up what it left."""

import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from killed_commands import COMMIT, End, started
from schedule_worlds import install_toy_at
from sizes import slow, soak
from sqlalchemy import func, select
from thinning_worlds import stored

from db.engine import Database, open_database
from db.posteriors import orphans
from db.read_runs import read_posterior_hashes
from db.tables import thinnings
from db.verify import verify_store

FIRST = date(2020, 1, 1)
MOST_S = 2.0
"""Within which a keep of one posterior has begun to work and has ended, on a machine at its ease."""


@pytest.mark.parametrize("kills", [slow(12), soak("desk", 120)], ids=["once", "often"])
def test_what_is_killed_has_thinned_it_or_left_it(
    kills: int, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    install_toy_at(database_url, tmp_path)
    draw, fates = random.Random(kills), Counter[str]()
    with open_database(database_url) as database:
        stored(database, FIRST + timedelta(days=999), 999)
        for number in range(kills):
            stored(database, FIRST + timedelta(days=number % 20), number)
            before = thinned(database)
            fates[strike(database_url, tmp_path, draw, manner=number % 3)] += 1
            assert before <= thinned(database) <= before + 2, "at most this one, and one that an earlier kill had left"
            check(database)
        with started(("keep", "--json"), database_url, tmp_path) as command:
            assert command.follow() is End.ENDED
            assert command.code == 0, command.errors
        assert thinned(database) == kills - 1, "the last of the month stays whole"
        check(database)
        with database.read() as connection:
            known = read_posterior_hashes(connection)
        left = [path for path in orphans(database.posteriors.folder, known) if path.suffix == ".nc"]
    print(f"\n{kills} kills: {dict(fates)}; files of no row: {len(left)}")


def strike(url: str, folder: Path, draw: random.Random, *, manner: int) -> str:
    """Kill a keep at any moment, as it is about to commit, or just after that; whether it was ended so."""
    with started(("keep",), url, folder, lives_on=True) as command:
        if manner == 0:
            command.follow(seconds=draw.uniform(0, MOST_S))
        elif manner == 1:
            last = draw.randint(1, 4)
            command.follow(hold=lambda each: len(each.steps) == last, seconds=4 * MOST_S)
        else:
            command.follow(heard=lambda each: any(step.what == COMMIT for step in each.steps), seconds=4 * MOST_S)
            command.follow(seconds=draw.uniform(0, 0.02))
        return "killed" if command.kill() else "ended"


def thinned(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(thinnings)).scalar_one()


def check(database: Database) -> None:
    """Every posterior that a row names is there as it was stored."""
    with database.read() as connection:
        found = verify_store(connection, database.posteriors)
    assert (found.broken, found.damaged) == ((), ())
