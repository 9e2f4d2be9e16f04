"""Which number is asked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from forecast.errors import NoForecast
from forecast.facts.why import Reach, longest_rolling


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """A number of a case as of a day; what is None is the only case, its headline, the longest rolling horizon."""

    today: date
    case_id: str | None = None
    target: str | None = None
    horizon: int | date | None = None


def reach_asked(reaches: Sequence[Reach], horizon: int | date | None) -> int:
    """The place of a rolling horizon or deadline; without one, that of the longest rolling horizon.

    Raises
    ------
    NoForecast
        if nothing is forecast over it
    """
    if horizon is None:
        return longest_rolling(reaches)
    asked = Reach(None, horizon) if isinstance(horizon, date) else Reach(horizon, None)
    if asked not in reaches:
        known = ", ".join(str(one.deadline or one.horizon_days) for one in reaches)
        raise NoForecast(f"nothing is forecast over {horizon}; take one of {known}")
    return list(reaches).index(asked)
