"""The command that says what to look at next."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from forecast.cli.console import Json, parse_day, print_json
from forecast.cli.console import Language as Lang
from forecast.cli.exploring import asked_reach, asked_target, check_out, exploring, write_json
from forecast.cli.history import parse_horizon
from forecast.cli.languages import language_of
from forecast.cli.next_tables import print_plan
from forecast.cli.outputs import written_as
from forecast.facts.plan import Plan
from forecast.plan.calendar import as_ical
from forecast.plan.costs import read_costs
from forecast.plan.payload import plan_json
from forecast.plan.planner import find_plan
from forecast.plan.standing import Stand
from forecast.words.language import Language
from forecast.writing import check_place, write_file
from indicators.languages import in_language


def next_(
    by: Annotated[
        date | None,
        typer.Option("--by", parser=parse_day, metavar="DATE", help="The day of signposts (default: 60 days on)."),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="TARGET", help="Of this target (default: headline).")
    ] = None,
    horizon: Annotated[
        Any, typer.Option("--horizon", parser=parse_horizon, metavar="DAYS|DATE", help="Of this window (default: 365).")
    ] = None,
    costs: Annotated[
        Path | None,
        typer.Option("--costs", metavar="FILE", help="A TOML file of minutes and lead_days by indicator (default: 1)."),
    ] = None,
    ics: Annotated[
        Path | None,
        typer.Option(
            "--ics", parser=written_as(".ics", example="parley"), metavar="FILE", help="Write the calendar as .ics."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=written_as(".png", ".svg", ".json", example="next"),
            metavar="FILE",
            help="Write a file too: movement against cost as .png or .svg, or the facts as .json.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    lang: Lang = "en",
    json_: Json = False,
) -> None:
    """Say what to look at next. What each observation is worth, what would be said then, and a calendar."""
    language = language_of(lang)
    if force and out is None and ics is None:
        raise typer.BadParameter("there is no file to replace; give --out FILE too", param_hint="'--force'")
    if out is not None:
        check_out(out, force=force, example="next.png")
    if ics is not None:
        check_place(ics, force=force, example="parley.ics")
    with exploring(language) as here:
        stand = here.stand
        prices = None if costs is None else read_costs(costs, stand.catalogue)
        place, reach = asked_target(stand, target), asked_reach(stand.reaches, horizon)
        found = find_plan(stand, place, reach, by=by, costs=prices, progress=here.progress)
    shown = _named(found, stand, language)
    if ics is not None:
        write_file(as_ical(shown, language), ics, force=force)
    if out is not None:
        _write(shown, out, force, language)
    if json_:
        print_json(plan_json(shown, language))
    else:
        print_plan(shown, language)


def _named(found: Plan, stand: Stand, language: Language) -> Plan:
    """The same with names and criteria of the language."""
    rows = {row.indicator_id: row for row in in_language(stand.catalogue, stand.case.case_id, language.code)}

    def named(id_: str, own: str) -> str:
        return rows[id_].name if id_ in rows else own

    signposts = tuple(
        replace(
            one,
            name=named(one.indicator, one.name),
            criterion=next(
                (each.criterion for each in rows[one.indicator].levels if each.level == one.level), one.criterion
            ),
        )
        for one in found.signposts
    )
    own = {(one.indicator, one.level): one for one in signposts}
    return replace(
        found,
        candidates=tuple(replace(one, name=named(one.indicator, one.name)) for one in found.candidates),
        signposts=signposts,
        calendar=tuple(
            replace(
                one,
                name=named(one.subject, one.name),
                signpost=one.signpost and own[one.signpost.indicator, one.signpost.level],
            )
            for one in found.calendar
        ),
    )


def _write(found: Plan, out: Path, force: bool, language: Language) -> None:
    if out.suffix.casefold() == ".json":
        write_json(plan_json(found, language), out, force=force)
        return
    from forecast.plots.style import as_png, as_svg  # libraries for drawing, which a table does without
    from forecast.plots.worth import draw_worth

    render = as_png if out.suffix.casefold() == ".png" else as_svg
    write_file(render(draw_worth(found, language)), out, force=force)
