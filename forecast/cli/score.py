"""The command that scores live forecasts, and the track record as tables."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from rich.text import Text

from db.when import When
from forecast.cli.console import AsOf, AsRecorded, Json, case_id, opened, print_json, today
from forecast.cli.tables import bold, emit, grid, paragraph
from forecast.engine.assemble import DEAL_REACH_DAYS
from forecast.evaluation.track import as_json, read_track_record
from forecast.facts.track import OPEN, UNATTESTED, YES_ALREADY, Counts, Pending, ScenarioLine, TrackLine, TrackRecord
from forecast.words.english.quality import TOO_FEW, TRACK_RULE, track_sentence, within
from forecast.words.names import SCENARIO_NAMES, target_name
from forecast.words.numbers import counted, percent, signed

type Lines = list[str | Text]

WEIGHTING = (
    "Scores are means over the days on which the forecasts stood. The log score is in nats. Smaller is better for "
    "both scores, so a negative difference means better than the base rate. Apart: windows that do not overlap, with "
    "and without an event. Effective n: days divided by the length of the window."
)
STATES = {
    OPEN: "Pending: scored when the window is over",
    YES_ALREADY: "Already yes: still scored only when the window is over",
    UNATTESTED: "Over and awaiting attestation",
}


def score(as_of: AsOf = None, as_recorded: AsRecorded = None, json_: Json = False) -> None:
    """Score the live forecasts whose windows are over. The others are listed as pending.

    Only forecasts issued before the fact count.
    """
    with opened() as database, database.read() as connection:
        when = When(as_of=as_of or today(connection), as_recorded=as_recorded)
        record = read_track_record(connection, when, case_id=case_id())
    if json_:
        print_json(as_json(record))
    else:
        print_track_record(record)


def print_track_record(record: TrackRecord) -> None:
    recorded = f", as recorded by {record.as_recorded:%Y-%m-%d %H:%M:%S} UTC" if record.as_recorded else ""
    records = (record, *record.others)
    blocks: list[Lines] = [
        [bold(f"Track record as of {record.as_of}{recorded}"), *paragraph(track_sentence(record))],
        [*paragraph(TRACK_RULE), *paragraph(_apart_sentence(record))],
        [*paragraph(WEIGHTING if any(one.lines for one in records) else "")],
    ]
    for one in records:
        blocks += _record_blocks(one, named=len(records) > 1)
    emit([line for block in blocks if block for line in ("", *block)][1:])


def _apart_sentence(record: TrackRecord) -> str:
    """That records are kept apart, where there are several."""
    if not record.others:
        return ""
    return "Each model has its own record: forecasts by different models are not joined."


def _record_blocks(record: TrackRecord, *, named: bool) -> list[Lines]:
    """The record of one structure of the model; named where there are several."""
    title: Lines = [bold(f"By model {record.structure}")] if named else []
    blocks: list[Lines] = [[*title, *paragraph(_counts_sentence(record.counts))]]
    blocks += [_target_block(list(lines)) for _, lines in groupby(record.lines, key=lambda line: line.target)]
    if record.scenarios:
        blocks.append(_scenario_block(record.scenarios))
    for state in STATES:
        blocks.append(_pending_block(state, [one for one in record.pending if one.state == state]))
    return blocks


def _counts_sentence(counts: Counts) -> str:
    repeats = "1 repeat" if counts.repeats == 1 else f"{counts.repeats} repeats"
    return (
        f"{counted(counts.counted, 'run')} counted; {counts.after_the_fact} after the fact, not track record; "
        f"{repeats} of an as-of date and {counts.provisional} provisional, not counted. "
        f"{counted(counts.resolved, 'forecast')} of targets resolved."
    )


def _target_block(lines: Sequence[TrackLine]) -> Lines:
    """One target, its windows side by side."""
    shown: list[tuple[str, Callable[[TrackLine], str]]] = [
        ("forecasts", lambda line: str(line.forecasts)),
        ("days", lambda line: str(line.days)),
        ("events", lambda line: str(line.events)),
        ("apart, with", lambda line: str(line.windows_with)),
        ("apart, without", lambda line: str(line.windows_without)),
        ("effective n", lambda line: f"{line.effective_n:.1f}"),
        ("mean forecast", lambda line: percent(line.mean_forecast)),
        ("base rate", lambda line: percent(line.base_mean)),
        ("came true", lambda line: _share(line.frequency)),
        ("log score", lambda line: _score(line.log_score)),
        ("of the base rate", lambda line: _score(line.base_log_score)),
        ("difference", lambda line: _difference(line.log_difference)),
        ("Brier score", lambda line: _score(line.brier)),
        ("of the base rate", lambda line: _score(line.base_brier)),
        ("difference", lambda line: _difference(line.brier_difference)),
    ]
    rows = [[label, *map(cell, lines)] for label, cell in shown]
    name = target_name(lines[0].target)
    title = bold(f"{name[0].upper()}{name[1:]}: at least one")
    return [title, *grid(["", *map(within, lines)], rows), *_verdict(lines)]


def _scenario_block(lines: Sequence[ScenarioLine]) -> Lines:
    rows = [
        ["forecasts", *(str(line.forecasts) for line in lines)],
        ["days", *(str(line.days) for line in lines)],
        *(
            [f"{label} {name}", *(str(line.days_of_label[label]) for line in lines)]
            for label, name in SCENARIO_NAMES.items()
        ),
        ["effective n", *(f"{line.effective_n:.1f}" for line in lines)],
        ["log score", *(_score(line.log_score) for line in lines)],
    ]
    title = bold("Scenarios: days by the label that came true")
    return [title, *grid(["", *map(within, lines)], rows), *_verdict(lines)]


def _verdict(lines: Sequence[TrackLine | ScenarioLine]) -> list[str]:
    return [
        line
        for enough, words in ((True, "Enough to tell"), (False, f"{TOO_FEW[0].upper()}{TOO_FEW[1:]}"))
        for line in _listed(words, [within(one) for one in lines if one.enough is enough])
    ]


def _listed(words: str, windows: Sequence[str]) -> list[str]:
    return paragraph(f"{words}: {', '.join(windows)}.") if windows else []


def _pending_block(state: str, pending: Sequence[Pending]) -> Lines:
    """Forecasts in one state, counted by target and window; nothing where there are none."""
    if not pending:
        return []
    rows = [
        [target_name(target), window, str(len(group)), str(min(scored)), str(max(scored))]
        for (target, window), group in _by_question(pending)
        for scored in ([one.scored_on for one in group],)
    ]
    header = ["", "window", "n", "first on", "last on"]
    return [bold(STATES[state]), *grid(header, rows, left=(0, 1)), *_notes(state, pending)]


def _by_question(pending: Iterable[Pending]) -> list[tuple[tuple[str, str], list[Pending]]]:
    found: dict[tuple[str, str], list[Pending]] = {}
    for one in pending:
        found.setdefault((one.target, within(one)), []).append(one)
    return list(found.items())


def _notes(state: str, pending: Sequence[Pending]) -> list[str]:
    if state == UNATTESTED:
        return _missing_lines(pending)
    notes = ""
    if any(one.scored_on > one.end for one in pending):
        notes = (
            f"A deal may mark a meeting up to {DEAL_REACH_DAYS} days earlier, so its forecasts wait that much longer. "
        )
    if state == YES_ALREADY and any(one.deadline for one in pending):
        notes += "A deadline is one question: forecasts for it that were issued after the event are not scored."
    return paragraph(notes)


def _missing_lines(pending: Sequence[Pending]) -> list[str]:
    """What a person must attest so that all of these can be scored."""
    missing, parts = [need for one in pending for need in one.missing], []
    for kind in dict.fromkeys(need.type for need in missing):
        needs = [need for need in missing if need.type == kind]
        last = max(need.needed_through for need in needs)
        parts.append(f"{kind} complete through {needs[0].complete_through}, needed through {last}")
    return paragraph(f"{'; '.join(parts)}. To attest completeness, run `parley event none --through DATE`.")


def _share(frequency: float) -> str:
    """What was counted, unlike what was forecast, can be nought or all."""
    return f"{100 * frequency:.0f} %" if frequency in (0.0, 1.0) else percent(frequency)


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _difference(value: float | None) -> str:
    return "–" if value is None else signed(value, 3)
