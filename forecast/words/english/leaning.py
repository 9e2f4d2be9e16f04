"""What the headline leans on beside the record, in English: judgement, and assumptions the record cannot settle."""

from forecast.facts.summary import Summary
from forecast.words.names import target_name
from forecast.words.numbers import percent, reach
from forecast.words.selection import assumed_ends, longest_rolling


def judgement_sentence(summary: Summary) -> str | None:
    """How much of the headline number is judgement, at the longest rolling horizon; None where it is not known."""
    row = longest_rolling(summary.shown_headline())
    if row is None or row.history_only is None or row.documents_only is None or row.base_rate is None:
        return None
    if row.history_only == row.mean:
        return (
            "How much is judgement: no document had been published. Which way each indicator points is judgement, and "
            f"by that alone, from a base rate of {percent(row.base_rate)} for {target_name(row.target)} {reach(row)}, "
            f"it would be {percent(row.documents_only)}; with the record it is {percent(row.mean)}. Coded levels are "
            "judgement too."
        )
    return (
        f"How much is judgement: without the documents' judgements it would be {percent(row.history_only)} for "
        f"{target_name(row.target)} {reach(row)}, with them it is {percent(row.mean)}; the documents alone, from a "
        f"base rate of {percent(row.base_rate)}, say {percent(row.documents_only)}. Coded levels, and which way each "
        "indicator points, are judgement too: all of these but the base rate rest on them."
    )


def assumption_sentence(summary: Summary) -> str | None:
    """Between what the headline lies with one assumption changed, at the longest rolling horizon."""
    ends = assumed_ends(summary)
    if ends is None or summary.forecast_of is None:
        return None
    (low, lowest), (high, highest) = ends
    run = summary.forecast_of
    of_run = "" if summary.shown.run_id == run.id else f", as run {run.id} found it,"
    return (
        f"What the record cannot settle: with one assumption of the model changed it would{of_run} be between "
        f"{percent(low)} ({lowest}) and {percent(high)} ({highest}); `parley check assumptions` lists them all, by "
        "Laplace's approximation throughout."
    )


def assumption_name(name: str) -> str:
    """An assumption by the name under which it is stored."""
    return name
