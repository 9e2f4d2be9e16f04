"""The command for pictures: plot."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from db.kinds import FULL_KINDS
from db.progress import Progress, silent
from forecast.cli.console import (
    AsOf,
    AsRecorded,
    Json,
    case_id,
    check_choices,
    opened,
    parse_day,
    parse_horizon,
    print_json,
    today,
    whole,
)
from forecast.cli.console import Language as Lang
from forecast.cli.languages import language_of
from forecast.cli.outputs import written_as
from forecast.cli.progress import watched
from forecast.cli.streams import answering
from forecast.cli.why import parse_since
from forecast.plots.kinds import KINDS, OPTIONS, Asked, Picture
from forecast.plots.style import as_png, as_svg
from forecast.writing import check_place, write_file
from indicators.content import TARGETS

ENDINGS = (".png", ".svg")
LONG = ("why", "tornado", "next")
"""Kinds that take so long that a bar is shown."""

Target = Annotated[
    str | None, typer.Option("--target", metavar="TARGET", help="Of this target, such as contact (default: headline).")
]
Horizon = Annotated[
    Any,
    typer.Option(
        "--horizon",
        parser=parse_horizon,
        metavar="DAYS|DATE",
        help="Of this rolling horizon or deadline (default: the longest rolling one).",
    ),
]
First = Annotated[
    date | None, typer.Option("--from", parser=parse_day, metavar="DATE", help="From this as-of date or day on.")
]
Last = Annotated[
    date | None, typer.Option("--to", parser=parse_day, metavar="DATE", help="Up to this as-of date or day.")
]
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help="Of runs that are official, manual, backfill or provisional; may be repeated (default: all).",
    ),
]
Run = Annotated[
    int | None,
    typer.Option("--run", parser=whole(1), metavar="ID", help="Of this run (default: the last published with a fit)."),
]
Backtest = Annotated[
    int | None,
    typer.Option(
        "--backtest",
        parser=whole(1),
        metavar="ID",
        help="Of this stored backtest (default: newest of the standard plan).",
    ),
]
Indicators = Annotated[
    list[str] | None, typer.Option("--indicator", metavar="ID", help="Of this indicator; may be repeated.")
]
Since = Annotated[
    Any,
    typer.Option(
        "--since",
        parser=parse_since,
        metavar="DATE|brief|week",
        help="Of what moved the forecast since the run of that day or brief (default: the run before).",
    ),
]


def plot(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="history, horizons, scenarios, states, effects, judgements, diagnostics, reliability, why, "
            "tornado or next.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            parser=written_as(*ENDINGS, example="picture"),
            metavar="FILE",
            help="The file to write: .png or .svg.",
        ),
    ],
    target: Target = None,
    horizon: Horizon = None,
    first: First = None,
    last: Last = None,
    kinds: Kinds = None,
    run: Run = None,
    backtest: Backtest = None,
    indicators: Indicators = None,
    as_of: AsOf = None,
    as_recorded: AsRecorded = None,
    recomputed: Annotated[
        bool, typer.Option("--recomputed", help="Add the last 90 days as the present model would have had them.")
    ] = False,
    since: Since = None,
    lang: Lang = "en",
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    json_: Json = False,
) -> None:
    """Draw a picture of what is on file. With the sentence that belongs under it."""
    language = language_of(lang)
    asked = Asked(
        today=date.max,
        case_id=case_id(),
        target=target,
        horizon=horizon,
        first=first,
        last=last,
        kinds=tuple(kinds or ()),
        run_id=run,
        backtest_id=backtest,
        indicators=tuple(indicators or ()),
        as_of=as_of,
        as_recorded=as_recorded,
        recomputed=recomputed,
        since=since,
        language=language,
    )
    _check(kind, asked)
    check_place(out, force=force, example=f"{kind}.png")
    with opened() as database, database.read() as connection, _watched(recomputed or kind in LONG) as progress:
        picture = KINDS[kind].make(
            connection,
            database.posteriors,
            replace(asked, today=today(connection), progress=progress, database=database),
        )
    render = as_png if out.suffix.casefold() == ".png" else as_svg
    write_file(render(picture.figure), out, force=force)
    with answering(f"wrote {out}"):
        _tell(kind, out, picture, json_)


def _watched(long: bool) -> AbstractContextManager[Progress]:
    """A bar where it takes long."""
    return watched() if long else nullcontext(silent)


def _check(kind: str, asked: Asked) -> None:
    """Refuse what no picture shows, and what this one does not."""
    check_choices("KIND", [kind], tuple(KINDS))
    takes = KINDS[kind].options
    for option, name in OPTIONS.items():
        if getattr(asked, name) and option not in takes:
            what = f"does not apply to {kind}, which takes {', '.join(takes)}"
            raise typer.BadParameter(what, param_hint=f"'{option}'")
    check_choices("--target", [asked.target] if asked.target else None, TARGETS)
    check_choices("--kind", list(asked.kinds), (*FULL_KINDS, "provisional"))
    if asked.first and asked.last and asked.last < asked.first:
        what = f"{asked.last} is before --from {asked.first}; name a later day"
        raise typer.BadParameter(what, param_hint="'--to'")
    if asked.run_id is not None and asked.as_of is not None:
        raise typer.BadParameter("a run has its own as-of date; give one of --run and --as-of", param_hint="'--run'")


def _tell(kind: str, out: Path, picture: Picture, json_: bool) -> None:
    if json_:
        width, height = (round(float(inches), 3) for inches in picture.figure.get_size_inches())
        size = {"width_inches": width, "height_inches": height}
        print_json({"file": str(out), "kind": kind, "caption": picture.caption, **size, "shown": picture.shown})
    else:
        typer.echo(f"wrote {out}\n{picture.caption}")
