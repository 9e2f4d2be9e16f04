"""Whether a forecast on file takes in all there is; read without the mathematics.

A run keeps how far it read. What stands behind that position has come since, whether it was entered while the fit was
running or later. What is observed and what happens moves levels and the record, and a forecast without a fit takes it
in; what documents say, and which indicators there are, is learnt in a fit alone.
"""

from datetime import date

from sqlalchemy import Connection

from db.kinds import PROVISIONAL
from db.read import read_between, read_versions_between
from db.read_runs import read_runs
from db.rows import CompletenessRow, DocumentRow, EventRow, JudgementRow, ObservationRow
from db.run_rows import RunRow
from db.when import When
from forecast.run_facts import read_when


def takes_all_in(connection: Connection, run: RunRow, today: date) -> bool:
    """Whether nothing has come on file, or become known by `today`, that the run could not read."""
    return _has_read(connection, run, today) and not needs_fit(connection, run, today)


def needs_fit(connection: Connection, run: RunRow, today: date) -> bool:
    """Whether documents, judgements or versions of the case have come that the run could not read: it was not fitted
    with them, and no run that rests on its posterior is."""
    case_id, before, now = run.case_id, read_when(run), When(as_of=today)
    documents = read_between(connection, DocumentRow, case_id, before, now)
    judgements = read_between(connection, JudgementRow, case_id, before, now)
    return bool(documents or judgements or read_versions_between(connection, case_id, before, now))


def _has_read(connection: Connection, run: RunRow, today: date) -> bool:
    """Whether no event, attestation or observation has come that the run could not read."""
    case_id, before, now = run.case_id, read_when(run), When(as_of=today)
    events = read_between(connection, EventRow, case_id, before, now)
    words = read_between(connection, CompletenessRow, case_id, before, now)
    observations = read_between(connection, ObservationRow, case_id, before, now)
    return not (events or words or observations)


def find_standing(connection: Connection, source: RunRow, today: date) -> RunRow | None:
    """The run on file that takes in all that needs no other fit: the full run, or the newest that rests on it."""
    if _has_read(connection, source, today):
        return source
    found = read_runs(connection, source.case_id, kinds=(PROVISIONAL,), statuses=("published",), until=today, limit=1)
    later = found[0] if found else None
    if later is None or later.id < source.id or later.posterior_hash != source.posterior_hash:
        return None
    return later if _has_read(connection, later, today) else None
