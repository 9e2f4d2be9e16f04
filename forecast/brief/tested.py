"""What the backtest found of forecasts like the one a brief is of."""

from datetime import date

from sqlalchemy import Connection

from db.posteriors import Posteriors
from db.rows import CaseRow
from forecast.errors import NoBacktest
from forecast.evaluation.alike import nearest
from forecast.facts.quality import Moment, Tested
from forecast.structures import present_structure
from forecast.trust.read import alike_in, read_trust


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
