"""The English brief on the model: which one a forecast is by, and what a change of it alone did to the number."""

from forecast.facts.brief import Brief
from forecast.identity import model_version
from forecast.record.model_change import model_change_sentence
from forecast.structures import other_model_sentence, structure_of


def by_model(brief: Brief) -> str:
    """That the forecast is by another model than the present one; "" where it is by that."""
    return other_model_sentence(structure_of(brief.run))


def tested_model(brief: Brief) -> str:
    """That the backtest was of another model than the forecast, or of another version of it; "" where of the same."""
    tested = brief.tested
    if tested is None:
        return ""
    if tested.other_structure is not None:
        by = structure_of(brief.run)
        return f" That backtest was of model {tested.other_structure}; this forecast is by model {by}."
    version = tested.other_version
    return f" That backtest was of model version {version}; this is {model_version()}." if version else ""


def model_moved(brief: Brief) -> str:
    """What the change of model alone did; "" where both forecasts are by the same."""
    change = brief.changes.model
    return model_change_sentence(change, brief.case.headline) if change else ""
