"""Why a forecast moved, in English."""

from forecast.facts.why import (
    ALL,
    CASE,
    CHANCE,
    CODE,
    CORRECTION,
    CORRECTIONS,
    DAILY,
    DAYS,
    DOCUMENT,
    DOCUMENTS,
    EVENT,
    EVENTS,
    FADING,
    LATE,
    LEARNING,
    LEVELS,
    LOST_AFTER,
    LOST_BEFORE,
    MODEL,
    NO_OVERLAP,
    OBSERVATION,
    OPEN,
    OTHER_MODEL,
    OTHER_SHAPES,
    REFERENCE,
    REST,
    RETRACTED,
    REVISED,
    REVISED_SINCE,
    SILENCE,
    THINNED_AFTER,
    THINNED_BEFORE,
    TIME,
    VERSION,
    WITHDRAWN,
    Cause,
    Coded,
    End,
    Explanation,
    Happened,
    Line,
    chance_of,
    forgotten,
    meeting_elsewhere,
    name_causes,
)
from forecast.words.english.labels import LABELS
from forecast.words.numbers import counted, level_text
from forecast.words.why_numbers import (
    attested_through,
    change_text,
    ends_text,
    passed_of,
    points_text,
    report_of,
    size_text,
)

_CLASSES = {
    VERSION: "the program and the case",
    TIME: "time and silence",
    OBSERVATION: "new observations",
    CORRECTION: "corrections",
    EVENT: "events: where the process stands",
    DOCUMENT: "documents",
    REST: "lost by taking a few draws",
    LEARNING: "re-estimation",
    CHANCE: "Monte Carlo",
}
_VERSIONS = {CODE: "another version of the program", CASE: "another version of the case", MODEL: "another model"}
_TAUGHT = {
    REFERENCE: "by the case's reference class",
    SILENCE: "by silence",
    EVENTS: "by events",
    LEVELS: "by new levels",
    CORRECTIONS: "by corrections",
    DOCUMENTS: "by documents",
}
_LACKING = {
    THINNED_BEFORE: "What was learnt cannot be told from chance: the posterior of run {before} has been thinned.",
    THINNED_AFTER: "What was learnt cannot be told from chance: the posterior of run {after} has been thinned.",
    NO_OVERLAP: "What was learnt cannot be told from chance: too much lies between the two fits for their draws to "
    "stand for each other; compare runs that lie closer together.",
    OTHER_MODEL: "Run {before} is by another model, so what the model changed holds re-estimation and chance as well; "
    "the other lines are of the present model.",
    OTHER_SHAPES: "The indicators of the case have changed since run {before}, so that line holds re-estimation and "
    "chance as well.",
    LOST_BEFORE: "What was learnt cannot be told from chance: the posterior of run {before} is gone.",
    LOST_AFTER: "What was learnt cannot be told from chance: the posterior of run {after} is gone.",
}
_LABELS = {
    "before": "before",
    "after": "after",
    "points": "points",
    "expected": "expected",
    "said": "said",
    "surprise": "surprise",
    "moved": "level moved",
    "others": "{} others",
    "total": "together",
    "chance": "expected within ± {}",
}


def title(found: Explanation, target: int, reach: int) -> str:
    window = found.reaches[reach]
    what = f"{LABELS.target(found.targets[target])} {LABELS.window(window.horizon_days, window.deadline)}"
    before, after = ends_text(found, target, reach)
    moved = f"{change_text(found, target, reach)} points"
    return f"Why {what} went from {before} ({_run(found.before)}) to {after} ({_run(found.after)}): {moved}"


def _run(end: End) -> str:
    return f"run {end.run_id}, as of {end.as_of}"


def sentences(found: Explanation, target: int, reach: int) -> list[str]:
    named = name_causes(found, target, reach, 4)
    said = [_moved_most(named)] if named else ["No single cause is larger than what chance makes."]
    meeting = meeting_elsewhere(found, target, reach)
    if meeting is not None:
        line, own, points = meeting
        said.append(
            f"{_capital(cause(line))} makes {points_text(line.at(target, reach))} here because talks go on about what "
            f"they began with: for {LABELS.target(own)} it makes {points_text(points)}."
        )
    return [*said, *_forgotten(found, target, reach), _chance(found, target, reach)]


def _moved_most(named: tuple[Cause, ...]) -> str:
    first, *others = (f"{_named(one)} ({points_text(one.points)} points)" for one in named)
    then = f", then {LABELS.listed(others)}" if others else ""
    return f"What moved it most is {first}{then}."


def _named(one: Cause) -> str:
    if one.cls == TIME:
        days = max(passed_of(line).days for line in one.lines if line.kind != SILENCE or len(one.lines) == 1)
        return f"the passing of {counted(days, 'day')}"
    taught = ", with what it taught about how often things begin" if len(one.lines) > 1 else ""
    return cause(one.line) + taught


def _forgotten(found: Explanation, target: int, reach: int) -> list[str]:
    told = forgotten(found, target, reach)
    if told is None:
        return []
    other, here, there = told
    return [
        f"Time makes {points_text(here)} here because with silence a process dries up, and what it was about is "
        f"forgotten: for {LABELS.target(other)} it makes {points_text(there)}."
    ]


def _chance(found: Explanation, target: int, reach: int) -> str:
    chance = chance_of(found, target, reach)
    if chance is None:
        return "How much of it is chance in the computation is not known here."
    made, expected = chance
    return (
        f"Chance in the computation made {points_text(made)}, and is expected within ± {size_text(expected)}: a "
        "smaller line says little."
        if expected
        else "Chance made nothing: both forecasts rest on the same draws."
    )


def class_label(cls: str) -> str:
    return _CLASSES[cls]


def line_label(line: Line) -> str:
    if line.coded is not None:
        return _coded(line.coded, line.kind)
    if line.happened is not None:
        return _happened(line.happened, line.kind)
    if line.published is not None:
        one = line.published
        return f"{one.author}, “{one.title}”: {counted(one.judgements, 'judgement')}"
    if line.rows and line.subject.origin:
        return f"one report in {counted(len(line.rows), 'row')}: {report_of(line)}"
    return _other(line)


def _coded(one: Coded, kind: str) -> str:
    source = f"{one.grade} {one.publisher}".strip()
    if kind == REVISED and one.level_before is not None:
        old, new = level_text(one.level_before), level_text(one.level)
        if old == new and one.grade_before != one.grade:
            old, new = f"{old} {one.grade_before}", f"{new} {one.grade}"
        return f"{one.name} of {one.observed_on}: {old} → {new}"
    told = f"{one.name} {level_text(one.level)} of {one.observed_on}, {source}"
    return told + {
        LATE: f", entered late (known since {one.known_on})",
        REVISED_SINCE: ", revised since",
        WITHDRAWN: ", withdrawn since",
        RETRACTED: ", withdrawn",
    }.get(kind, "")


def _happened(one: Happened, kind: str) -> str:
    days = f"{one.started_on}" if one.started_on == one.ended_on else f"{one.started_on} to {one.ended_on}"
    place = f", {one.venue}" if one.venue else ""
    told = f"{_event(one)} of {days}{place}"
    return told + {LATE: ", entered late", REVISED: ", corrected", RETRACTED: ", withdrawn"}.get(kind, "")


def _event(one: Happened) -> str:
    framing = f" on {one.framing.replace('_', ' ')}" if one.type == "talks" else ""
    return f"{'meeting' if one.type == 'talks' else LABELS.event(one.type)}{framing}"


def _other(line: Line) -> str:
    passed = passed_of(line)
    if line.cls == LEARNING:
        return "what was learnt, with chance" if line.kind == ALL else f"taught {_TAUGHT[line.kind]}"
    if line.cls == TIME:
        return {
            SILENCE: _silence(line),
            DAYS: f"{counted(passed.days, 'day')} pass in silence, levels held",
            FADING: line.subject.indicator or "levels fade and grow uncertain",
            OPEN: f"{counted(passed.open_days, 'day')} of these nobody has attested: open",
        }[line.kind]
    return _VERSIONS.get(line.kind) or class_label(line.cls)


def _silence(line: Line) -> str:
    passed = passed_of(line)
    types = [f"{', '.join(map(LABELS.event, kinds))} through {last}" for kinds, last in attested_through(passed)]
    told = LABELS.listed(types) if types else f"looked at through {passed.looked_through}"
    return f"{counted(passed.days, 'open day')} turned out silent: {told}"


def cause(line: Line) -> str:
    if line.coded is not None:
        one = line.coded
        told = f"{one.name} at {level_text(one.level)}"
        return f"a correction of {one.name}" if line.cls == CORRECTION else told
    if line.happened is not None:
        return f"the {_event(line.happened)} of {line.happened.started_on}"
    if line.published is not None:
        return f"the text by {line.published.author}"
    if line.rows and line.subject.origin:
        return f"{report_of(line)} ({counted(len(line.rows), 'row')})"
    return _learnt(line) if line.cls == LEARNING else _other(line)


def _learnt(line: Line) -> str:
    return "what was learnt" if line.kind == ALL else f"what {_TAUGHT[line.kind].removeprefix('by ')} taught"


def causes(found: Explanation, target: int, reach: int, number: int = 3) -> str:
    before, after = ends_text(found, target, reach)
    named = [f"{_short(one)} {points_text(one.points)}" for one in name_causes(found, target, reach, number)]
    if not named:
        chance = chance_of(found, target, reach)
        size = f" (± {size_text(chance[1])})" if chance else ""
        return f"{before} → {after}: no cause larger than chance{size}"
    return f"{before} → {after}: {', '.join(named)}"


def _short(one: Cause) -> str:
    return "time and silence" if one.cls == TIME else cause(one.line)


def since(found: Explanation, target: int, reach: int) -> str:
    command = f"`parley why {found.before.run_id} {found.after.run_id}`"
    window = found.reaches[reach]
    about = LABELS.window(window.horizon_days, window.deadline)
    return f"Since {found.before.as_of}, {about}: {causes(found, target, reach)} (points). All of it: {command}."


def limits(found: Explanation) -> list[str]:
    told = [_LACKING[code].format(before=found.before.run_id, after=found.after.run_id) for code in found.lacking]
    if found.path == DAILY:
        told.append("Summed over days: each line is what a thing did when it came, and its later fading is under time.")
    if found.orders:
        told.append(f"Entries are averaged over {found.orders} orders in which they could have come.")
    if not found.old_entries:
        told.append("Entries are weighed by the effects of the later fit.")
    return told


def label(name: str) -> str:
    return _LABELS[name]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
