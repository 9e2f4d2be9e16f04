"""The command that says what the forecast would be if something held: what-if."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from forecast.cli.console import Analyst, Json, now, parse_horizon, print_json
from forecast.cli.console import Language as Lang
from forecast.cli.languages import language_of
from forecast.cli.outputs import written_as
from forecast.cli.standing import Here, at_stand, write_json
from forecast.cli.streams import answering
from forecast.cli.what_if_options import BOTH, LIST, PICTURES, TORNADO, WITHDRAW, Asked, check_asked
from forecast.cli.what_if_tables import Supposing, print_answer, print_compared, print_saved, print_tornado
from forecast.errors import BadStatement
from forecast.facts.whatif import DO, SEE, Answer, Statement, Tornado
from forecast.plan.payload import answer_json, compared_json, saved_json, tornado_json
from forecast.plan.reaches import reach_asked
from forecast.plan.statements import parse_statement
from forecast.plan.translated import tornado_in
from forecast.words.language import Language
from forecast.words.whatif_numbers import Named
from forecast.writing import write_file

Sees = Annotated[
    list[str] | None,
    typer.Option(
        "--see",
        metavar="TEXT",
        help="Suppose it is observed: 'us_posture=1 B2 on 2026-12-05', 'contact on 2026-12-01', 'none through "
        "2026-11-30'; may be repeated.",
    ),
]
Does = Annotated[
    list[str] | None,
    typer.Option(
        "--do",
        metavar="TEXT",
        help="Suppose somebody brings it about: 'us_posture=1 from 2026-12-05', 'contact on 2027-02-01'; may be "
        "repeated.",
    ),
]
StoryId = Annotated[
    str | None, typer.Option("--story", metavar="ID", help="Suppose what a story says (`parley stories`).")
]
Loads = Annotated[
    list[str] | None,
    typer.Option("--load", metavar="NAME", help="Suppose a scenario on file; two are shown side by side."),
]
Save = Annotated[str | None, typer.Option("--save", metavar="NAME", help="Keep it, to be answered after each run.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why a scenario is kept, or withdrawn.")]
Withdraw = Annotated[str | None, typer.Option("--withdraw", metavar="NAME", help="Withdraw a scenario on file.")]
Target = Annotated[
    str | None,
    typer.Option("--target", metavar="TARGET", help="Of this target, such as contact (default: all; headline first)."),
]
Horizon = Annotated[
    Any,
    typer.Option(
        "--horizon",
        parser=parse_horizon,
        metavar="DAYS|DATE",
        help="Of this rolling horizon or deadline (default: all; sentences are of the longest rolling one).",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        parser=written_as(".json", *PICTURES, example="what-if"),
        metavar="FILE",
        help="Write a file too: the facts as .json or, with --tornado, a picture as .png or .svg.",
    ),
]


@dataclass(frozen=True, slots=True)
class Shown:
    """How an answer is printed."""

    language: Language
    json: bool


def what_if(
    see: Sees = None,
    do: Does = None,
    story: StoryId = None,
    load: Loads = None,
    save: Save = None,
    reason: Reason = None,
    revise: Annotated[bool, typer.Option("--revise", help="Replace the scenario that has the name of --save.")] = False,
    analyst: Analyst = None,
    list_: Annotated[bool, typer.Option("--list", help="List the scenarios on file with their last answers.")] = False,
    withdraw: Withdraw = None,
    tornado: Annotated[
        bool, typer.Option("--tornado", help="Show what each indicator could do if it were set to −2 or +2.")
    ] = False,
    no_refit: Annotated[
        bool, typer.Option("--no-refit", help="Answer at once, and say so where only a fit could be trusted.")
    ] = False,
    target: Target = None,
    horizon: Horizon = None,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    lang: Lang = "en",
    json_: Json = False,
) -> None:
    """Say what the forecast would be if something held. Nothing of it counts as observed.

    What is seen (--see) teaches as it would if it were on file; what is brought about (--do) teaches nothing.
    """
    asked = Asked(
        see=tuple(see or ()),
        do=tuple(do or ()),
        story=story,
        load=tuple(load or ()),
        save=save,
        reason=reason,
        revise=revise,
        analyst=analyst,
        listed=list_,
        withdraw=withdraw,
        tornado=tornado,
        no_refit=no_refit,
        target=target,
        horizon=horizon,
        out=out,
        force=force,
    )
    shown = Shown(language_of(lang), json_)
    check_asked(asked)
    _DEEDS.get(asked.deed, _answer)(asked, shown)


def _answer(asked: Asked, shown: Shown) -> None:
    """Answer what is supposed; where it is to be kept, it is put on file first, and answered then."""
    kept = ""
    with at_stand(to_write=asked.save is not None) as here:
        statements, names = _statements(here, asked), here.names(shown.language)
        reach = reach_asked(here.stand.reaches, asked.horizon)
        if asked.save is None:
            name = asked.load[0] if len(asked.load) == 1 and not (asked.see or asked.do or asked.story) else ""
            found = _found(here, statements, name, asked)
        else:
            found, kept = _keep(here, statements, asked), shown.language.whatif.kept(asked.save)
    target = found.place if asked.target is None else found.targets.index(asked.target)
    payload = answer_json(found, shown.language, names, target=target, reach=reach) | {"saved": asked.save}
    with _written(asked, payload, kept):
        if shown.json:
            print_json(payload)
            return
        print_answer(_supposing(found, asked, target, reach, names, shown.language))
        _tell(asked, kept)


def _statements(here: Here, asked: Asked) -> tuple[Statement, ...]:
    """Those of a scenario on file, of a story, and those that are written out."""
    from forecast.plan.saved import read_statements
    from forecast.plan.stories import statements_of

    case, today = here.stand.case.case_id, here.stand.as_of
    found = [one for name in asked.load for one in read_statements(here.connection, case, name, today)]
    found += statements_of(here.stand, asked.story) if asked.story is not None else ()
    for mode, texts in ((SEE, asked.see), (DO, asked.do)):
        found += [_parsed(text, mode, here) for text in texts]
    return tuple(found)


def _parsed(text: str, mode: str, here: Here) -> Statement:
    try:
        return parse_statement(text, mode, here.stand.as_of)
    except BadStatement as error:
        raise typer.BadParameter(str(error), param_hint=f"'--{mode}'") from None


def _found(here: Here, statements: tuple[Statement, ...], name: str, asked: Asked) -> Answer:
    from forecast.plan.answer import find_answer

    found = find_answer(here.stand, statements, refit=not asked.no_refit, progress=here.progress)
    return replace(found, name=name)


def _keep(here: Here, statements: tuple[Statement, ...], asked: Asked) -> Answer:
    """Put it on file, then its answer, unless that is not to be trusted."""
    from forecast.plan.checking import check_statements
    from forecast.plan.saved import save_scenario, store_answer

    check_statements(here.stand, statements)
    here.stand.anchor()  # where nothing can be answered, nothing is put on file either
    from forecast.desk.session import who  # what an entry takes, which other answers do without

    name = asked.save or ""
    row = save_scenario(
        here.database,
        here.stand.case.case_id,
        name,
        statements,
        analyst=who() if asked.analyst is None else asked.analyst,
        reason=asked.reason or "",
        revise=asked.revise,
        clock=now,
    )
    found = _found(here, statements, name, asked)
    if found.trusted:
        store_answer(here.database, row, found, now)
    return found


def _supposing(found: Answer, asked: Asked, target: int, reach: int, names: Named, language: Language) -> Supposing:
    """All windows and targets, the headline first; of what is asked for only that."""
    others = [t for t in range(len(found.targets)) if t != found.place]
    return Supposing(
        found=found,
        target=target,
        reach=reach,
        targets=(found.place, *others) if asked.target is None else (target,),
        columns=tuple(range(len(found.reaches))) if asked.horizon is None else (reach,),
        language=language,
        names=names,
    )


def _compare(asked: Asked, shown: Shown) -> None:
    from forecast.plan.saved import read_statements

    with at_stand() as here:
        names, case = here.names(shown.language), here.stand.case.case_id
        said = [(name, read_statements(here.connection, case, name, here.stand.as_of)) for name in asked.load]
        one, other = (_found(here, statements, name, asked) for name, statements in said)
    payload = compared_json(one, other, shown.language, names)
    with _written(asked, payload):
        if shown.json:
            print_json(payload)
            return
        print_compared(one, other, shown.language, names)
        _tell(asked)


def _list(asked: Asked, shown: Shown) -> None:
    from forecast.plan.saved import read_saved

    with at_stand() as here:
        found = read_saved(here.connection, here.stand.case.case_id, here.stand.as_of)
        names = here.names(shown.language)
    if shown.json:
        print_json({"saved": saved_json(found, shown.language, names)})
    else:
        print_saved(found, shown.language, names)


def _withdraw(asked: Asked, shown: Shown) -> None:
    from forecast.desk.session import who
    from forecast.plan.saved import retract_scenario

    name = asked.withdraw or ""
    with at_stand(to_write=True) as here:
        case = here.stand.case.case_id
        analyst = who() if asked.analyst is None else asked.analyst
        retract_scenario(here.database, case, name, analyst=analyst, reason=asked.reason or "", clock=now)
    done = shown.language.whatif.withdrawn(name)
    with answering(done):
        if shown.json:
            print_json({"withdrawn": name})
        else:
            typer.echo(done)


def _tornado(asked: Asked, shown: Shown) -> None:
    from forecast.plan.tornado import find_tornado

    with at_stand() as here:
        stand = here.stand
        reach = stand.reaches[reach_asked(stand.reaches, asked.horizon)]
        found = find_tornado(stand, asked.target or stand.case.headline, reach)
        told = tornado_in(found, here.names(shown.language))
    payload = tornado_json(told, shown.language)
    with _written(asked, payload, picture=told, language=shown.language):
        if shown.json:
            print_json(payload)
            return
        print_tornado(told, shown.language)
        _tell(asked)


def _written(
    asked: Asked, payload: object, done: str = "", *, picture: Tornado | None = None, language: Language | None = None
) -> AbstractContextManager[None]:
    """The file that is asked for, if one is; within this, that it is there is told even where nothing else can be."""
    if asked.out is not None:
        if picture is None or language is None or asked.out.suffix.casefold() not in PICTURES:
            write_json(payload, asked.out, force=asked.force)
        else:
            from forecast.plots.style import as_png, as_svg  # libraries for drawing, which a table does without
            from forecast.plots.tornado import draw_tornado

            render = as_png if asked.out.suffix.casefold() == ".png" else as_svg
            write_file(render(draw_tornado(picture, language)), asked.out, force=asked.force)
    said = [done] if done else []
    said += [f"wrote {asked.out}"] if asked.out is not None else []
    return answering("; ".join(said)) if said else nullcontext()


def _tell(asked: Asked, kept: str = "") -> None:
    """What was stored and written, below the table."""
    said = [kept] if kept else []
    said += [f"wrote {asked.out}"] if asked.out is not None else []
    if said:
        typer.echo("\n" + "\n".join(said))


_DEEDS = {LIST: _list, WITHDRAW: _withdraw, TORNADO: _tornado, BOTH: _compare}
