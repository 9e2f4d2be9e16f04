"""What the headline leans on beside the record, in English: judgement, and assumptions the record cannot settle."""

from forecast.facts.summary import Summary
from forecast.run_facts import assumed_of
from forecast.words.names import target_name
from forecast.words.numbers import percent, reach


def judgement_sentence(summary: "Summary") -> str | None:
    """How much of the headline number is judgement, at the longest rolling horizon; None where it is not known."""
    rolling = [row for row in summary.shown_headline() if row.horizon_days is not None]
    if not rolling:
        return None
    row = max(rolling, key=lambda r: r.horizon_days or 0)
    if row.history_only is None or row.documents_only is None or row.base_rate is None:
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


def assumption_sentence(summary: "Summary") -> str | None:
    """Between what the headline lies with one assumption changed, at the longest rolling horizon."""
    run = summary.forecast_of
    rolling = [row for row in summary.shown_headline() if row.horizon_days is not None]
    if run is None or not rolling:
        return None
    row = max(rolling, key=lambda r: r.horizon_days or 0)
    found = [
        (float(one["mean"]), str(each["assumption"]))
        for each in assumed_of(run)
        for one in each["headline"]
        if one["horizon_days"] == row.horizon_days and one["deadline"] is None
    ]
    if not found:
        return None
    (low, lowest), (high, highest) = min(found), max(found)
    of_run = "" if summary.shown.run_id == run.id else f", as run {run.id} found it,"
    return (
        f"What the record cannot settle: with one assumption of the model changed it would{of_run} be between "
        f"{percent(low)} ({lowest}) and {percent(high)} ({highest}); `parley check assumptions` lists them all, by "
        "Laplace's approximation throughout."
    )
