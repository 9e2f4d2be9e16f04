"""What the headline leans on beside the record, in Japanese: judgement, and assumptions the record cannot settle."""

from forecast.facts.summary import Summary
from forecast.words.japanese.labels import LABELS
from forecast.words.selection import assumed_ends, longest_rolling

ASSUMPTIONS = {
    "framing leans to arms control (+1)": "議題は軍備管理に傾く（+1）",
    "framing leans to denuclearisation (-1)": "議題は非核化に傾く（−1）",
    "framing remembered for 1 year": "議題の記憶は1年",
    "framing remembered for 3 years": "議題の記憶は3年",
    "silence does not matter": "協議の途絶えた期間は影響しない",
    "silence matters without end": "協議の途絶えた期間の影響に上限はない",
    "indicators say nothing": "指標は何も語らない",
    "regime half as lively (sd 0.35)": "局面の変動は半分（標準偏差0.35）",
    "regime livelier (sd 1.0)": "局面の変動はより大きい（標準偏差1.0）",
    "priors of the case alone": "事前分布は当該案件のみによる",
}
"""By the names under which they are stored."""


def judgement_sentence(summary: Summary) -> str | None:
    """How much of the headline number is judgement, at the longest rolling horizon; None where it is not known."""
    row = longest_rolling(summary.shown_headline())
    if row is None or row.history_only is None or row.documents_only is None or row.base_rate is None:
        return None
    base, mean = LABELS.percent(row.base_rate), LABELS.percent(row.mean)
    subject = f"{LABELS.window(row.horizon_days, None)}の{LABELS.target(row.target)}"
    documents = LABELS.percent(row.documents_only)
    if row.history_only == row.mean:
        return (
            f"判断の占める割合：公表済みの文献はない。{subject}の確率は、基準率{base}を出発点に、"
            "各指標がどちらに働くかの想定"
            f"のみを用いると{documents}、過去の記録を加えると{mean}となる。指標の水準の評価も判断である。"
        )
    return (
        f"判断の占める割合：{subject}の確率は、文献の判断を除くと{LABELS.percent(row.history_only)}、"
        f"加えると{mean}である。"
        f"文献のみによる場合は、基準率{base}を出発点として{documents}となる。指標の水準の評価も、"
        "各指標がどちらに働くかの"
        "想定も判断であり、基準率以外の値はすべてこれらに依拠する。"
    )


def assumption_sentence(summary: Summary) -> str | None:
    """Between what the headline lies with one assumption changed, at the longest rolling horizon."""
    ends = assumed_ends(summary)
    if ends is None or summary.forecast_of is None:
        return None
    (low, lowest), (high, highest) = ends
    run = summary.forecast_of
    of_run = "" if summary.shown.run_id == run.id else f"（実行{run.id}による）"
    return (
        "記録からは判断できない点：モデルの仮定を一つだけ変えると、"
        f"確率は{LABELS.percent(low)}（「{assumption_name(lowest)}」）"
        f"から{LABELS.percent(high)}（「{assumption_name(highest)}」）までの間となる{of_run}。全項目は"
        "`parley check assumptions`に示す（すべてラプラス近似による）。"
    )


def assumption_name(name: str) -> str:
    """An assumption by the name under which it is stored."""
    return ASSUMPTIONS.get(name, name)
