"""The option that chooses a language, apart from `forecast.cli.console`: most commands do not wait for its words."""

from typing import Annotated

import typer

from forecast.cli.console import shown
from forecast.words.language import LANGUAGES, Language

Spoken = Annotated[
    str,
    typer.Option("--language", "--lang", metavar="en|ja|ko", help="Of what it says: English, Japanese or Korean."),
]


def spoken(code: str) -> Language:
    """The language of a code; one in which nothing is said is a mistake in usage."""
    if code not in LANGUAGES:
        raise typer.BadParameter(
            f"{shown(code)} is not known; use one of {', '.join(LANGUAGES)}", param_hint="'--language'"
        )
    return LANGUAGES[code]
