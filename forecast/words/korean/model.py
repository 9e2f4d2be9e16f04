"""On the model, in Korean: which one a forecast is by, and what a change of it alone did to the number."""

from forecast.facts.quality import Tested
from forecast.identity import model_version
from forecast.structures import ModelChange, ModelLine, lines_of_headline, present_structure
from forecast.words.korean.labels import LABELS
from forecast.words.numbers import signed


def other_model(structure: int) -> str:
    """What is said of a forecast by another structure than the present one; "" of the present one."""
    present = present_structure()
    label = f"모형 {structure}에 따른 것이다. 모형 {present}에 따른 전망은 `parley update`로 얻을 수 있다"
    return "" if structure == present else label


def other_model_sentence(structure: int) -> str:
    """The same of the forecast that is shown, as a sentence."""
    label = other_model(structure)
    return f"이 전망은 {label}." if label else ""


def tested_model(tested: Tested | None, structure: int) -> str:
    """That the backtest was of another model than the forecast, or of another version of it; "" where of the same."""
    if tested is None:
        return ""
    if tested.other_structure is not None:
        return f"검증한 것은 모형 {tested.other_structure}, 이 전망을 낸 것은 모형 {structure}이다."
    version = tested.other_version
    return f"검증한 모형의 판은 {version}, 현재의 판은 {model_version()}이다." if version else ""


def model_change_sentence(change: ModelChange, headline: str) -> str:
    """What the change alone did to the headline; or that it is not known."""
    old, new, run = change.from_structure, change.to_structure, change.from_run
    lines = lines_of_headline(change, headline)
    if not lines:
        known = f"현재 수치는 모형 {new}, 실행 {run}의 수치는 모형 {old}에 따른 것이다."
        return f"{known} 모형 변경만으로 생긴 차이는 알 수 없다."
    return (
        f"다음 변화는 정세가 아니라 모형의 변경(모형 {old} → 모형 {new})에 따른 것이다: "
        f"{', '.join(map(_line, lines))}. "
        f"실행 {run}에서 읽은 기록에 새 모형을 적용한 값과의 차이이다."
    )


def _line(line: ModelLine) -> str:
    window = LABELS.window(line.horizon_days, line.deadline)
    return f"{window} {signed(line.points, 1)}%p({LABELS.percent(line.old)} → {LABELS.percent(line.new)})"
