"""On the model, in Japanese: which one a forecast is by, and what a change of it alone did to the number."""

from collections.abc import Sequence

from forecast.facts.pictures import Turn
from forecast.facts.quality import Tested
from forecast.identity import model_version
from forecast.structures import ModelChange, ModelLine, lines_of_headline, present_structure
from forecast.words.japanese.labels import LABELS
from forecast.words.numbers import signed


def other_model(structure: int) -> str:
    """What is said of a forecast by another structure than the present one; "" of the present one."""
    present = present_structure()
    label = f"モデル{structure}による。モデル{present}による見通しは`parley update`で得られる"
    return "" if structure == present else label


def other_model_sentence(structure: int) -> str:
    """The same of the forecast that is shown, as a sentence."""
    label = other_model(structure)
    return f"この見通しは{label}。" if label else ""


def tested_model(tested: Tested | None, structure: int) -> str:
    """That the backtest was of another model than the forecast, or of another version of it; "" where of the same."""
    if tested is None:
        return ""
    if tested.other_structure is not None:
        return f"検証したのはモデル{tested.other_structure}であり、この見通しはモデル{structure}による。"
    version = tested.other_version
    return f"検証したモデルの版は{version}、現在の版は{model_version()}である。" if version else ""


def model_change_sentence(change: ModelChange, headline: str) -> str:
    """What the change alone did to the headline; or that it is not known."""
    old, new, run = change.from_structure, change.to_structure, change.from_run
    lines = lines_of_headline(change, headline)
    if not lines:
        known = f"現在の数値はモデル{new}、実行{run}の数値はモデル{old}による。"
        return f"{known}モデルの改訂だけで生じた差は分かっていない。"
    return (
        f"次の変化は情勢ではなくモデルの改訂（モデル{old}からモデル{new}へ）によるものである："
        f"{'、'.join(map(_line, lines))}。実行{run}が読み込んだ記録に新しいモデルを適用した値との差である。"
    )


def turned(turns: Sequence[Turn]) -> str:
    """That a picture joins nothing across a change of model; "" where there is none."""
    listed = "、".join(f"{LABELS.date(turn.first)}以降はモデル{turn.structure}" for turn in turns)
    return f"モデルが改訂された箇所（{listed}）では前後を結ばない。" if listed else ""


def _line(line: ModelLine) -> str:
    window = LABELS.window(line.horizon_days, line.deadline)
    return f"{window}{signed(line.points, 1)}ポイント（{LABELS.percent(line.old)}→{LABELS.percent(line.new)}）"
