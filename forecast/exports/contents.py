"""What can be exported: of each thing its columns, in order, and what may be asked of it."""

from dataclasses import dataclass

from forecast.exports.columns import Column
from forecast.exports.explanations import EXPLANATION
from forecast.exports.fact_columns import CATALOGUE, COMPLETENESS, DOCUMENT, EVENT, JUDGEMENT, OBSERVATION
from forecast.exports.run_columns import EFFECT, FORECAST, INDICATOR, LEVEL, RUN, SCENARIO, SITUATION, STATUS


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One thing that can be exported: one row of it, its columns, and the one that `--from` and `--to` bound."""

    row: str
    own: tuple[Column, ...]
    """Between those before and those after, which say the same in all rows of a run."""
    before: tuple[Column, ...] = ()
    after: tuple[Column, ...] = ()
    dated_by: str = ""
    """Empty where its rows have no day of their own."""
    options: tuple[str, ...] = ()
    """Further options that choose among its rows."""
    begin: str = "run `parley update`"
    """What to do where none is on file."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """All of them, in their order."""
        return (*self.before, *self.own, *self.after)

    @property
    def shared(self) -> tuple[int, int]:
        """As `Export` has it."""
        return len(self.before), len(self.after)


CONTENTS = {
    "forecasts": Content(
        row="run, target and horizon",
        before=RUN,
        own=FORECAST,
        after=SITUATION,
        dated_by="as_of",
        options=("--target", "--horizon", "--kind"),
    ),
    "scenarios": Content(
        row="run, horizon and scenario", before=RUN, own=SCENARIO, dated_by="as_of", options=("--horizon", "--kind")
    ),
    "states": Content(
        row="run and indicator", before=RUN, own=(INDICATOR, *LEVEL), dated_by="as_of", options=("--kind",)
    ),
    "effects": Content(
        row="run, target, indicator and source",
        before=RUN,
        own=EFFECT,
        dated_by="as_of",
        options=("--target", "--kind"),
    ),
    "explanations": Content(
        row="line of a step between two runs, target and horizon",
        own=EXPLANATION,
        dated_by="as_of",
        options=("--target", "--horizon"),
        begin="run `parley schedule run`, which stores a step after each run",
    ),
    "runs": Content(
        row="run, whatever its status", own=(*RUN, *STATUS, *SITUATION), dated_by="as_of", options=("--kind",)
    ),
    "observations": Content(
        row="version of an observation", own=OBSERVATION, dated_by="observed_on", begin="run `parley log`"
    ),
    "events": Content(row="version of an event", own=EVENT, dated_by="started_on", begin="run `parley event add`"),
    "completeness": Content(
        row="version of an attestation",
        own=COMPLETENESS,
        dated_by="complete_through",
        begin="run `parley event none --through DATE`",
    ),
    "indicators": Content(row="indicator of the catalogue, with its level", own=CATALOGUE, begin="run `parley init`"),
    "documents": Content(
        row="version of a document",
        own=DOCUMENT,
        dated_by="published_on",
        begin="run `parley document add`",
    ),
    "judgements": Content(
        row="version of a judgement",
        own=JUDGEMENT,
        dated_by="published_on",
        options=("--target",),
        begin="run `parley judgement add`",
    ),
}
"""By the word that `--what` takes."""
ALWAYS = ("--as-of", "--as-recorded")


def options_of(what: str) -> tuple[str, ...]:
    """The options that choose among the rows of an export."""
    content = CONTENTS[what]
    return (*(("--from", "--to") if content.dated_by else ()), *content.options, *ALWAYS)
