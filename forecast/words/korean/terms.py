"""The words and phrases of a brief in Korean; `forecast.words.korean.brief` makes the sentences."""

from collections.abc import Mapping, Sequence

from forecast.words.parts.brief import Headings, TableWords

SEPARATOR, STOP = ", ", "."
"""Between items, and after the last one."""
FIRST_NUMBER = ord("①")
HEADINGS = Headings(
    happened="이 전망 이후에 기록된 일",
    week="이번 주의 사건, 누락 없음 확인, 사실 여부가 미확정인 사건",
    table="예측 대상별·기간별 확률",
    changes="달라진 점",
    reasons="기저율과 크게 다른 확률의 이유",
    attention="관측과 확인의 지연",
    differing="평가 불일치",
    watch="주시할 점",
    quality="지금까지의 예측 성적",
    method="방법",
    documents="문헌",
    sources="지표별 최근 관측",
)
WORDS = TableWords(
    target="1회 이상 일어날 확률",
    base_rate="기저율",
    documents_only="문헌만 반영",
    history_only="과거 기록만 반영",
    before="이전",
    now="이번",
    change="변화(%p, ±는 몬테카를로 오차)",
    cause="변동 요인",
    points="%p({})",
)
TERMS: Mapping[str, str] = {
    "almost_no_chance": "가능성이 거의 없다",
    "very_unlikely": "가능성이 매우 낮다",
    "unlikely": "가능성이 낮다",
    "roughly_even": "가능성이 반반이다",
    "likely": "가능성이 높다",
    "very_likely": "가능성이 매우 높다",
    "almost_certain": "거의 확실하다",
}
CONFIDENCE: Mapping[str, str] = {"low": "낮다", "moderate": "중간이다", "high": "높다"}
PHRASES = {"almost_certain": "것이 {}"}
"""What joins an occurrence and a term; a blank where it is not named."""
OCCURS = {
    "arms_control_talks": "군비통제 협상이 열릴",
    "denuclearisation_talks": "비핵화 협상이 열릴",
    "limits_talks": "핵·미사일 제한 협상(군비통제·비핵화 포함)이 열릴",
    "contact": "당국 간 접촉이 이루어질",
    "deal": "제한적 합의가 성립할",
    "crisis": "위기가 발생할",
}
DIRECTNESS = {
    "high": "주제와의 직접 관련성 높음",
    "medium": "주제와의 직접 관련성 중간",
    "low": "주제와의 직접 관련성 낮음",
}


def listed(items: Sequence[str]) -> str:
    """Clauses in a row, numbered where there are several: they hold commas of their own."""
    if len(items) < 2:
        return "".join(items)
    return ", ".join(f"{chr(FIRST_NUMBER + place)} {one}" for place, one in enumerate(items))
