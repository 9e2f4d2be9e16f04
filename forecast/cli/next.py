"""The command that says what to look at next: next."""

from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from forecast.cli.console import Json, check_choices, parse_day, parse_horizon, print_json
from forecast.cli.console import Language as Lang
from forecast.cli.languages import language_of
from forecast.cli.next_tables import print_plan
from forecast.cli.outputs import written_as
from forecast.cli.standing import at_stand, write_json
from forecast.cli.streams import answering
from forecast.facts.plan import Plan
from forecast.plan.calendar import as_ical
from forecast.plan.costs import read_costs
from forecast.plan.payload import plan_json
from forecast.plan.reaches import reach_asked
from forecast.plan.translated import plan_in
from forecast.words.language import Language
from forecast.writing import check_place, write_file
from indicators.content import TARGETS

Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        parser=written_as(".png", ".svg", ".json", example="next"),
        metavar="FILE",
        help="Write a file too: worth against cost as .png or .svg, or the facts as .json.",
    ),
]
Ics = Annotated[
    Path | None,
    typer.Option(
        "--ics",
        parser=written_as(".ics", example="next"),
        metavar="FILE",
        help="Write the days to come as a calendar (.ics).",
    ),
]


def next_(
    by: Annotated[
        date | None,
        typer.Option("--by", parser=parse_day, metavar="DATE", help="Day of the signposts (default: 60 days on)."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="TARGET", help="For this target, such as contact (default: headline)."),
    ] = None,
    horizon: Annotated[
        Any,
        typer.Option(
            "--horizon",
            parser=parse_horizon,
            metavar="DAYS|DATE",
            help="For this rolling horizon or deadline (default: the longest rolling one).",
        ),
    ] = None,
    costs: Annotated[
        Path | None,
        typer.Option("--costs", metavar="FILE", help="TOML file of what each indicator costs (default: 1 each)."),
    ] = None,
    ics: Ics = None,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    lang: Lang = "en",
    json_: Json = False,
) -> None:
    """Say what to look at next. By how far each observation is expected to move the number, with signposts and days."""
    language, files = language_of(lang), [file for file in (out, ics) if file is not None]
    check_choices("--target", [target] if target else None, TARGETS)
    if force and not files:
        raise typer.BadParameter("there is no file to replace; give --out or --ics FILE too", param_hint="'--force'")
    for file in files:
        check_place(file, force=force, example=f"next{file.suffix}")
    from forecast.plan.planner import find_plan  # compiled code, which help and mistakes do without

    with at_stand() as here:
        stand = here.stand
        priced = None if costs is None else read_costs(costs, stand.catalogue)
        reach = stand.reaches[reach_asked(stand.reaches, horizon)]
        found = find_plan(stand, target or stand.case.headline, reach, by=by, costs=priced, progress=here.progress)
        told = plan_in(found, stand.catalogue, language)
    payload = plan_json(told, language)
    if out is not None:
        _write(told, payload, out, language, force)
    if ics is not None:
        write_file(as_ical(told, language), ics, force=force)
    done = "; ".join(f"wrote {file}" for file in files)
    with answering(done) if files else nullcontext():
        if json_:
            print_json(payload)
            return
        print_plan(told, language)
        if files:
            typer.echo("\n" + "\n".join(f"wrote {file}" for file in files))


def _write(found: Plan, payload: object, out: Path, language: Language, force: bool) -> None:
    """The facts as JSON, or the picture."""
    if out.suffix.casefold() == ".json":
        write_json(payload, out, force=force)
        return
    from forecast.plots.style import as_png, as_svg  # libraries for drawing, which a table does without
    from forecast.plots.worth import draw_worth

    render = as_png if out.suffix.casefold() == ".png" else as_svg
    write_file(render(draw_worth(found, language)), out, force=force)
