"""The English brief on the model: which one a forecast is by, and what a change of it alone did to the number."""

from forecast.brief.facts import Brief
from forecast.record.model_change import model_change_sentence
from forecast.structures import other_model, structure_of


def by_model(brief: Brief) -> str:
    """That the forecast is by another model than the present one; "" where it is by that."""
    by = other_model(structure_of(brief.run))
    return f"This forecast is {by}." if by else ""


def model_moved(brief: Brief) -> str:
    """What the change of model alone did; "" where both forecasts are by the same."""
    change = brief.changes.model
    return model_change_sentence(change, brief.case.headline) if change else ""
