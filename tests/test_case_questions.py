"""The shipped case's own record against its reminders and questions: they are few, and fall where they should."""

from collections import Counter

from forecast.desk.bearings import event_text
from indicators.bearings import bearings_of
from indicators.case_rows import new_events
from indicators.content import EVENT_TYPES
from indicators.folder import read_case_folder
from indicators.questions import read_questions
from indicators.shipped import shipped_case


def test_reminders_of_the_shipped_case_are_few() -> None:
    """One that always comes is ignored: of what was coded since 2024 at most a quarter names anything."""
    folder = read_case_folder(shipped_case())
    named = {each.id: bearings_of(each.bears_on) for each in folder.indicators}
    recent = [row for row in folder.observations if row.observed_on.year >= 2024]
    reminding = [
        row
        for row in recent
        if any(
            each.holds_at(row.level) and each.holds_for(f"{row.source_title} {row.note}")
            for each in named[row.indicator_id]
        )
    ]
    assert len(recent) > 100
    assert 0 < len(reminding) <= len(recent) / 4


def test_the_record_bears_out_the_questions() -> None:
    """Were they entered as talks, nearly all contacts would be questioned; of the talks only those that say little."""
    questions = read_questions("us-dprk")
    assert {each.of for each in questions} <= set(EVENT_TYPES)
    tally: Counter[tuple[str, bool]] = Counter()
    for event in new_events(read_case_folder(shipped_case())):
        if event.type in ("talks", "contact"):
            raised = any(each.asked_of("talks", event_text(event)) for each in questions)
            tally[event.type, raised] += 1
    assert tally["contact", True] >= 0.95 * (tally["contact", True] + tally["contact", False])
    assert tally["talks", True] <= 0.25 * (tally["talks", True] + tally["talks", False])
