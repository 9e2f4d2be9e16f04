"""The words in tables and pictures, in English."""

from forecast.words.labels import Labels
from forecast.words.names import SCENARIO_NAMES, TARGET_NAMES

LABELS = Labels(
    locale="en_GB",
    targets=TARGET_NAMES,
    scenarios=SCENARIO_NAMES,
    kinds={
        "official": "official run",
        "manual": "manual run",
        "backfill": "backfill",
        "provisional": "provisional run",
    },
    events={
        "talks": "talks",
        "contact": "contact",
        "deal": "deal",
        "crisis": "crisis",
        "arms_control": "event on arms control",
        "denuclearisation": "event on denuclearisation",
    },
    within="in {} d",
    by="by {}",
    probability="probability",
    at_least_one="{target} {window}: at least one",
    at_least_once="probability of at least one",
    mean="mean",
    interval="{} interval",
    base_rate="base rate",
    documents_only="documents only",
    history_only="history only",
    backtests={
        "strict": "strict backtest, no track record",
        "retrospective": "retrospective backtest, no track record",
    },
    beside_windows="{target}: at least one, as of {day}",
    not_published="run not published",
    thinned="{kind} (1 in {step} marked)",
    as_of="as-of date",
    days_after="days after {}",
    days="{} d",
    model="model {}",
    recomputed="recomputed, no track record",
    by_window="run {run} as of {day}, by window",
    by_date="{window}, by as-of date",
    year="{0:%Y}",
    month="{0:%Y-%m}",
    day="yyyy-MM-dd",
    day_tick="{0:%Y-%m-%d}",
    percent_sign=" %",
    gap=" ",
)
