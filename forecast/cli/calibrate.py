"""The command that says how far the forecasts can be trusted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.console import Json, case_id, opened, print_json, today

if TYPE_CHECKING:
    from forecast.trust import Trust


def calibrate(
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the trust page too: one file, with figures.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.html if it exists.")] = False,
    backtest: Annotated[
        int | None, typer.Option(metavar="ID", help="A stored backtest (default: the newest of the standard plan).")
    ] = None,
    json_: Json = False,
) -> None:
    """Print how far the forecasts can be trusted: every number with its n and whether it is enough.

    The numbers are of a stored backtest (`parley backtest`), of live forecasts, and of checks (`parley check`).
    """
    if force and out is None:
        raise typer.BadParameter("there is no file to replace; give --out FILE.html too", param_hint="'--force'")
    from forecast.cache import use_compile_cache

    use_compile_cache()
    from forecast.trust import as_json, read_trust
    from forecast.trust_page import check_place, render_page, write_page

    if out is not None:
        check_place(out, force=force)
    with opened() as database, database.read() as connection:
        trust = read_trust(connection, database.folder, today(), backtest_id=backtest, case_id=case_id())
    if out is not None:
        write_page(render_page(trust), out, force=force)
    if json_:
        print_json(as_json(trust))
    else:
        _print(trust, out)


def _print(trust: "Trust", out: Path | None) -> None:
    """The sentence first, then what it rests on."""
    from rich.text import Text

    from forecast.cli.tables import bold, emit, facts, grid, paragraph
    from forecast.trust_tables import (
        Table,
        backtest_words,
        bounds_tables,
        calibration_table,
        comparison_tables,
        era_note,
        provenance,
        ranked_table,
    )

    def block(table: Table) -> list[str | Text]:
        lines = grid(table.header, table.rows, left=table.left) if table.rows else []
        return [bold(table.title), *lines, *paragraph(table.note)]

    def sentence(*parts: str | None) -> list[str]:
        return paragraph(" ".join(part for part in parts if part))

    tables = (*bounds_tables(trust), *comparison_tables(trust), ranked_table(trust), calibration_table(trust))
    width = max(len(one.name) for one in trust.checks) + 2
    marks = [f"{one.verdict:<9}{one.name:<{width}}" for one in trust.checks]
    checks = [
        line
        for one, mark in zip(trust.checks, marks, strict=True)
        for line in paragraph(one.sentence, indent=mark, hanging=" " * len(mark))
    ]
    blocks: list[list[str | Text]] = [
        [*sentence(trust.quality.sentence, trust.quality.note), *sentence(trust.track.sentence)],
        [
            *sentence(
                f"Below: backtest {backtest_words(trust.source)}. Not a track record.", trust.rule, era_note(trust)
            )
        ],
        *(block(table) for table in tables if table.rows),
        [bold("Checks"), *checks],
        [bold("What was measured"), *facts(provenance(trust))],
    ]
    if out is not None:
        blocks.append([f"wrote {out}"])
    emit([line for one in blocks for line in ("", *one)][1:])
