"""The words in the pictures of a forecast, in English and in Japanese."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from forecast.words.names import SCENARIO_NAMES, TARGET_NAMES
from forecast.words.numbers import percent, percent_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """All words of one language; braces hold what is filled in."""

    targets: Mapping[str, str]
    scenarios: Mapping[str, str]
    kinds: Mapping[str, str]
    events: Mapping[str, str]
    """By type, and what they are about by framing."""
    within: str
    by: str
    probability: str
    at_least_one: str
    at_least_once: str
    mean: str
    interval: str
    base_rate: str
    documents_only: str
    history_only: str
    backtests: Mapping[str, str]
    """By kind: what would have been said before there were forecasts."""
    beside_windows: str
    not_published: str
    thinned: str
    """A kind of run of which only some are marked."""
    as_of: str
    days_after: str
    days: str
    model: str
    recomputed: str
    by_window: str
    by_date: str
    year: str
    month: str
    day: str
    day_tick: str
    percent_sign: str

    def window(self, days: int | None, deadline: date | None) -> str:
        """How far a forecast reaches, as `forecast.words.numbers.reach` says it."""
        return self.within.format(days) if deadline is None else self.by.format(self.date(deadline))

    def target(self, target: str) -> str:
        return self.targets.get(target, target)

    def heading(self, form: str, **words: object) -> str:
        """One of the forms filled in, to stand above a picture."""
        text = form.format(**words)
        return text[:1].upper() + text[1:]

    def date(self, day: date) -> str:
        return self.day.format(day)

    def percent(self, p: float) -> str:
        return percent(p).replace(" %", self.percent_sign)

    def percent_range(self, low: float, high: float) -> str:
        return percent_range(low, high).replace(" %", self.percent_sign)

    def level(self, percents: int) -> str:
        """An interval by its level."""
        return self.interval.format(f"{percents}{self.percent_sign}")


ENGLISH = Labels(
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
    day="{0:%Y-%m-%d}",
    day_tick="{0:%Y-%m-%d}",
    percent_sign=" %",
)
JAPANESE = Labels(
    targets={
        "arms_control_talks": "軍備管理協議",
        "denuclearisation_talks": "非核化協議",
        "limits_talks": "制限協議（枠組み不問）",
        "contact": "接触",
        "deal": "限定的合意",
        "crisis": "危機",
    },
    scenarios={
        "S0": "現状維持",
        "S1": "接触のみ",
        "S2": "軍備管理協議",
        "S3": "限定的合意",
        "S4": "非核化協議",
        "S5": "協議なき危機",
    },
    kinds={"official": "定時更新", "manual": "手動更新", "backfill": "遡及計算", "provisional": "暫定更新"},
    events={
        "talks": "協議",
        "contact": "接触",
        "deal": "合意",
        "crisis": "危機",
        "arms_control": "軍備管理関連",
        "denuclearisation": "非核化関連",
    },
    within="{}日以内",
    by="{}まで",
    probability="確率",
    at_least_one="{target}：{window}に少なくとも1回",
    at_least_once="少なくとも1回起こる確率",
    mean="平均",
    interval="{}区間",
    base_rate="基準率",
    documents_only="文献のみ",
    history_only="過去の記録のみ",
    backtests={"strict": "遡及検証（実績ではない）", "retrospective": "現在の定義による遡及検証（実績ではない）"},
    beside_windows="{target}：少なくとも1回（{day}時点）",
    not_published="公表見送り",
    thinned="{kind}（{step}回に1回を表示）",
    as_of="基準日",
    days_after="{}からの日数",
    days="{}日",
    model="モデル{}",
    recomputed="再計算（実績ではない）",
    by_window="期間別（{day}時点、更新番号{run}）",
    by_date="基準日別（{window}）",
    year="{0.year}年",
    month="{0.year}年{0.month}月",
    day="{0.year}年{0.month}月{0.day}日",
    day_tick="{0.year}年\n{0.month}月{0.day}日",
    percent_sign="%",
)
