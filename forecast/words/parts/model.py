"""What every language says of the model that made a forecast."""

from typing import Protocol

from forecast.facts.quality import Tested
from forecast.structures import ModelChange


class ModelWords(Protocol):
    """Which one a forecast is by, which one was tested, and what a change of it alone did to the number."""

    def other_model(self, structure: int) -> str:
        """What is said of a forecast by another structure than the present one, without a full stop; "" of that."""

    def other_model_sentence(self, structure: int) -> str:
        """The same of the forecast that is shown, as a sentence."""

    def tested_model(self, tested: Tested | None, structure: int) -> str:
        """That the backtest was of another model than the forecast, or another version of it; "" where of the same."""

    def model_change_sentence(self, change: ModelChange, headline: str) -> str:
        """What the change alone did to the headline; or why that is not known."""
