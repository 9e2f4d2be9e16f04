"""What is told of hypotheticals and of what to look at next, the same in every language."""

from collections.abc import Mapping

from forecast.facts.plan import ATTESTATION, OBSERVATION, Candidate, Plan
from forecast.facts.whatif import (
    ARMS_CONTROL,
    CONTACT,
    CRISIS,
    DEAL,
    DENUCLEARISATION,
    DO,
    EVENT,
    EXACT,
    LEVEL,
    SEE,
    Answer,
    Statement,
)
from forecast.facts.whatif import ATTESTATION as ATTESTED
from forecast.facts.whatif import JUDGEMENT as JUDGED
from forecast.facts.whatif import WITHDRAWAL as WITHDRAWN
from forecast.words.numbers import error_size, told_apart
from forecast.words.why_numbers import points_text, size_text

ERRORS = 2.0
"""Monte-Carlo errors of a difference, beyond which it is more than chance."""
NOTHING, CHANCE, BEYOND = "nothing", "chance", "beyond"
"""How a difference compares with what chance makes."""

FRESH, AHEAD, DONE, APART, TAUGHT, FORESEEN, LEARNT = (
    "fresh",
    "ahead",
    "done",
    "apart",
    "taught",
    "foreseen",
    "learnt",
)
"""What is said of statements: levels seen to date, levels seen on days ahead, what is set or made to happen, a contact
or crisis made to happen, events seen, events seen on days ahead, judgements."""

type Named = Mapping[str, str]
"""Names of indicators, and authors of documents, by id."""


def ends_text(found: Answer, target: int, reach: int) -> tuple[str, str]:
    """What is said now and what would be, with as many decimals as it takes to tell them apart."""
    before, after = found.before[target][reach], found.after[target][reach]
    return told_apart(before, after)


def change_text(found: Answer, target: int, reach: int) -> str:
    return points_text(found.change(target, reach))


def error_text(found: Answer, target: int, reach: int) -> str:
    """The Monte-Carlo error of the difference, in points."""
    return error_size(found.error[target][reach])


def compared_with_chance(found: Answer, target: int, reach: int) -> str:
    """Whether the number stays to the last digit, moves by what chance may make, or by more."""
    moved = abs(found.after[target][reach] - found.before[target][reach])
    if moved == 0:
        return NOTHING
    return BEYOND if moved > ERRORS * found.error[target][reach] else CHANCE


def most_moved(found: Answer, target: int, reach: int) -> int | None:
    """Another target that moves further than this one, and by more than chance; None where there is none.

    That what is supposed to happen happens is not worth a word.
    """
    happening = _happening(found)
    others = [
        t
        for t, name in enumerate(found.targets)
        if t != target and name not in happening and compared_with_chance(found, t, reach) == BEYOND
    ]
    first = max(others, key=lambda t: _size(found, t, reach), default=None)
    return first if first is not None and _size(found, first, reach) > _size(found, target, reach) else None


def _happening(found: Answer) -> set[str]:
    """Targets that events which are supposed bring about."""
    events = {one.event for one in found.statements if one.kind == EVENT}
    return events | ({"limits_talks"} if events & {ARMS_CONTROL, DENUCLEARISATION, DEAL} else set())


def _size(found: Answer, target: int, reach: int) -> float:
    return abs(found.change(target, reach))


def effective_text(found: Answer) -> str:
    """Draws that stay effective, as a whole number."""
    return "–" if found.ess is None else f"{found.ess:.0f}"


def shape_text(found: Answer) -> str:
    """Pareto's k."""
    return "–" if found.pareto_k is None else f"{found.pareto_k:.2f}"


def left_alone(found: Answer) -> tuple[str, ...]:
    """Of what to say what it leaves untouched, or takes in: only of the modes and kinds that are there."""
    there = {
        FRESH: found.status == EXACT and any(_sees(one, LEVEL) and one.day <= found.as_of for one in found.statements),
        AHEAD: any(_sees(one, LEVEL) and one.day > found.as_of for one in found.statements),
        DONE: any(one.mode == DO for one in found.statements),
        APART: bool(made_apart(found)),
        TAUGHT: any(_sees(one, EVENT, ATTESTED, WITHDRAWN) and one.day <= found.as_of for one in found.statements),
        FORESEEN: found.foreseen is not None,
        LEARNT: any(one.kind == JUDGED for one in found.statements),
    }
    return tuple(name for name, holds in there.items() if holds)


def made_apart(found: Answer) -> tuple[str, ...]:
    """Which of contact and crisis are made to happen."""
    made = {one.event for one in found.statements if one.mode == DO and one.kind == EVENT}
    return tuple(event for event in (CONTACT, CRISIS) if event in made)


def _sees(one: Statement, *kinds: str) -> bool:
    return one.mode == SEE and one.kind in kinds


def best_of(found: Plan) -> Candidate | None:
    """What moves most for its cost; None where nothing moves the number."""
    first = next(iter(found.ranked), None)
    return first if first is not None and first.movement > 0 else None


def attesting(found: Plan) -> Candidate | None:
    """To attest the open days; None where none are open."""
    return next((one for one in found.candidates if one.kind == ATTESTATION and one.open_through is not None), None)


def priced(found: Plan) -> bool:
    """Whether not all costs are alike."""
    return len({one.cost for one in found.candidates}) > 1


def per_cost_text(one: Candidate) -> str:
    """Points that it is expected to move the number by, for its cost."""
    points = 100 * one.per_cost
    return size_text(points) if points >= 0.095 else f"{points:.3f}"


def ends_of(one: Candidate) -> tuple[float, float]:
    """The lower and the higher of what would be said at its ends."""
    return min(one.low, one.high), max(one.low, one.high)


def overdue(found: Plan) -> int:
    """How many indicators have not been observed for longer than they should be."""
    return len({one.indicator for one in found.candidates if one.kind == OBSERVATION and one.stale})
