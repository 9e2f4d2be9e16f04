"""What a shipped case asks of an event before it is stored: a file beside the case, which is no part of what is hashed.

The rules that resolve events are prose, and a person applies them. The questions catch what is most often overlooked.
"""

import tomllib
from dataclasses import dataclass
from functools import cache

from indicators.bearings import first_named
from indicators.shipped import shipped_folder

FILE = "questions.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Asked of events of a type, whose text names something or fails to."""

    of: str
    """The type of event."""
    ask: str
    """The question; {found} in it stands for the word that gave rise to it."""
    naming: tuple[str, ...] = ()
    """Asked where the text names one of these; empty: whatever it says."""
    unless: tuple[str, ...] = ()
    """Not asked where it names one of these."""

    def asked_of(self, type_: str, text: str) -> str:
        """The question for an event with this text, "" where it does not arise."""
        found = first_named(text, self.naming)
        arises = type_ == self.of and (found is not None or not self.naming)
        if not arises or first_named(text, self.unless) is not None:
            return ""
        return self.ask.replace("{found}", repr(found))


@cache
def read_questions(case_id: str) -> tuple[Question, ...]:
    """The questions of the shipped case of this id, in their order; empty where there are none."""
    folder = shipped_folder(case_id)
    path = None if folder is None else folder / FILE
    if path is None or not path.is_file():
        return ()
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["question"]
    return tuple(
        Question(
            of=each["of"],
            ask=each["ask"],
            naming=tuple(each.get("naming", ())),
            unless=tuple(each.get("unless", ())),
        )
        for each in listed
    )
