"""What is asked of `parley what-if`, and which of its options go together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer

from forecast.cli.console import check_choices
from forecast.writing import check_place
from indicators.content import TARGETS

PICTURES = (".png", ".svg")
LIST, WITHDRAW, TORNADO, BOTH, ANSWER = "--list", "--withdraw", "--tornado", "two --load", ""
"""What the command does, by the option that asks for it."""
EXAMPLE = "give --see or --do, such as --see 'us_posture=1 B2' or --do 'contact on 2027-02-01'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line."""

    see: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    story: str | None = None
    load: tuple[str, ...] = ()
    save: str | None = None
    reason: str | None = None
    revise: bool = False
    analyst: str | None = None
    listed: bool = False
    withdraw: str | None = None
    tornado: bool = False
    no_refit: bool = False
    target: str | None = None
    horizon: int | date | None = None
    out: Path | None = None
    force: bool = False

    @property
    def deed(self) -> str:
        asked = {LIST: self.listed, WITHDRAW: self.withdraw is not None, TORNADO: self.tornado}
        return next((name for name, is_asked in asked.items() if is_asked), BOTH if len(self.load) == 2 else ANSWER)


OPTIONS = {
    "--list": "listed",
    "--withdraw": "withdraw",
    "--tornado": "tornado",
    "--see": "see",
    "--do": "do",
    "--story": "story",
    "--load": "load",
    "--save": "save",
    "--reason": "reason",
    "--revise": "revise",
    "--analyst": "analyst",
    "--no-refit": "no_refit",
    "--target": "target",
    "--horizon": "horizon",
    "--out": "out",
    "--force": "force",
}
"""By the names `Asked` has for them."""
_TAKES: Mapping[str, tuple[str, ...]] = {
    LIST: ("--list",),
    WITHDRAW: ("--withdraw", "--reason", "--analyst"),
    TORNADO: ("--tornado", "--target", "--horizon", "--out", "--force"),
    BOTH: ("--load", "--no-refit", "--out", "--force"),
    ANSWER: tuple(name for name in OPTIONS if name not in (LIST, WITHDRAW, TORNADO)),
}
_NEEDS = (
    ("--save", "--reason", "is missing; say why the scenario is kept"),
    ("--withdraw", "--reason", "is missing; say why the scenario is withdrawn"),
    ("--revise", "--save", "is missing; name the scenario that is to be revised"),
    ("--force", "--out", "is missing; there is no file to replace"),
)
"""An option, another that it needs, and what is said where that is not given."""


def check_asked(asked: Asked) -> None:
    """Refuse options that do not go together, and a file that cannot be written, before anything is read."""
    given = [option for option, name in OPTIONS.items() if getattr(asked, name) not in (None, False, ())]
    for option in given:
        if option not in _TAKES[asked.deed]:
            raise typer.BadParameter(f"does not go with {asked.deed}; leave one of them out", param_hint=f"'{option}'")
    for option, other, what in _NEEDS:
        if option in given and other not in given:
            raise typer.BadParameter(what, param_hint=f"'{other}'")
    _check_reason(asked)
    if asked.deed == ANSWER and not (asked.see or asked.do or asked.story or asked.load):
        raise typer.BadParameter(f"nothing is supposed; {EXAMPLE}", param_hint="'--see'")
    if len(asked.load) > 2:
        raise typer.BadParameter(
            f"{len(asked.load)} scenarios are given; give one, or two side by side", param_hint="'--load'"
        )
    check_choices("--target", [asked.target] if asked.target else None, TARGETS)
    _check_out(asked)


def _check_reason(asked: Asked) -> None:
    for option, name in (("--reason", asked.reason), ("--analyst", asked.analyst)):
        if name is not None and asked.save is None and asked.withdraw is None:
            raise typer.BadParameter(
                "is for what is put on file; give it with --save or --withdraw", param_hint=f"'{option}'"
            )


def _check_out(asked: Asked) -> None:
    if asked.out is None:
        return
    if asked.out.suffix.casefold() in PICTURES and not asked.tornado:
        raise typer.BadParameter(
            f"{asked.out.name!r} is a picture, which only --tornado has; write {asked.out.stem}.json",
            param_hint="'--out'",
        )
    check_place(asked.out, force=asked.force, example="what-if.json")
