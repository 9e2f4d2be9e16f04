"""In which language a command says what it found."""

from typing import Annotated

import typer

from forecast.words.language import LANGUAGES, Language

Lang = Annotated[
    str,
    typer.Option("--lang", "--language", metavar="en|ja|ko", help="The language: English, Japanese or Korean."),
]


def language_of(code: str) -> Language:
    """The language of this code.

    Raises
    ------
    typer.BadParameter
        if nothing is said in it
    """
    if code not in LANGUAGES:
        raise typer.BadParameter(f"{code!r} is not known; use one of {', '.join(LANGUAGES)}", param_hint="'--lang'")
    return LANGUAGES[code]
