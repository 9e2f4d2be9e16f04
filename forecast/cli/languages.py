"""In which language a command says what it found; apart from the other options, as it loads the words of all."""

from forecast.cli.console import check_language
from forecast.words.language import LANGUAGES, Language


def language_of(code: str) -> Language:
    """The language of this code.

    Raises
    ------
    typer.BadParameter
        if nothing is said in it
    """
    check_language(code)
    return LANGUAGES[code]
