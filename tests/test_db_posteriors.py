"""Files of posteriors: whole or absent, and named by their content."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from db.errors import DatabaseUnwritable, StoreError
from db.posteriors import check_file, orphans, path_of, store_file


def writing(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text)

    return write


def test_a_file_is_kept_under_the_hash_of_its_content(tmp_path: Path) -> None:
    digest = store_file(tmp_path, writing("draws"))
    assert digest == hashlib.sha256(b"draws").hexdigest()
    assert path_of(tmp_path, digest) == tmp_path / "posteriors" / f"{digest}.nc"
    assert path_of(tmp_path, digest).read_text() == "draws"
    check_file(tmp_path, digest)


def test_the_same_content_again_is_the_same_file(tmp_path: Path) -> None:
    assert store_file(tmp_path, writing("draws")) == store_file(tmp_path, writing("draws"))
    assert len(list((tmp_path / "posteriors").iterdir())) == 1


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise ValueError("no more draws")

    with pytest.raises(ValueError, match=r"^no more draws$"):
        store_file(tmp_path, fail)
    assert list((tmp_path / "posteriors").iterdir()) == []


def test_the_file_is_synced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[bool, bool]] = []

    def note(path: Path) -> None:
        named = any(file.suffix == ".nc" for file in (tmp_path / "posteriors").iterdir())
        synced.append((path.is_dir(), named))

    monkeypatch.setattr("db.posteriors._sync", note)
    store_file(tmp_path, writing("draws"))
    assert synced == [(False, False), (True, True)]


def test_a_missing_or_altered_file_is_named(tmp_path: Path) -> None:
    digest = store_file(tmp_path, writing("draws"))
    path_of(tmp_path, digest).write_text("other")
    with pytest.raises(StoreError, match=f"{digest}.nc has content d9298a10d1b0…, not what its name says"):
        check_file(tmp_path, digest)
    path_of(tmp_path, digest).unlink()
    message = f"{digest}.nc is missing; restore it from a backup, or run `parley update` or `parley backtest` again$"
    with pytest.raises(StoreError, match=message):
        path_of(tmp_path, digest)


def test_orphans_are_files_no_row_knows_and_drafts_of_a_crash(tmp_path: Path) -> None:
    assert orphans(tmp_path, ()) == ()
    known, unknown = (store_file(tmp_path, writing(text)) for text in ("a", "b"))
    draft = tmp_path / "posteriors" / "aside-x"
    draft.mkdir()
    assert set(orphans(tmp_path, {known})) == {path_of(tmp_path, unknown), draft}


def test_a_place_that_cannot_hold_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "posteriors").write_text("in the way")
    with pytest.raises(DatabaseUnwritable, match=r"posteriors cannot be written \(File exists\); allow writing there$"):
        store_file(tmp_path, writing("draws"))
