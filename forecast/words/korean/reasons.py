"""Why numbers differ, in Korean: from their base rates, and from the scenarios of their names."""

from collections.abc import Iterable

from forecast.facts.reasons import LEAST, TALKS, Reason, Sibling, Weight
from forecast.words.korean.labels import LABELS
from forecast.words.numbers import signed
from forecast.words.selection import differing, said_once

SET_BY_DOCUMENTS = "문헌에 따른 것으로 사건에 근거하지 않음"
_WHY = (
    "시나리오의 확률은 이름이 비슷한 예측 대상의 확률과 같지 않다. 예측 대상의 확률은 기간 안에 한 번이라도 일어날 "
    "확률로, 순서를 따지지 않는다. 시나리오는 서로 배타적이다. 군비통제 협상(S2)과 비핵화 협상(S4)은 기간 안 첫 회담의 "
    "의제로 정해지며 제한적 합의에 이르는 경우(S3)를 포함하지 않는다. 위기(S5)와 접촉에 그침(S1)은 협상이 없는 "
    "경우이고, S1은 위기도 없는 경우이다."
)


def reason_sentence(reason: Reason) -> str:
    """The facts in their order: what the base rate counts, what happened last, levels, and what stands beside it."""
    side = "밑돈다" if reason.factor < 1 else "웃돈다"
    window = LABELS.window(reason.horizon_days, reason.deadline)
    said = (
        f"{window} {LABELS.target(reason.target)} 확률 {LABELS.percent(reason.mean)}는 기저율 "
        f"{LABELS.percent(reason.base_rate)}를 크게 {side}."
    )
    parts = (said, _counts(reason), _spell(reason), _levels(reason), _talks(reason), _beside(reason))
    return LABELS.sentences(parts)


def _counts(reason: Reason) -> str:
    since = f"{LABELS.date(reason.since)} 이후의 " if reason.since else ""
    counts = f"기저율은 {since}{reason.events}건을 같은 가중치로 센 것이다"
    if reason.target in TALKS:
        counts = (
            f"기저율은 {since}기록({reason.events}건)을 현재와 상황이 비슷한 기간에서 최근일수록 가중치를 높여 센 "
            "것이다"
        )
    if reason.last_on is None:
        return f"{counts}."
    recent = " 전망은 최근 몇 년의 추이를 따른다." if reason.target == "contact" else ""
    return (
        f"{counts}. 가장 최근의 것은 {LABELS.date(reason.last_on)}에 시작되었고 그로부터 {reason.days:,}일이 "
        f"지났다.{recent}"
    )


def _spell(reason: Reason) -> str:
    if reason.since_talks is None:
        return ""
    return f"현재는 협상 진행기로(마지막 회담이 끝난 지 {reason.since_talks}일), 회담은 대체로 같은 의제로 이어진다."


def _levels(reason: Reason) -> str:
    if reason.levels is None:
        return ""
    if (reason.levels < 1) != (reason.factor < 1):
        return f"현재 수준은 반대 방향으로 작용한다(약 {reason.levels:.2f}배)."
    what = "회담이 합의로 이어질 오즈가" if reason.target == "deal" else "발생률이"
    weights = [(_weight(one), taught_words(one.taught)) for one in reason.weights]
    most = said_once(weights, ", ", "[{}]")
    listed = f"({most})" if most else ""
    return f"현재 수준에서는 {what} 지표가 모두 중립일 때의 약 {reason.levels:.2f}배로 추정된다{listed}."


def _weight(one: Weight) -> str:
    return f"{one.name}(현재 수준 {signed(one.level, 1)}) ×{one.factor:.2f}"


def _talks(reason: Reason) -> str:
    if reason.talks is None:
        return ""
    return (
        f"합의에는 핵·미사일 제한 협상이 필요하며, 기간 안에 그 협상이 열릴 확률은 {LABELS.percent(reason.talks)}이다."
    )


def _beside(reason: Reason) -> str:
    pairs = (("문헌만 반영하면", reason.documents_only), ("문헌의 판단을 제외하면", reason.history_only))
    known = ", ".join(f"{name} {LABELS.percent(value)}" for name, value in pairs if value is not None)
    return f"{known}이다." if known else ""


def taught_words(share: float | None) -> str:
    """What is said beside an effect; "" where the share is not known."""
    if share is None:
        return ""
    return SET_BY_DOCUMENTS if share < LEAST else f"사건에서 학습한 비율 {100 * share:.0f}%"


def siblings_sentence(siblings: Iterable[Sibling], headline: str) -> str:
    """Why a target and the scenario of its name differ, and by how much; "" where no two do."""
    shown = differing(siblings, headline)
    if not shown:
        return ""
    window = LABELS.window(shown[0].horizon_days, shown[0].deadline)
    listed = ", ".join(
        f"{LABELS.target(one.target)}(예측 대상 {LABELS.percent(one.p_target)}, 시나리오 {one.scenario} "
        f"{LABELS.percent(one.p_scenario)})"
        for one in shown
    )
    return f"{_WHY} {window}: {listed}."
