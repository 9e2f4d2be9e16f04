"""The command that runs the documents' stories."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.console import AsOf, Json, print_json
from forecast.cli.console import Language as Lang
from forecast.cli.exploring import check_out, exploring, write_json
from forecast.cli.languages import language_of
from forecast.cli.outputs import written_as
from forecast.cli.stories_tables import print_stories
from forecast.errors import UnknownId
from forecast.plan.payload import stories_json
from forecast.plan.stories import find_stories, statements_of
from indicators.languages import standing_names


def stories(
    as_of: AsOf = None,
    story: Annotated[str | None, typer.Option("--story", metavar="ID", help="Only this story.")] = None,
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
    """Run the documents' stories. What each author claims beside what the model says of it."""
    language = language_of(lang)
    check_out(out, force=force, example="stories.json")
    with exploring(language, as_of=as_of) as here:
        if story is not None:
            statements_of(here.stand, story)
        if not here.stand.case.stories:
            raise UnknownId(f"case {here.stand.case.case_id} has no stories; a case folder may hold a stories.toml")
        found = find_stories(here.stand, progress=here.progress)
        said = standing_names(here.stand.catalogue, here.stand.case.case_id, language.code)
    told = tuple(
        replace(
            one,
            name=said.get(("story", one.id), one.name),
            author=said.get(("author", one.document_id), one.author),
            title=said.get(("title", one.document_id), one.title),
        )
        for one in found.told
        if story in (None, one.id)
    )
    shown = replace(found, told=told)
    payload = stories_json(shown, here.names, language)
    if out is not None:
        write_json(payload, out, force=force)
    if json_:
        print_json(payload)
    else:
        print_stories(shown, here.names, language)
