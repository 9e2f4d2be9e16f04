"""Why numbers differ, in English."""

from collections.abc import Iterable

from forecast.facts.reasons import LEAST, TALKS, Reason, Sibling, Weight
from forecast.words.names import target_name
from forecast.words.numbers import counted, percent, reach, signed
from forecast.words.selection import differing


def reason_sentence(reason: Reason) -> str:
    """The facts in their order: what the base rate counts, what happened last, levels, and what stands beside it."""
    side = "below" if reason.factor < 1 else "above"
    name = target_name(reason.target)
    subject = f"{name[0].upper()}{name[1:]} {reach(reason)}, {percent(reason.mean)}"
    said = f"{subject}, is far {side} its base rate, {percent(reason.base_rate)}: {_counts(reason)}"
    return " ".join(filter(None, (said, _spell(reason), _levels(reason), _talks(reason), _beside(reason))))


def _counts(reason: Reason) -> str:
    since = f" since {reason.since}" if reason.since else ""
    counts = f"that counts all {reason.events}{since} alike"
    if reason.target in TALKS:
        counts = f"that counts like times{since} with {reason.events} in all, recent years more"
    if reason.last_on is None:
        return f"{counts}."
    last = f"the last began on {reason.last_on}, {counted(reason.days or 0, 'day')} before"
    recent = ", and the forecast follows recent years" if reason.target == "contact" else ""
    return f"{counts}; {last}{recent}."


def _spell(reason: Reason) -> str:
    if reason.since_talks is None:
        return ""
    ended = f"the last meeting, of any framing, ended {counted(reason.since_talks, 'day')} before"
    return f"Talks are under way, and one meeting follows another, mostly of the same framing: {ended}."


def _levels(reason: Reason) -> str:
    if reason.levels is None:
        return ""
    if (reason.levels < 1) != (reason.factor < 1):
        return f"Present levels pull the other way, by about ×{reason.levels:.2f}."
    what = "its odds at a meeting" if reason.target == "deal" else "the rate"
    most = with_taught((_weight(one), taught_words(one.taught)) for one in reason.weights)
    listed = f" ({most})" if most else ""
    return f"Present levels multiply {what} by about {reason.levels:.2f} against neutral ones{listed}."


def _weight(one: Weight) -> str:
    return f"{one.name} (level {signed(one.level, 1)}) ×{one.factor:.2f}"


def _talks(reason: Reason) -> str:
    if reason.talks is None:
        return ""
    return f"A deal takes a meeting on limits, {percent(reason.talks)} likely in the window."


def _beside(reason: Reason) -> str:
    pairs = (("documents only", reason.documents_only), ("without the documents", reason.history_only))
    known = ", ".join(f"{name} {percent(value)}" for name, value in pairs if value is not None)
    return f"{known[0].upper()}{known[1:]}." if known else ""


WHY = (
    "A target is at least one in the window, in any order; a scenario excludes the others: S2 and S4 go by the "
    "window's first meeting, where no limited deal follows (that is S3); S5 and S1 are without talks, S1 without a "
    "crisis too."
)


def siblings_sentence(siblings: Iterable[Sibling], headline: str) -> str:
    """Why they differ, and by how much; "" where no two numbers do."""
    shown = differing(siblings, headline)
    if not shown:
        return ""
    listed = "; ".join(
        f"{target_name(one.target)} {percent(one.p_target)}, {one.scenario} {percent(one.p_scenario)}" for one in shown
    )
    return f"{WHY} {reach(shown[0]).capitalize()}: {listed}."


SET_BY_DOCUMENTS = "set by documents, not by events"


def taught_words(share: float | None) -> str:
    """What is said beside an effect; "" where the share is not known."""
    if share is None:
        return ""
    return SET_BY_DOCUMENTS if share < LEAST else f"{100 * share:.0f} % taught by events"


def with_taught(parts: Iterable[tuple[str, str]]) -> str:
    """Weights and what is said beside each, in one bracket; what is said of all is said once."""
    listed = [(weight, said) for weight, said in parts]
    shared = {said for _, said in listed}
    if len(shared) == 1:
        (said,) = shared
        weights = ", ".join(weight for weight, _ in listed)
        return f"{weights}; {said}" if said else weights
    return "; ".join(f"{weight}: {said}" if said else weight for weight, said in listed)
