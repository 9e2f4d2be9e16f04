"""Names as readers see them, the same on every face."""

TARGET_NAMES = {
    "arms_control_talks": "arms-control talks",
    "denuclearisation_talks": "denuclearisation talks",
    "limits_talks": "talks on limits, any framing",
    "contact": "contact",
    "deal": "limited deal",
    "crisis": "crisis",
}
SCENARIO_NAMES = {
    "S0": "status quo",
    "S1": "contact only",
    "S2": "arms-control talks",
    "S3": "limited deal",
    "S4": "denuclearisation talks",
    "S5": "crisis without talks",
}
INTERVALS = (
    "Intervals are equal-tailed, over posterior draws of P(event | draw): of the parameters, the current levels "
    "and the current regime. ± Monte Carlo is the simulation's own error of the mean, in percentage points. "
    "Documents only starts from the base rate and the catalogue's orientation; it and history only are by Laplace's "
    "approximation."
)
"""Of the method, not of the forecast: it stands under a heading of its own."""


def target_name(target: str) -> str:
    return TARGET_NAMES.get(target, target)
