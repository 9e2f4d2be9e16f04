"""The Japanese brief on the model: which one a forecast is by, and what a change of it alone did to the number."""

from collections.abc import Sequence

from forecast.facts.brief import Brief
from forecast.facts.pictures import Turn
from forecast.identity import model_version
from forecast.structures import ModelLine, is_present, lines_of_headline, present_structure, structure_of
from forecast.words.japanese.labels import LABELS
from forecast.words.numbers import signed


def by_model(brief: Brief) -> str:
    """That the forecast is by another model than the present one; "" where it is by that."""
    if is_present(brief.run):
        return ""
    present = present_structure()
    return (
        f"この見通しはモデル{structure_of(brief.run)}による。モデル{present}による見通しは `parley update` で得られる。"
    )


def tested_model(brief: Brief) -> str:
    """That the backtest was of another model than the forecast, or of another version of it; "" where of the same."""
    tested = brief.tested
    if tested is None:
        return ""
    if tested.other_structure is not None:
        by = structure_of(brief.run)
        return f"検証したのはモデル{tested.other_structure}であり、この見通しはモデル{by}による。"
    version = tested.other_version
    return f"検証したモデルの版は{version}、現在の版は{model_version()}である。" if version else ""


def model_moved(brief: Brief) -> str:
    """What the change of model alone did; "" where both forecasts are by the same."""
    change = brief.changes.model
    if change is None:
        return ""
    old, new, run = change.from_structure, change.to_structure, change.from_run
    lines = lines_of_headline(change, brief.case.headline)
    if not lines:
        known = f"現在の数値はモデル{new}、更新番号{run}の数値はモデル{old}による。"
        return f"{known}モデルの改訂だけで生じた差は分かっていない。"
    return (
        f"次の変化は情勢ではなくモデルの改訂（モデル{old}からモデル{new}へ）によるものである："
        f"{'、'.join(map(_line, lines))}。更新番号{run}が読み込んだ記録に新しいモデルを適用した値との差である。"
    )


def turned(turns: Sequence[Turn]) -> str:
    """That a picture joins nothing across a change of model; "" where there is none."""
    listed = "、".join(f"{LABELS.date(turn.first)}以降はモデル{turn.structure}" for turn in turns)
    return f"モデルが改訂された箇所（{listed}）では前後を結ばない。" if listed else ""


def _line(line: ModelLine) -> str:
    window = LABELS.window(line.horizon_days, line.deadline)
    return f"{window}{signed(line.points, 1)}ポイント（{LABELS.percent(line.old)}→{LABELS.percent(line.new)}）"
