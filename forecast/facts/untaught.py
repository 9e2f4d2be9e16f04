"""What a forecast without a fit has not learnt of all that has happened."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Untaught:
    """Read from the words with which a run is stored: they are kept as they were made."""

    run: int | None
    """The full run whose posterior it goes by."""
    in_part: bool
    """Whether some of it is in the numbers: as much as the draws of that run can be weighed for."""
    effective: int | None
    draws: int | None
    """So many of so many draws would stay effective; None where nothing was weighed."""
    k: float | None
    """Pareto k of the weights."""
    text: str
    """As it is stored."""


_RUN = re.compile(r"\brun (\d+)")
_DRAWS = re.compile(r"(\d+) of (\d+) draws .*Pareto k (\d+\.\d+|inf|nan)")


def read_untaught(text: str) -> Untaught | None:
    """What is stored under `untaught`; None of "", where all was learnt."""
    if not text:
        return None
    run, draws = _RUN.search(text), _DRAWS.search(text)
    return Untaught(
        run=int(run[1]) if run else None,
        in_part=text.startswith("only in part"),
        effective=int(draws[1]) if draws else None,
        draws=int(draws[2]) if draws else None,
        k=float(draws[3]) if draws else None,
        text=text,
    )
