"""Files of posteriors: whole or absent, named by their content, in a folder or in the database of a server."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.engine import Database, open_database
from db.errors import DatabaseUnwritable, StoreError
from db.posteriors import (
    PIECE,
    Posteriors,
    Prepared,
    check_path,
    check_place,
    check_stored,
    keep,
    opened,
    orphans,
    path_of,
    prepare,
    store_file,
    unnamed_pieces,
)
from db.tables import posterior_chunks

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
LONG = os.urandom(2 * PIECE + 17)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server keeps no files; those of before its table lie in the current folder."""
    monkeypatch.chdir(tmp_path)


def writing(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text)

    return write


def kept(database: Database, content: bytes) -> Prepared:
    file = prepare(database.posteriors, lambda path: path.write_bytes(content) and None)
    with database.write() as connection:
        assert keep(connection, file) == hashlib.sha256(content).hexdigest()
    return file


def read(database: Database, digest: str) -> bytes:
    with database.read() as connection, opened(connection, database.posteriors, digest) as path:
        return path.read_bytes()


def test_what_is_kept_is_read_back_by_its_hash(database: Database) -> None:
    digest = kept(database, LONG).digest
    assert read(database, digest) == LONG
    with database.read() as connection:
        check_stored(connection, database.posteriors, digest)
        pieces = connection.execute(select(func.length(posterior_chunks.c.content))).scalars().all()
    assert sorted(pieces) == ([17, PIECE, PIECE] if database.posteriors.in_database else [])


def test_the_same_content_again_takes_no_more_room(database: Database) -> None:
    assert kept(database, LONG).digest == kept(database, LONG).digest
    assert read(database, kept(database, b"draws").digest) == b"draws"
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(posterior_chunks)).scalar() in (0, 4)


def test_two_desks_far_from_each_other_have_the_same_posteriors(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = kept(database, LONG).digest
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with open_database(database_url) as other:
        assert read(other, digest) == LONG


@on_postgresql
def test_a_transaction_that_fails_leaves_no_piece(database: Database) -> None:
    file = prepare(database.posteriors, lambda path: path.write_bytes(LONG) and None)

    def fail() -> None:
        with database.write() as connection:
            keep(connection, file)
            raise ValueError("no row")

    with pytest.raises(ValueError, match=r"^no row$"):
        fail()
    message = rf"^posterior {file.digest[:12]}… is neither in the database nor in .*; restore it from a backup, or set"
    with pytest.raises(StoreError, match=message):
        read(database, file.digest)


@on_postgresql
@pytest.mark.parametrize(
    "damage",
    ["DELETE FROM posterior_chunks WHERE number = 1", "UPDATE posterior_chunks SET content = 'x' WHERE number = 2"],
)
def test_a_piece_that_is_lost_or_altered_is_found(database: Database, damage: str) -> None:
    digest = kept(database, LONG).digest
    with database.write() as connection:
        connection.exec_driver_sql(damage)
    message = rf"^posterior {digest[:12]}… in the database has content [0-9a-f]{{12}}…, not what its name says"
    with database.read() as connection, pytest.raises(StoreError, match=message):
        check_stored(connection, database.posteriors, digest)


@on_postgresql
def test_a_posterior_from_before_the_table_is_read_where_it_lies(database: Database) -> None:
    digest = store_file(database.posteriors.folder, writing("old"))
    assert read(database, digest) == b"old"
    with database.read() as connection:
        check_stored(connection, database.posteriors, digest)


@on_postgresql
def test_pieces_that_no_row_names_are_found(database: Database) -> None:
    one, other = (kept(database, content).digest for content in (b"one", b"other"))
    with database.read() as connection:
        assert unnamed_pieces(connection, {one}) == (other,)


def test_a_folder_of_ones_own_is_used_by_every_database(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept(database, b"before").digest
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("PARLEY_POSTERIORS", str(tmp_path / "shared"))
    digest = kept(database, LONG).digest
    assert path_of(tmp_path / "shared", digest).read_bytes() == LONG
    assert (read(database, digest), read(database, before)) == (LONG, b"before")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PARLEY_POSTERIORS", "~/shared")
    assert read(database, digest) == LONG


MISSING_THERE = "make it or mount its disk, or name another in PARLEY_POSTERIORS"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{}/gone", f"folder {{}}/gone does not exist; {MISSING_THERE}"),
        ("/proc/gone", f"folder /proc/gone does not exist; {MISSING_THERE}"),
        ("{}/file", "{}/file is no folder; name one in PARLEY_POSTERIORS"),
        ("{}/file/in", "folder {}/file/in cannot be looked at (Not a directory); mend that, or name another in"),
        ("/proc/1", "folder /proc/1 cannot be written; allow writing there, or name another in P"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_chosen_folder_must_be_there(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, said: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PARLEY_POSTERIORS", given.format(tmp_path))
    for store in (lambda: kept(database, b"draws"), lambda: check_place(database.posteriors)):
        with pytest.raises(DatabaseUnwritable, match=f"^{re.escape(said.format(tmp_path))}"):
            store()
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("given", ["shared", "./shared", "~nobody-of-that-name/shared"])
def test_a_chosen_folder_is_named_from_the_root_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("PARLEY_POSTERIORS", given)
    with pytest.raises(StoreError, match=rf"^PARLEY_POSTERIORS={given} is no whole path; write one, such as /"):
        kept(database, b"draws")


def test_who_misses_a_posterior_learns_of_the_chosen_folder(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("shared", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PARLEY_POSTERIORS", str(tmp_path / "shared"))
    digest = kept(database, LONG).digest
    monkeypatch.setenv("PARLEY_POSTERIORS", str(tmp_path / "other"))
    looked = re.escape(f"{digest}.nc is neither in {tmp_path / 'other'} (PARLEY_POSTERIORS) nor in {tmp_path}")
    with pytest.raises(StoreError, match=rf"{looked}.*; restore it from a backup, or set PARLEY_POSTERIORS as it was"):
        read(database, digest)
    monkeypatch.delenv("PARLEY_POSTERIORS")
    again = "restore it from a backup, or set PARLEY_POSTERIORS again, if it named a folder then"
    with pytest.raises(StoreError, match=f"; {again} "):
        read(database, digest)


def test_a_file_is_kept_under_the_hash_of_its_content(tmp_path: Path) -> None:
    digest = store_file(tmp_path / "p", writing("draws"))
    assert digest == hashlib.sha256(b"draws").hexdigest()
    assert path_of(tmp_path / "p", digest) == tmp_path / "p" / f"{digest}.nc"
    assert path_of(tmp_path / "p", digest).read_text() == "draws"
    check_path(path_of(tmp_path / "p", digest), digest)


def test_the_same_content_again_is_the_same_file(tmp_path: Path) -> None:
    assert store_file(tmp_path, writing("draws")) == store_file(tmp_path, writing("draws"))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_writer_that_fails_leaves_nothing(database: Database) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise ValueError("no more draws")

    with pytest.raises(ValueError, match=r"^no more draws$"):
        prepare(database.posteriors, fail)
    assert orphans(database.posteriors.folder, ()) == ()


def test_the_file_is_synced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[bool, bool]] = []

    def note(path: Path) -> None:
        synced.append((path.is_dir(), any(file.suffix == ".nc" for file in tmp_path.iterdir())))

    monkeypatch.setattr("db.posteriors._sync", note)
    store_file(tmp_path, writing("draws"))
    assert synced == [(False, False), (True, True)]


def test_a_missing_or_altered_file_is_named(tmp_path: Path) -> None:
    digest = store_file(tmp_path, writing("draws"))
    path_of(tmp_path, digest).write_text("other")
    with pytest.raises(StoreError, match=f"{digest}.nc has content d9298a10d1b0…, not what its name says"):
        check_path(path_of(tmp_path, digest), digest)
    path_of(tmp_path, digest).unlink()
    message = f"{digest}.nc is missing; restore it from a backup, or set PARLEY_POSTERIORS again"
    with pytest.raises(StoreError, match=message):
        path_of(tmp_path, digest)


def test_orphans_are_files_no_row_knows_and_drafts_of_a_crash(tmp_path: Path) -> None:
    assert orphans(tmp_path / "none", ()) == ()
    known, unknown = (store_file(tmp_path, writing(text)) for text in ("a", "b"))
    draft = tmp_path / "aside-x"
    draft.mkdir()
    assert set(orphans(tmp_path, {known})) == {path_of(tmp_path, unknown), draft}


def test_a_place_that_cannot_hold_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "posteriors").write_text("in the way")
    with pytest.raises(DatabaseUnwritable, match=r"posteriors cannot be written \(File exists\); allow writing there$"):
        prepare(Posteriors(tmp_path / "posteriors"), writing("draws"))
