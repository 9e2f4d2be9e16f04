"""What every language says of how good the forecasts have been: live, in the backtest, and against bounds."""

from typing import Protocol

from forecast.facts.quality import Alike, Overall, Quality, Tested
from forecast.facts.track import Counts, Pending, ScenarioLine, TrackLine, TrackRecord, Unscored


class QualityWords(Protocol):
    """Each is a sentence or more, with its full stop, unless it says otherwise."""

    TOO_FEW: str
    """That there is not enough to tell, without a full stop."""
    TRACK_RULE: str
    """Which forecasts are track record, and when they are scored."""

    def quality_sentence(self, quality: Quality) -> str:
        """What the newest backtest found of forecasts like the one that is shown; or that none was made."""

    def quality_note(self, quality: Quality) -> str:
        """That the backtest was of another model than the forecast, or of other code; "" where of the same."""

    def overall_sentence(self, found: Overall) -> str:
        """How a backtest's forecasts of the headline turned out as a whole."""

    def alike_sentence(self, found: Alike) -> str:
        """What came of forecasts like the one that is shown."""

    def track_sentence(self, found: TrackRecord | Unscored) -> str:
        """What live forecasts of the headline were worth, one by one for each structure of the model."""

    def structure_sentence(self, record: TrackRecord) -> str:
        """What live forecasts by the structure of a record were worth, whatever those of others were."""

    def track_counts(self, counts: Counts) -> str:
        """How many runs count, and how many of their forecasts were scored."""

    def within(self, one: TrackLine | ScenarioLine | Pending) -> str:
        """The window in words, no sentence."""

    def bounds(self, tested: Tested | None, headline: str) -> str:
        """How many of the bounds set beforehand the backtest missed, and which."""
