"""What the backtest found of forecasts like the one a brief is of."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from db.posteriors import Posteriors
from db.rows import CaseRow
from forecast.errors import NoBacktest
from forecast.evaluation.alike import Alike, Moment, nearest
from forecast.evaluation.figures import MISSED, UNMEASURED, Bound, Comparison
from forecast.structures import present_structure
from forecast.trust.read import alike_in, read_trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What the backtest that the forecasts are judged by found of the headline, over the window in the box."""

    kind: str
    origins: int
    first: date
    last: date
    alike: Alike | None
    """In the situation of the run, with the forecasts of about its size apart; None where there was none in it."""
    all: Comparison
    dry: Comparison | None
    headline_dry: Comparison | None
    """The same as `dry`, under the name it had when that was of another target."""
    bounds: tuple[Bound, ...]
    """Of the headline."""
    other_version: str | None
    """Of the model that was tested, where it is not that of this program."""
    other_structure: int | None
    """Of the model that was tested, where it is not that of the forecast."""

    @property
    def verdict(self) -> str:
        """few (events, to tell), better or worse: than chance explains."""
        return self.alike.verdict if self.alike else "few"

    @property
    def measured(self) -> tuple[Bound, ...]:
        return tuple(bound for bound in self.bounds if bound.verdict != UNMEASURED)

    @property
    def missed(self) -> tuple[Bound, ...]:
        return tuple(bound for bound in self.bounds if bound.verdict == MISSED)


def read_tested(
    connection: Connection, posteriors: Posteriors, today: date, case: CaseRow, moment: Moment | None
) -> Tested | None:
    """None where no backtest of the case is kept, or it holds no forecast of the headline."""
    try:
        trust = read_trust(connection, posteriors, today, case_id=case.case_id, structures=False)
    except NoBacktest:
        return None
    if moment is None:
        return None
    mine = [one for one in trust.comparisons if (one.target, one.era) == (case.headline, "all")]
    found = {(one.horizon_days, one.situation): one for one in mine}
    days = nearest((days for days, situation in found if situation == "all"), moment.days)
    if days is None:
        return None
    dry, source = found.get((days, "dry")), trust.source
    by = moment.structure or present_structure()
    return Tested(
        kind=source.kind,
        origins=source.origins,
        first=source.first,
        last=source.last,
        alike=alike_in(trust, moment),
        all=found[days, "all"],
        dry=dry,
        headline_dry=dry,
        bounds=tuple(bound for bound in trust.bounds if bound.target == case.headline),
        other_version=None if source.model_version == trust.model_version else source.model_version,
        other_structure=None if source.structure == by else source.structure,
    )
