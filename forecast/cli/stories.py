"""The command that runs the documents' causal chains: stories."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.console import AsOf, Json, print_json
from forecast.cli.console import Language as Lang
from forecast.cli.languages import language_of
from forecast.cli.outputs import written_as
from forecast.cli.standing import at_stand, write_json
from forecast.cli.stories_tables import print_stories
from forecast.cli.streams import answering
from forecast.plan.payload import stories_json
from forecast.plan.translated import stories_in
from forecast.writing import check_place


def stories(
    as_of: AsOf = None,
    story: Annotated[
        str | None,
        typer.Option("--story", metavar="ID", help="This one alone, with what it sets and both probabilities."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", parser=written_as(".json", example="stories"), metavar="FILE", help="Write the facts as .json too."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    lang: Lang = "en",
    json_: Json = False,
) -> None:
    """Check that the model says what documents told it. Their causal chains are run, with their author and without."""
    language = language_of(lang)
    if force and out is None:
        raise typer.BadParameter("there is no file to replace; give --out FILE too", param_hint="'--force'")
    if out is not None:
        check_place(out, force=force, example="stories.json")
    from forecast.plan.stories import find_stories, statements_of  # compiled code, which mistakes do without

    with at_stand(as_of) as here:
        if story is not None:
            statements_of(here.stand, story)  # that there is none of that name is told before any is run
        found, names = stories_in(find_stories(here.stand, progress=here.progress), language), here.names(language)
    told = [one for one in found.told if story in (None, one.id)]
    payload = stories_json(found, language, names, told=told)
    if out is not None:
        write_json(payload, out, force=force)
    with answering(f"wrote {out}") if out is not None else nullcontext():
        if json_:
            print_json(payload)
            return
        print_stories(found, told, language, names, whole=story is not None)
        if out is not None:
            typer.echo(f"\nwrote {out}")
