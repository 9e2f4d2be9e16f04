"""The command that says what the forecast would be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from db.read import read_case
from forecast.cli.console import Json, case_id, now, opened, print_json, today
from forecast.cli.console import Language as Lang
from forecast.cli.exploring import (
    Exploring,
    asked_reach,
    asked_target,
    check_out,
    exploring,
    names_of,
    write_json,
)
from forecast.cli.history import parse_horizon
from forecast.cli.languages import language_of
from forecast.cli.outputs import written_as
from forecast.cli.what_if_tables import print_answer, print_compared, print_saved, print_tornado
from forecast.desk.session import who
from forecast.errors import BadStatement
from forecast.facts.whatif import DO, SEE, Answer, Statement, Tornado
from forecast.plan.payload import answer_json, saved_json, tornado_json
from forecast.plan.saved import read_saved, read_statements, retract_scenario, save_scenario, store_answer
from forecast.plan.standing import read_stand
from forecast.plan.statements import parse_statement
from forecast.plan.stories import statements_of
from forecast.plan.suppose import find_answer
from forecast.plan.tornado import find_tornado
from forecast.words.language import Language
from forecast.writing import write_file

EXAMPLE = "parley what-if --see 'us_posture=1 B2'"


def what_if(
    see: Annotated[
        list[str] | None,
        typer.Option("--see", metavar="TEXT", help="Observed: 'us_posture=1 B2 on DATE', 'contact on DATE', …"),
    ] = None,
    do: Annotated[
        list[str] | None,
        typer.Option("--do", metavar="TEXT", help="Brought about: 'us_posture=1 from DATE', 'contact on DATE'."),
    ] = None,
    story: Annotated[
        str | None, typer.Option("--story", metavar="ID", help="What a document's story sets; see `parley stories`.")
    ] = None,
    load: Annotated[
        list[str] | None,
        typer.Option("--load", metavar="NAME", help="What a saved scenario supposes; twice: two side by side."),
    ] = None,
    save: Annotated[str | None, typer.Option("--save", metavar="NAME", help="Put it on file under this name.")] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is saved or withdrawn.")] = "",
    revise: Annotated[bool, typer.Option("--revise", help="Save it as the next version of that name.")] = False,
    withdraw: Annotated[
        str | None, typer.Option("--withdraw", metavar="NAME", help="Withdraw a saved scenario, with a --reason.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the saved scenarios.")] = False,
    tornado: Annotated[
        bool, typer.Option("--tornado", help="What each indicator could do, set low and high from tomorrow on.")
    ] = False,
    no_refit: Annotated[
        bool, typer.Option("--no-refit", help="Answer at once, also where only a fit can be trusted.")
    ] = False,
    target: Annotated[
        str | None, typer.Option("--target", metavar="TARGET", help="Of this target (default: headline).")
    ] = None,
    horizon: Annotated[
        Any,
        typer.Option("--horizon", parser=parse_horizon, metavar="DAYS|DATE", help="Sentences are of this window."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=written_as(".png", ".svg", ".json", example="what-if"),
            metavar="FILE",
            help="Write a file too: the facts as .json, or a tornado as .png or .svg.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    lang: Lang = "en",
    json_: Json = False,
) -> None:
    """Say what the forecast would be. Suppose observations, events and levels; nothing but a saved name is stored."""
    language, said = language_of(lang), [*(see or []), *(do or [])]
    supposing = bool(said or story or load)
    _check(supposing, tornado, list_, withdraw, save, load or [], bool(said or story))
    if (revise or reason) and not (save or withdraw):
        raise typer.BadParameter("there is nothing to save; give --save NAME too", param_hint="'--reason'")
    check_out(out, force=force, example="tornado.png" if tornado else "what-if.json")
    if out is not None and not tornado and out.suffix.casefold() != ".json":
        raise typer.BadParameter("only a tornado is a picture; give a .json file", param_hint="'--out'")
    if withdraw is not None:
        _withdraw(withdraw, reason, language)
        return
    if list_:
        _list(target, horizon, language, json_)
        return
    with exploring(language) as here:
        if tornado:
            _tornado(here, target, horizon, out, force, language, json_)
            return
        given = [*_read(see, SEE, here), *_read(do, DO, here)]
        if story is not None:
            given += statements_of(here.stand, story)
        answers = _answers(here, given, load or [], not no_refit)
    if save is not None:
        answers = [_save(here, save, answers[0], reason, revise)]
    _show(here, answers, target, horizon, out, force, language, json_)


def _check(
    supposing: bool,
    tornado: bool,
    list_: bool,
    withdraw: str | None,
    save: str | None,
    load: Sequence[str],
    given: bool,
) -> None:
    """One thing is asked at a time."""
    asked = {
        "--tornado": tornado,
        "--list": list_,
        "--withdraw": withdraw is not None,
        "--see, --do, --story or --load": supposing,
    }
    chosen = [name for name, holds in asked.items() if holds]
    if not chosen:
        raise typer.BadParameter(f"nothing is supposed; give --see or --do, such as {EXAMPLE}", param_hint="'--see'")
    if len(chosen) > 1:
        raise typer.BadParameter(f"{chosen[0]} goes alone; leave out {chosen[1]}", param_hint=f"'{chosen[0]}'")
    if save is not None and not supposing:
        raise typer.BadParameter("there is nothing to save; give --see or --do too", param_hint="'--save'")
    if len(load) > 2 or (len(load) == 2 and (given or save is not None)):
        what = "two saved scenarios stand side by side alone; give two --load and nothing else"
        raise typer.BadParameter(what, param_hint="'--load'")


def _read(texts: list[str] | None, mode: str, here: Exploring) -> list[Statement]:
    try:
        return [parse_statement(text, mode, here.stand.as_of) for text in texts or ()]
    except BadStatement as error:
        raise typer.BadParameter(str(error), param_hint=f"'--{mode}'") from None


def _answers(here: Exploring, given: list[Statement], load: Sequence[str], refit: bool) -> list[Answer]:
    """One answer; of two saved scenarios two."""
    loaded = {name: read_statements(here.stand.connection, here.stand.case.case_id, name) for name in load}
    if len(loaded) == 2:
        return [
            replace(find_answer(here.stand, statements, refit=refit, progress=here.progress), name=name)
            for name, statements in loaded.items()
        ]
    statements = [*given, *(one for saved in loaded.values() for one in saved)]
    name = next(iter(loaded), "") if not given else ""
    return [replace(find_answer(here.stand, statements, refit=refit, progress=here.progress), name=name)]


def _save(here: Exploring, name: str, found: Answer, reason: str, revise: bool) -> Answer:
    case = here.stand.case.case_id
    row = save_scenario(
        here.database, case, name, found.statements, analyst=who(), reason=reason, revise=revise, clock=now
    )
    named = replace(found, name=row.name)
    if named.trusted:
        store_answer(here.database, row, named, now)
    return named


def _show(
    here: Exploring,
    answers: Sequence[Answer],
    target: str | None,
    horizon: int | date | None,
    out: Path | None,
    force: bool,
    language: Language,
    json_: bool,
) -> None:
    first = answers[0]
    place = first.targets.index(asked_target(here.stand, target))
    reach = first.reaches.index(asked_reach(first.reaches, horizon))
    each = [answer_json(one, here.names, language) for one in answers]
    payload = each[0] if len(each) == 1 else {"answers": each}
    if out is not None:
        write_json(payload, out, force=force)
    if json_:
        print_json(payload)
    elif len(answers) == 2:
        print_compared(answers[0], answers[1], place, here.names, language)
    else:
        print_answer(first, place, reach, here.names, language)
        if first.name:
            typer.echo(f"\n{language.whatif.kept(first.name, 1)}")


def _tornado(
    here: Exploring,
    target: str | None,
    horizon: int | date | None,
    out: Path | None,
    force: bool,
    language: Language,
    json_: bool,
) -> None:
    found = find_tornado(here.stand, asked_target(here.stand, target), asked_reach(here.stand.reaches, horizon))
    shown = replace(found, swings=tuple(replace(one, name=here.names[one.indicator]) for one in found.swings))
    if out is not None:
        _write_tornado(shown, out, force, language)
    if json_:
        print_json(tornado_json(shown))
    else:
        print_tornado(shown, here.names, language)


def _write_tornado(found: Tornado, out: Path, force: bool, language: Language) -> None:
    if out.suffix.casefold() == ".json":
        write_json(tornado_json(found), out, force=force)
        return
    from forecast.plots.style import as_png, as_svg  # libraries for drawing, which a table does without
    from forecast.plots.tornado import draw_tornado

    render = as_png if out.suffix.casefold() == ".png" else as_svg
    write_file(render(draw_tornado(found, language)), out, force=force)


def _withdraw(name: str, reason: str, language: Language) -> None:
    if not reason:
        raise typer.BadParameter("say why; give --reason TEXT too", param_hint="'--withdraw'")
    with opened(to_write=True) as database:
        with database.read() as connection:
            case = read_case(connection, case_id()).case_id
        retract_scenario(database, case, name, analyst=who(), reason=reason, clock=now)
    typer.echo(language.whatif.withdrawn(name))


def _list(target: str | None, horizon: int | date | None, language: Language, json_: bool) -> None:
    with opened() as database, database.read() as connection:
        case, day = read_case(connection, case_id()), today(connection)
        saved = read_saved(connection, case.case_id, day)
        stand = read_stand(database, connection, case.case_id, day)
        names = names_of(stand, stand.catalogue, language)
        place = asked_target(stand, target)
        reach = asked_reach(stand.reaches, horizon)
    if json_:
        print_json(saved_json(saved, names, language))
        return
    answers = [one.answer for one in saved if one.answer is not None]
    order = answers[0].targets if answers else (place,)
    print_saved(saved, order.index(place), stand.reaches.index(reach), names, language)
