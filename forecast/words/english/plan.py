"""What to look at next, in English."""

from collections.abc import Sequence

from forecast.facts.plan import (
    ATTESTATION,
    ATTESTED_UNTIL,
    DEADLINE,
    EXPECTED,
    SILENT,
    Candidate,
    Dated,
    Plan,
    Signpost,
)
from forecast.words.english.labels import LABELS
from forecast.words.numbers import counted, level_text
from forecast.words.whatif_numbers import attesting, best_of, overdue, priced
from forecast.words.why_numbers import size_text

_LABELS = {
    "candidate": "to find out",
    "moves": "moves",
    "range": "between",
    "level": "stands at",
    "age": "last seen",
    "stale": "late",
    "cost": "cost",
    "per_cost": "per cost",
    "never": "never",
    "days": "{} d",
    "calendar": "Calendar",
    "ranked": "What each is worth",
    "movement": "expected movement (points)",
    "observe": "observe an indicator",
    "attest": "attest the open days",
    "line": "{} points per cost",
}
_OUTCOMES = {
    SILENT: "nothing",
    "contact": "contact",
    "crisis": "a crisis",
    "deal": "a deal",
    "arms_control_talks": "talks on arms control",
    "denuclearisation_talks": "talks on denuclearisation",
}


def title(found: Plan) -> str:
    of = f"run {found.base_run_id}, as of {found.as_of}"
    return f"What to look at next for {_what(found)}: {LABELS.percent(found.now.rolling)} now ({of})"


def _what(found: Plan) -> str:
    return f"{LABELS.target(found.target)} {LABELS.window(found.reach.horizon_days, found.reach.deadline)}"


def sentences(found: Plan) -> list[str]:
    best, days = best_of(found), attesting(found)
    said = [_best(best)] if best else ["Nothing that can be found out is expected to move this number."]
    if days is None:
        said.append("No day is open: there is nothing to attest.")
    elif best is not days:
        said.append(f"To {candidate(days)} is expected to move it by {_points(days)} points.")
    if days is not None:
        said.append(outcomes(days))
    late = overdue(found)
    if late:
        said.append(f"{counted(late, 'indicator')} {'has' if late == 1 else 'have'} not been looked at for too long.")
    return [*said, _ranked(found)]


def _best(one: Candidate) -> str:
    moves = f"it is expected to move the number by {_points(one)} points"
    if one.kind == ATTESTATION:
        return f"What is worth most is to {candidate(one)}: {moves}."
    ends = f"to {LABELS.percent(one.low)} if it is found at −2 and to {LABELS.percent(one.high)} at +2"
    return f"What is worth most is to look at {one.name}: {moves}, {ends}; {_known(one)}."


def _known(one: Candidate) -> str:
    level = f"it is held to stand at {level_text(round(one.level, 1))} ± {one.level_sd:.1f}"
    if one.age_days is None:
        return f"{level} and was never observed"
    return f"{level} and was last observed {counted(one.age_days, 'day')} ago"


def _points(one: Candidate) -> str:
    return size_text(100 * one.movement)


def _ranked(found: Plan) -> str:
    by = "what they are expected to move for their cost" if priced(found) else "what they are expected to move"
    return f"Rows are ranked by {by}, observations as of grade {found.main_grade}."


def candidate(one: Candidate) -> str:
    if one.kind != ATTESTATION:
        return one.name
    days = one.open_from == one.open_through
    return f"attest {one.open_from}" if days else f"attest {one.open_from} to {one.open_through}"


def outcomes(one: Candidate) -> str:
    if not one.outcomes:
        return ""
    said = [
        f"{_OUTCOMES[each.kind]} ({LABELS.percent(each.probability)}) → {LABELS.percent(each.after)}"
        for each in one.outcomes
    ]
    return f"What may have happened on these days, and what would then be said: {', '.join(said)}."


def signposts(found: Plan) -> str:
    if not found.signposts:
        return ""
    return f"Signposts: what would be said of {_what(found)} on {found.signposts[0].by}"


def signpost(one: Signpost, target: str) -> str:
    now, seen, unseen = one.now, one.seen, one.unseen
    said = f"if {one.name} comes to {level_text(one.level)} ({_criterion(one)}) by {one.by}: "
    said += f"{LABELS.percent(now.rolling)} → {LABELS.percent(seen.rolling)}; "
    said += f"if nothing is seen by then: {LABELS.percent(unseen.rolling)}"
    if now.deadline is None or seen.deadline is None or unseen.deadline is None:
        return said
    ends = f"{LABELS.percent(now.deadline)} → {LABELS.percent(seen.deadline)}; {LABELS.percent(unseen.deadline)}"
    return f"{said} (by the deadline {ends})"


def _criterion(one: Signpost) -> str:
    return one.criterion.rstrip(".")


def entry(dated: Dated) -> tuple[str, str]:
    if dated.signpost is not None:
        one = dated.signpost
        summary = f"Signpost: {one.name} at {level_text(one.level)}?"
        return summary, f"{_capital(signpost(one, ''))}."
    return {
        EXPECTED: (
            f"Look at {dated.name}",
            f"It is time to observe it again; then `parley log {dated.subject} LEVEL --on DATE --source TEXT`.",
        ),
        DEADLINE: (f"Deadline: {dated.name}", "Forecasts reach up to this day."),
        ATTESTED_UNTIL: (
            "Attest the open days",
            "From here on nobody has attested that nothing else happened: `parley event none --through DATE`.",
        ),
    }[dated.kind]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def expected(names: Sequence[str]) -> str:
    return f"Look at {LABELS.listed(list(names))}"


def caption(found: Plan) -> str:
    return " ".join((f"{title(found)}.", *sentences(found)))


def label(name: str) -> str:
    return _LABELS[name]
