"""What if, in English."""

from datetime import date

from forecast.facts.whatif import (
    ARMS_CONTROL,
    ATTESTATION,
    CONTACT,
    CRISIS,
    DEAL,
    DENUCLEARISATION,
    DO,
    EVENT,
    EXACT,
    JUDGEMENT,
    LEVEL,
    REFITTED,
    WITHDRAWAL,
    Answer,
    Saved,
    Statement,
    Tornado,
)
from forecast.words.english.labels import LABELS
from forecast.words.numbers import counted, level_text
from forecast.words.whatif_numbers import (
    AHEAD,
    APART,
    CHANCE,
    DONE,
    FORESEEN,
    FRESH,
    LEARNT,
    NOTHING,
    TAUGHT,
    Named,
    change_text,
    compared_with_chance,
    effective_text,
    ends_text,
    error_text,
    left_alone,
    made_apart,
    most_moved,
    shape_text,
)
from forecast.words.why_numbers import points_text

_EVENTS = {
    CONTACT: "contact",
    CRISIS: "a crisis",
    DEAL: "a deal",
    ARMS_CONTROL: "talks on arms control",
    DENUCLEARISATION: "talks on denuclearisation",
}
_UNTOUCHED = {
    FRESH: "Levels seen up to today move where indicators stand; the parameters stay as they are.",
    AHEAD: "A level seen on a day ahead tells of the days before it as well as those after it; the parameters stay as "
    "they are.",
    DONE: "What is set or made to happen leaves the filter, the parameters and every day before it as they are.",
    APART: "{}, made to happen, leaves talks as they are: whether talks begin does not depend on it in the model.",
    TAUGHT: "What is seen of events, or of their absence, also teaches how often they happen: that is in the numbers.",
    FORESEEN: "The events seen on days ahead had a probability of {}: draws are weighted by how likely they held them.",
    LEARNT: "A changed judgement changes the effects that are learnt: that is in the numbers.",
}
_LABELS = {
    "now": "now",
    "then": "if so",
    "points": "points",
    "error": "Monte-Carlo error",
    "interval": "90 % interval",
    "difference": "{} less {}",
    "scenarios": "scenarios, now → if so",
    "indicator": "indicator",
    "level": "stands at",
    "low": "at −2",
    "high": "at +2",
    "swing": "swing",
    "present": "where it stands",
    "supposed": "supposed",
}


def statement(one: Statement, names: Named) -> str:
    return _LEVELS[one.mode == DO](one, names) if one.kind == LEVEL else _KINDS[one.kind](one, names)


def _seen(one: Statement, names: Named) -> str:
    origin = f", of the origin {one.origin}" if one.origin else ""
    return f"seen: {_name(one, names)} {level_text(one.level)}, {one.grade}, on {one.day}{origin}"


def _set(one: Statement, names: Named) -> str:
    days = {None: f"from {one.day} on", one.day: f"on {one.day} alone"}
    when = days.get(one.until, f"from {one.day} to {one.until}")
    return f"set: {_name(one, names)} at {level_text(one.level)} {when}"


def _happens(one: Statement, names: Named) -> str:
    return f"{'happens' if one.mode == DO else 'seen'}: {_EVENTS[one.event]} on {one.day}"


def _attested(one: Statement, names: Named) -> str:
    what = f"no {LABELS.event(one.event)}" if one.event else "nothing else happened"
    return f"attested: {what} through {one.day}"


def _withdrawn(one: Statement, names: Named) -> str:
    return f"withdrawn: event {names.get(one.event, one.event)}"


def _judged(one: Statement, names: Named) -> str:
    author = names.get(one.document, one.document)
    return f"judged: {author} gives {_name(one, names)} {level_text(one.weight)} for {LABELS.target(one.target)}"


_LEVELS = {True: _set, False: _seen}
_KINDS = {EVENT: _happens, ATTESTATION: _attested, WITHDRAWAL: _withdrawn, JUDGEMENT: _judged}


def _name(one: Statement, names: Named) -> str:
    return names.get(one.indicator, one.indicator)


def title(found: Answer, target: int, reach: int) -> str:
    name = f"{found.name}: " if found.name else "What if: "
    of = f"run {found.base_run_id}, as of {found.as_of}"
    if compared_with_chance(found, target, reach) == NOTHING:
        return f"{name}{_what(found, target, reach)} stays at {LABELS.percent(found.after[target][reach])} ({of})"
    before, after = ends_text(found, target, reach)
    moved = f"{change_text(found, target, reach)} points"
    return f"{name}{_what(found, target, reach)} at {after} instead of {before}, {moved} ({of})"


def _what(found: Answer, target: int, reach: int) -> str:
    window = found.reaches[reach]
    return f"{LABELS.target(found.targets[target])} {LABELS.window(window.horizon_days, window.deadline)}"


def sentences(found: Answer, target: int, reach: int) -> list[str]:
    said = [_chance(found, target, reach)]
    other = most_moved(found, target, reach)
    if other is not None:
        before, after = ends_text(found, other, reach)
        moved = f"{change_text(found, other, reach)} points"
        said.append(f"It moves {LABELS.target(found.targets[other])} further: {before} → {after}, {moved}.")
    return [*said, status(found)]


def _chance(found: Answer, target: int, reach: int) -> str:
    error = error_text(found, target, reach)
    return {
        NOTHING: "It leaves this number as it is, to the last digit.",
        CHANCE: f"That is no more than chance in the computation makes (Monte-Carlo error ± {error} points).",
    }.get(
        compared_with_chance(found, target, reach),
        f"That is more than chance in the computation makes (Monte-Carlo error ± {error} points).",
    )


def status(found: Answer) -> str:
    if found.status == EXACT:
        return "Exact: nothing here teaches the parameters anything."
    left = f"{effective_text(found)} of {counted(found.draws, 'draw')} stay effective, Pareto k {shape_text(found)}"
    if found.status == REFITTED and found.trusted:
        return f"Refitted: the parameters were learnt anew from all of it, in memory ({left}); nothing was stored."
    if found.trusted:
        return f"Reweighted: the draws of run {found.base_run_id} are weighted by what is seen ({left})."
    what = f"Not to be trusted: the draws of run {found.base_run_id} cannot stand for"
    if found.foreseen is not None:
        return f"{what} what is seen on days ahead ({left}), and a fit cannot read those; --do it instead."
    return f"{what} a fit to this ({left}); without --no-refit one is made."


def untouched(found: Answer) -> list[str]:
    made = " or ".join(_EVENTS[one] for one in made_apart(found))
    filled = {APART: _capital(made), FORESEEN: LABELS.percent(found.foreseen)}
    return [_UNTOUCHED[name].format(filled.get(name, "")) for name in left_alone(found)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def compared(one: Answer, other: Answer) -> str:
    return f"A: {one.name}; B: {other.name} (run {one.base_run_id}, as of {one.as_of})"


def tornado(found: Tornado) -> str:
    window = LABELS.window(found.reach.horizon_days, found.reach.deadline)
    of = f"run {found.base_run_id}, as of {found.as_of}"
    return (
        f"{_capital(LABELS.target(found.target))} {window} with one indicator set to −2 or +2 from tomorrow on, "
        f"{LABELS.percent(found.now)} now ({of})"
    )


def beside(found: Tornado) -> list[str]:
    said = []
    if found.swings:
        first = found.swings[0]
        ends = f"from {LABELS.percent(first.low)} at −2 to {LABELS.percent(first.high)} at +2"
        said.append(f"The widest swing is that of {first.name}: {ends} ({points_text(first.points)} points).")
    return [
        *said,
        "Its order is not that of what is worth observing, since a level may be well known: see `parley next`.",
    ]


def saved(one: Saved) -> str:
    return f"version {one.version}, by {one.analyst}, since {one.since}: {one.reason}"


def answered(one: Saved, target: int, reach: int) -> str:
    if one.overtaken:
        return f"no longer answered: {_over(one.overtaken)}"
    if one.answer is None:
        return f"not answered yet: `parley what-if --load '{one.name}'` does it now"
    before, after = ends_text(one.answer, target, reach)
    moved = f"{change_text(one.answer, target, reach)} points"
    of = f"run {one.answer.base_run_id}, as of {one.answer.as_of}"
    return f"{_what(one.answer, target, reach)}: {before} → {after}, {moved} ({of})"


def _over(day: date) -> str:
    return f"{day}, on which something was to be done, is over; save it again with a later day and --revise"


def kept(name: str) -> str:
    return f"saved {name}; it is answered anew after each run (`parley what-if --list`)"


def withdrawn(name: str) -> str:
    return f"withdrew {name}; its versions and answers stay on record"


def none_saved() -> str:
    return "No scenario is on file; add --save NAME --reason TEXT to what is supposed."


def label(name: str) -> str:
    return _LABELS[name]
