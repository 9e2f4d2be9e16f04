"""The command that says why the forecast moved."""

from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from db.read import read_case, read_catalogue
from forecast.cache import is_warm
from forecast.cli.console import (
    Json,
    case_id,
    check_choices,
    json_text,
    opened,
    parse_day,
    parse_horizon,
    print_json,
    shown,
    today,
    whole,
)
from forecast.cli.console import Language as Lang
from forecast.cli.languages import language_of
from forecast.cli.outputs import written_as
from forecast.cli.progress import watch
from forecast.cli.streams import answering
from forecast.cli.why_tables import Shown, print_why
from forecast.facts.why import DAILY, DIRECT, Explanation
from forecast.why.found import find, place_asked
from forecast.why.grouping import BY, LINE, gather
from forecast.why.pairs import BRIEF, WEEK, choose_pair
from forecast.why.payload import as_json, groups_json
from forecast.why.translated import in_language
from forecast.writing import check_place, write_file
from indicators.content import TARGETS

ALL = "all"


def parse_since(text: str) -> date | str:
    """The day, or the word for what a comparison goes back to."""
    if text in (BRIEF, WEEK):
        return text
    try:
        return parse_day(text)
    except typer.BadParameter:
        raise typer.BadParameter(
            f"{shown(text)} is neither a date nor {BRIEF} or {WEEK}; write YYYY-MM-DD, such as 2026-10-10"
        ) from None


def parse_reach(text: str) -> Any:
    """A horizon, or all of them."""
    return ALL if text == ALL else parse_horizon(text)


def why(
    runs: Annotated[
        list[int] | None,
        typer.Argument(
            parser=whole(1),
            metavar="RUN",
            help="The earlier and the later run (default: the newest and the one before it; one: from it to the "
            "newest; with --since one is the later).",
        ),
    ] = None,
    since: Annotated[
        Any,
        typer.Option(parser=parse_since, metavar="DATE|brief|week", help="From the run of that day or brief."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="TARGET", help="Of this target, such as contact (default: headline)."),
    ] = None,
    horizon: Annotated[
        Any,
        typer.Option(
            "--horizon",
            parser=parse_reach,
            metavar="DAYS|DATE|all",
            help="Of this rolling horizon or deadline (default: all; sentences are of the longest rolling one).",
        ),
    ] = ALL,
    by: Annotated[str, typer.Option("--by", metavar="|".join(BY), help="What lines are gathered by.")] = LINE,
    path: Annotated[
        str,
        typer.Option(
            "--path",
            metavar=f"{DIRECT}|{DAILY}",
            help="What each thing is worth at the end, or the sum of what was stored day by day.",
        ),
    ] = DIRECT,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=written_as(".png", ".svg", ".json", example="why"),
            metavar="FILE",
            help="Write a file too: a waterfall as .png or .svg, or the facts as .json.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    lang: Lang = "en",
    json_: Json = False,
) -> None:
    """Say why the forecast moved. Every change of the number, line by line, adding up."""
    language, named = language_of(lang), runs or []
    _check(named, since, target, by, path)
    if force and out is None:
        raise typer.BadParameter("there is no file to replace; give --out FILE too", param_hint="'--force'")
    if out is not None:
        check_place(out, force=force, example="why.png")
    with opened() as database, watch(warm=is_warm()) as progress, database.read() as connection:
        case = read_case(connection, case_id())
        catalogue = read_catalogue(connection, case)
        before, after = choose_pair(
            connection,
            case.case_id,
            today(connection),
            before=None if since is not None else next(iter(named), None),
            after=next(iter(named), None) if since is not None else next(iter(named[1:]), None),
            since=since,
        )
        found = find(connection, database.posteriors, before, after, path=path, progress=progress)
    told = in_language(found, catalogue, language)
    names = {row.indicator_id: row.name for row in catalogue}
    places = _places(told, target, horizon)
    seen = Shown(found=told, target=places[0], reach=places[1], columns=places[2], language=language)
    groups = () if by == LINE else gather(told, by, names)
    payload = as_json(told, seen.target, seen.reach, language)
    payload |= {"groups": groups_json(told, groups, by, language)} if groups else {}
    if out is not None:
        _write(seen, payload, out, force)
    with answering(f"wrote {out}") if out is not None else nullcontext():
        if json_:
            print_json(payload)
            return
        print_why(seen, groups)
        if out is not None:
            typer.echo(f"\nwrote {out}")


def _check(named: list[int], since: date | str | None, target: str | None, by: str, path: str) -> None:
    if len(named) > 2:
        raise typer.BadParameter(f"{len(named)} runs are given; give two at most", param_hint="RUN")
    if since is not None and len(named) == 2:
        raise typer.BadParameter(
            "with --since only the later run can be named; give one run or none", param_hint="'--since'"
        )
    check_choices("--by", [by], BY)
    check_choices("--path", [path], (DIRECT, DAILY))
    if target is not None:
        check_choices("--target", [target], TARGETS)


def _places(found: Explanation, target: str | None, horizon: int | date | str) -> tuple[int, int, tuple[int, ...]]:
    """The place of the target, of the window that sentences are of, and of those that have columns."""
    place = found.place if target is None else found.targets.index(target)
    if isinstance(horizon, str):
        return place, place_asked(found, None), tuple(range(len(found.reaches)))
    reach = place_asked(found, horizon)
    return place, reach, (reach,)


def _write(seen: Shown, payload: object, out: Path, force: bool) -> None:
    """The facts as JSON, or a waterfall."""
    if out.suffix.casefold() == ".json":
        write_file((json_text(payload) + "\n").encode(), out, force=force)
        return
    from forecast.plots.style import as_png, as_svg  # libraries for drawing, which a table does without
    from forecast.plots.why import draw_why

    render = as_png if out.suffix.casefold() == ".png" else as_svg
    figure = draw_why(seen.found, seen.target, seen.reach, seen.language)
    write_file(render(figure), out, force=force)
