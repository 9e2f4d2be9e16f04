"""What is said under pictures."""

from typing import Protocol

from forecast.facts.brief import Mark
from forecast.facts.evidence import DiagnosticsTold, EffectsFacts, JudgementsFacts, ReliabilityFacts, StatesTold
from forecast.facts.pictures import HistoryFacts, HorizonsFacts, ScenariosFacts


class PlotWords(Protocol):
    """The caption of every kind of picture; the words inside pictures are `forecast.words.labels.Labels`."""

    def history_caption(self, facts: HistoryFacts) -> str:
        """What the line is of, why it is broken, what stands behind it, and the number it ends with."""

    def last_mark(self, mark: Mark | None) -> str:
        """That the history of a brief ends before what has come since, and both numbers; "" where it does not."""

    def horizons_caption(self, facts: HorizonsFacts) -> str:
        """Of the curves of several targets, with the number of the first one's longest window."""

    def curve_caption(self, facts: HorizonsFacts) -> str:
        """Of the first curve alone, as a brief draws it."""

    def scenarios_caption(self, facts: ScenariosFacts) -> str:
        """What the areas are of, every scenario's number, and how these differ from the targets'."""

    def states_caption(self, facts: StatesTold) -> str:
        """What the paths are of, and how many indicators are stale."""

    def effects_caption(self, facts: EffectsFacts) -> str:
        """What the marks are of, the largest effect, and how many events taught."""

    def judgements_caption(self, facts: JudgementsFacts) -> str:
        """How many judgements there are of which kind, and on what authors differ in sign."""

    def diagnostics_caption(self, facts: DiagnosticsTold) -> str:
        """What is drawn of the fit, and whether the gate passed it."""

    def reliability_caption(self, facts: ReliabilityFacts) -> str:
        """What the curves are of, and whether each lies in its band."""
