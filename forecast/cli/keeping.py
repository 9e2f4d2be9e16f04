"""Commands that keep what is stored: verify, backup, doctor."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.console import Json, case_id, database_url, opened, print_json
from forecast.cli.progress import watched

if TYPE_CHECKING:
    from db.verify import Verification


def verify(json_: Json = False) -> None:
    """Check everything stored. Each row's hash, the seals, the triggers, each posterior file; exit 1 if damaged."""
    from db.errors import BrokenChain
    from db.verify import verify_store

    with opened() as database, watched() as report, database.read() as connection:
        found = verify_store(connection, database.folder, report)
    if json_:
        print_json({"database": database.url, "sound": found.sound, **_facts(found)})
    else:
        from forecast.cli.keeping_tables import print_verification

        print_verification(database.url, found)
    if not found.sound:
        raise BrokenChain(f"{database.url} is damaged; {found.remedy}")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The ZIP file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    json_: Json = False,
) -> None:
    """Back up into one ZIP file. The database and its posteriors, checked, also while others work.

    `unzip FILE` in an empty folder gives a working Parley: an SQLite database, whatever this one is. Of a damaged store
    what is left is kept, unless FILE exists; exit 1 then.
    """
    from db.backup import write_backup
    from db.errors import BrokenChain

    with opened() as database, watched() as report:
        made = write_backup(database, file, force=force, report=report)
    if json_:
        facts = {"file": made.file, "bytes": made.size, "schema": made.schema, "runs": made.runs}
        print_json({**facts, "sound": made.contents.sound, **_facts(made.contents)})
    else:
        from forecast.cli.keeping_tables import print_backup

        print_backup(made)
    if not made.contents.sound:
        raise BrokenChain(f"{file} holds what is left of {database.url}, which is damaged; {made.contents.remedy}")


def doctor(json_: Json = False) -> None:
    """See whether all is in order. And what to run for each finding; exit 1 if there is a problem."""
    from forecast.doctor.examine import examine

    found = examine(database_url(), datetime.now(UTC), case_id=case_id())
    if json_:
        print_json(found)
    else:
        from forecast.cli.keeping_tables import print_examination

        print_examination(found)
    if found.problems:
        raise typer.Exit(1)


def _facts(found: "Verification") -> dict[str, object]:
    from dataclasses import asdict

    return asdict(found)
