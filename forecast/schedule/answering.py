"""Saved scenarios, answered anew by the fitting process once a run is published."""

from dataclasses import dataclass

from db.engine import Database
from db.progress import Progress
from forecast.clock import Clock, utc_now
from forecast.plan.overtaken import Unanswered


@dataclass(frozen=True, slots=True)
class Answered:
    """A scenario has an answer of the newest run, or needs none."""

    asked: Unanswered


def answer_scenario(database: Database, asked: Unanswered, progress: Progress, clock: Clock = utc_now) -> Answered:
    """Answer one, and store the answer; whatever `forecast.plan.saved.answer_saved` raises."""
    # NumPy and compiled code, which only the fitting process needs
    from forecast.plan.saved import answer_saved

    answer_saved(database, asked, progress, clock)
    return Answered(asked)
