"""Why numbers differ, in Japanese: from their base rates, and from the scenarios of their names."""

from collections.abc import Iterable

from forecast.facts.reasons import LEAST, TALKS, Reason, Sibling, Weight
from forecast.words.japanese.labels import LABELS
from forecast.words.numbers import signed
from forecast.words.selection import differing, said_once

SET_BY_DOCUMENTS = "文献による"
_WHY = (
    "対象と、名称の似たシナリオとでは確率が異なる。対象は期間中に1回でも起こる確率で、順序を問わない。シナリオは互いに"
    "排他的であり、S2とS4は期間中の最初の会合が軍備管理と非核化のどちらの協議に当たるかで決まり、"
    "限定的合意に至る場合（S3）を含まない。S5とS1は協議のない場合で、"
    "S1は危機もない場合である。"
)


_LAST = {"limits_talks": "核・ミサイルの制限をめぐる協議", "deal": "合意"}
_BEGAN = {"deal": "成立し", "contact": "行われ", "crisis": "発生し"}


def reason_sentence(reason: Reason) -> str:
    """The facts in their order: what the base rate counts, what happened last, levels, and what stands beside it."""
    side = "下回る" if reason.factor < 1 else "上回る"
    window = LABELS.window(reason.horizon_days, reason.deadline)
    said = (
        f"{window}の{LABELS.target(reason.target)}の確率{LABELS.percent(reason.mean)}は、基準率"
        f"{LABELS.percent(reason.base_rate)}を大きく{side}。"
    )
    return f"{said}{_counts(reason)}{_spell(reason)}{_levels(reason)}{_talks(reason)}{_beside(reason)}"


def _counts(reason: Reason) -> str:
    since = f"{LABELS.date(reason.since)}以降の" if reason.since else ""
    counts = f"基準率は{since}{reason.events}件を同じ重みで数えたものである"
    if reason.target in TALKS:
        counts = f"基準率は{since}記録（{reason.events}件）のうち状況の似た期間を、近年に重みを置いて数えたものである"
    if reason.last_on is None:
        return f"{counts}。"
    recent = "見通しは近年の推移に従う。" if reason.target == "contact" else ""
    last = f"直近の{_LAST.get(reason.target, LABELS.target(reason.target))}は{LABELS.date(reason.last_on)}に"
    return f"{counts}。{last}{_BEGAN.get(reason.target, '始まり')}、{reason.days}日が経過した。{recent}"


def _spell(reason: Reason) -> str:
    if reason.since_talks is None:
        return ""
    ended = f"直近の会合の終了から{reason.since_talks}日"
    return f"現在は協議が続く時期であり（{ended}）、会合は多くが同じ議題で続く。"


def _levels(reason: Reason) -> str:
    if reason.levels is None:
        return ""
    if (reason.levels < 1) != (reason.factor < 1):
        return f"現在の水準は逆方向に働いている（約{reason.levels:.2f}倍）。"
    what = "会合が合意に至るオッズ" if reason.target == "deal" else "発生率"
    weights = [(_weight(one), taught_words(one.taught)) for one in reason.weights]
    most = said_once(weights, "、", "［{}］")
    listed = f"（{most}）" if most else ""
    return f"現在の水準により、{what}は中立の水準の場合の約{reason.levels:.2f}倍となる{listed}。"


def _weight(one: Weight) -> str:
    return f"{one.name}（水準{signed(one.level, 1)}）×{one.factor:.2f}"


def taught_words(share: float | None) -> str:
    """What is said beside an effect; "" where the share is not known."""
    if share is None:
        return ""
    return SET_BY_DOCUMENTS if share < LEAST else f"出来事による割合{100 * share:.0f}%"


def _talks(reason: Reason) -> str:
    if reason.talks is None:
        return ""
    probability = LABELS.percent(reason.talks)
    return f"合意には核・ミサイルの制限をめぐる協議が必要で、期間中にそれが行われる確率は{probability}である。"


def _beside(reason: Reason) -> str:
    pairs = (("文献のみでは", reason.documents_only), ("文献の判断を除くと", reason.history_only))
    known = "、".join(f"{name}{LABELS.percent(value)}" for name, value in pairs if value is not None)
    return f"{known}となる。" if known else ""


def siblings_sentence(siblings: Iterable[Sibling], headline: str) -> str:
    """Why a target and the scenario of its name differ, and by how much; "" where no two do."""
    shown = differing(siblings, headline)
    if not shown:
        return ""
    window = LABELS.window(shown[0].horizon_days, shown[0].deadline)
    listed = "／".join(
        f"{LABELS.target(one.target)}：対象{LABELS.percent(one.p_target)}、"
        f"シナリオ{one.scenario}は{LABELS.percent(one.p_scenario)}"
        for one in shown
    )
    return f"{_WHY}{window}：{listed}。"
