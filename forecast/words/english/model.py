"""On the model, in English: which one a forecast is by, and what a change of it alone did to the number."""

from collections.abc import Sequence

from forecast.facts.quality import Tested
from forecast.identity import model_version
from forecast.structures import ModelChange, ModelLine, lines_of_headline, present_structure
from forecast.words.numbers import percent, reach, signed


def tested_model(tested: Tested | None, structure: int) -> str:
    """That the backtest was of another model than the forecast, or of another version of it; "" where of the same."""
    if tested is None:
        return ""
    if tested.other_structure is not None:
        return f"That backtest was of model {tested.other_structure}; this forecast is by model {structure}."
    version = tested.other_version
    return f"That backtest was of model version {version}; this is {model_version()}." if version else ""


def model_change_sentence(change: ModelChange, headline: str) -> str:
    """What the change alone did to the headline; or why that is not known."""
    lines = lines_of_headline(change, headline)
    models = f"model {change.to_structure} instead of model {change.from_structure}"
    if not lines:
        why = change.lacking or "that run did not forecast the headline"
        return (
            f"The number now comes from {models}; by how much that alone moved it since run {change.from_run} is not "
            f"known: {why}."
        )
    return (
        f"The number moved by {_listed(lines)} because the model changed, not the world: {models}, on what run "
        f"{change.from_run} had read."
    )


def _listed(lines: Sequence[ModelLine]) -> str:
    return ", ".join(
        f"{signed(line.points, 1)} points {reach(line)} ({percent(line.old)} → {percent(line.new)})" for line in lines
    )


def other_model(structure: int) -> str:
    """What is said of a forecast by another structure than the present one; "" of the present one."""
    present = present_structure()
    label = f"by model {structure}; run `parley update` for a forecast by model {present}"
    return "" if structure == present else label


def other_model_sentence(structure: int) -> str:
    """The same of the forecast that is shown, as a sentence."""
    label = other_model(structure)
    return f"This forecast is {label}." if label else ""
