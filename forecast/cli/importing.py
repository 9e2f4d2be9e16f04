"""The command that logs every row of a file."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.console import Analyst, Json, check_choices
from forecast.cli.desk import DryRun, answer, at_desk
from forecast.cli.progress import watched
from forecast.cli.tables import emit, paragraph
from forecast.desk.importing import KINDS, read_file, refused, store, understand
from forecast.desk.mappings import check_mapping, keep_mapping, mapping_named
from forecast.desk.receipt import count_sentence, understood_sentences
from forecast.desk.session import Desk, Receipt
from forecast.desk.understood import Understood
from indicators.kinds import kind_named, unknown_kind
from indicators.mapping import AS_NAMED, DATE_ORDERS, FileMapping, parse_levels, parse_pairs
from indicators.sheets import ENCODINGS, find_encoding

_FILES = [kind.file for kind in KINDS]
Pairs = list[str] | None
Mapped = Annotated[
    Pairs,
    typer.Option("--map", metavar="OURS=THEIRS", help="Read our column from theirs: observed_on=date."),
]
Constant = Annotated[
    Pairs,
    typer.Option(
        "--set", metavar="OURS=VALUE", help="Give every row the same value: indicator=dprk_weapons_testing grade=B2."
    ),
]
Levels = Annotated[
    Pairs, typer.Option("--level-map", metavar="WORD=LEVEL", help="Level that each word stands for: 'soft=1,hard=-1'.")
]
Where = Annotated[
    Pairs, typer.Option("--where", metavar="THEIRS=VALUE", help="Read only rows that match: 'type=a|b', 'type!=c'.")
]
Kind = Annotated[
    str | None,
    typer.Option(
        metavar="KIND",
        help=f"What the rows are: {', '.join(each.name for each in _FILES)} (default: told from the columns).",
    ),
]
Sheet = Annotated[str | None, typer.Option(metavar="NAME", help="Sheet of a workbook, by name or number.")]
Dates = Annotated[
    str | None, typer.Option(metavar="ORDER", help="Order of ambiguous dates such as 03/11/2026: dmy or mdy.")
]
Encoding = Annotated[
    str | None, typer.Option(metavar="NAME", help="Encoding of a text file, such as shift_jis (default: detected).")
]
Ignore = Annotated[bool, typer.Option("--ignore-other-columns", help="Ignore columns that Parley does not know.")]
Wide = Annotated[
    bool, typer.Option("--wide", help="The file has one column per indicator or per day; each level becomes a row.")
]
Kept = Annotated[
    str | None,
    typer.Option("--mapping", metavar="NAME", help="Use a saved mapping: its name, or a file."),
]
Keep = Annotated[
    str | None,
    typer.Option("--save-mapping", metavar="NAME", help="Save these options as a mapping: a name, or a file."),
]


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table: .csv, .xlsx …, such as a filled-in template.")],
    kind: Kind = None,
    map_: Mapped = None,
    set_: Constant = None,
    level_map: Levels = None,
    where: Where = None,
    ignore_other_columns: Ignore = False,
    wide: Wide = False,
    dates: Dates = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    mapping: Kept = None,
    save_mapping: Keep = None,
    yes: Annotated[bool, typer.Option("--yes", help="Store without asking for confirmation.")] = False,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Import every row of a file, or none. All problems are listed at once; rows already on file are skipped."""
    _check(kind, dates, encoding)
    said = FileMapping(
        kind=kind or "",
        columns=parse_pairs(map_ or (), "--map"),
        constants=parse_pairs(set_ or (), "--set"),
        levels=parse_levels(level_map or (), "--level-map"),
        where=parse_pairs(where or (), "--where"),
        ignore_other_columns=ignore_other_columns,
        wide=wide,
        dates=dates or "",
        sheet=sheet or "",
        encoding=encoding or "",
    )
    asks = not (yes or dry_run or json_) and sys.stdin.isatty() and sys.stdout.isatty()
    with at_desk(analyst) as desk:
        whole = said.over(mapping_named(desk.database.folder, mapping) if mapping else AS_NAMED)
        if save_mapping:
            check_mapping(desk.database.folder, save_mapping, whole)
        receipt = _import(desk, file, whole, asks=asks, dry_run=dry_run)
        if save_mapping and not dry_run and (receipt.stored or receipt.unchanged):
            kept = keep_mapping(desk.database.folder, save_mapping, whole)
            receipt = replace(receipt, notes=(*receipt.notes, f"mapping saved as {kept}"))
        answer(receipt, json_, asked=asks)


def _check(kind: str | None, dates: str | None, encoding: str | None) -> None:
    """Refuse what no file could be read by."""
    if kind is not None and kind_named(kind, _FILES) is None:
        raise typer.BadParameter(unknown_kind(kind, _FILES), param_hint="'--kind'")
    check_choices("--dates", [dates] if dates is not None else None, DATE_ORDERS)
    if encoding is not None and find_encoding(encoding) is None:
        known = ", ".join(ENCODINGS)
        raise typer.BadParameter(f"{encoding!r} is not known; use one of {known}", param_hint="'--encoding'")


def _import(desk: Desk, file: Path, mapping: FileMapping, *, asks: bool, dry_run: bool) -> Receipt:
    """Read a file, show on a terminal what was understood and ask, and store it."""
    with watched() as report:
        found = read_file(desk, file, mapping, report)
    if asks:
        seen = understand(desk, found)
        _show(seen)
        if seen.new and not typer.confirm("Store them?", default=False):
            return refused(found, seen)
    with watched() as report:
        return store(desk, found, dry_run=dry_run, progress=report)


def _show(seen: Understood) -> None:
    emit([line for each in (*understood_sentences(seen), count_sentence(seen)) for line in paragraph(each)])
