"""How good the forecasts have been, in Japanese: live, in the backtest, and against bounds."""

from forecast.facts.quality import Alike, Bound, Overall, Quality, Tested
from forecast.facts.track import (
    UNATTESTED,
    Counts,
    Pending,
    ScenarioLine,
    TrackLine,
    TrackRecord,
    Unscored,
    first_pending,
    telling_line,
)
from forecast.identity import model_version
from forecast.structures import present_structure
from forecast.words.japanese.labels import LABELS
from forecast.words.japanese.terms import KINDS, MEASURES, SEPARATOR, SITUATIONS, VERDICTS
from forecast.words.numbers import share, signed

TOO_FEW = "件数が少なく優劣は判断できない"
TRACK_RULE = (
    "予測実績に数えるのは事前に公表した予測に限る。すなわち、各基準日について最初に公表された実行のうち、基準日の翌日（UTC）の終わり"
    "までに公表された、暫定でないものである。いずれの予測も、期間が終わり、その終わりまで記録に漏れがないことを"
    "確認した時点で、起こった場合も起こらなかった場合も同じように採点する。"
)


def quality_sentence(quality: Quality) -> str:
    """What the newest backtest found of forecasts like the one that is shown; or that none was made."""
    if quality.alike:
        return alike_sentence(quality.alike)
    if quality.model_version is None:
        return "この案件については予測の精度をまだ検証していない。検証するには`parley backtest`を実行する。"
    return "現在と同じ状況での予測は検証されていない。"


def quality_note(quality: Quality) -> str:
    """That the backtest was of another model than the forecast, or of other code; "" where of the same."""
    tested = quality.structure
    if quality.model_version is None or tested is None:
        return ""
    if tested != quality.by:
        again = "" if tested == present_structure() else "`parley backtest`を実行すること。"
        return f"検証したのはモデル{tested}であり、この見通しはモデル{quality.by}による。{again}"
    version = quality.model_version
    if version == model_version():
        return ""
    return f"検証したモデルの版は{version}、現在の版は{model_version()}である。`parley backtest`を実行すること。"


def overall_sentence(found: Overall) -> str:
    """One sentence an editor could print, on the headline over the longest window."""
    apart = "、".join(
        f"{SITUATIONS[one.situation]}（{one.n}時点）は{_against(one.mean_forecast, one.frequency)}"
        for one in found.apart
    )
    return (
        f"遡及検証（{KINDS[found.kind]}、{found.first.year}年から{found.last.year}年までの{found.n}時点）による"
        f"{found.horizon_days}日以内の{LABELS.target(found.target)}の予測：対数スコア（小さいほどよい）は{found.log_score:.2f}、最良の単純予測は"
        f"{found.naive_log_score:.2f}（差{_signed(found.difference)}、{LABELS.level(round(100 * found.level))}"
        f"{_signed(found.low)}〜{_signed(found.high)}：{VERDICTS[found.verdict]}）。{apart}。"
    )


def alike_sentence(found: Alike) -> str:
    """What it says, for an editor to print."""
    reach = "" if found.asked_days == found.horizon_days else f"（表示中の{found.asked_days}日には及ばない）"
    interval = ""
    if found.low is not None and found.high is not None:
        interval = f"、90%区間{_signed(found.low)}〜{_signed(found.high)}"
    return (
        f"遡及検証（{KINDS[found.kind]}、{found.first.year}年から{found.last.year}年までの{found.origins}時点）による"
        f"{found.horizon_days}日以内の{LABELS.target(found.target)}の予測{reach}：現在と同じ{SITUATIONS[found.situation]}の"
        f"{found.n}時点では、{_against(found.mean_forecast, found.frequency)}であった{_higher(found)}。"
        f"対数スコア（小さいほどよい）は{found.log_score:.2f}、最良の単純予測は{found.naive_log_score:.2f}（差"
        f"{signed(found.difference)}{interval}：{VERDICTS[found.verdict]}）。{_band(found)}"
    )


def _against(mean: float, frequency: float) -> str:
    return f"予測した確率の平均は{LABELS.percent(mean)}、実際に起こった割合は{_share(frequency)}"


def _higher(found: Alike) -> str:
    """Which of the two was higher; "" where they read the same."""
    if LABELS.percent(found.mean_forecast) == _share(found.frequency):
        return ""
    return f"（{'予測' if found.mean_forecast > found.frequency else '実際'}の方が高かった）"


def _band(found: Alike) -> str:
    band, when = found.band, SITUATIONS[found.situation]
    if band is None:
        return ""
    said, now = f"{100 * band.low:.0f}〜{100 * band.high:.0f}%", LABELS.percent(found.p)
    if not band.n:
        return f"{when}に{said}と予測したことはない（現在{now}）。"
    came = f"実現したのは{band.came_true}時点" if band.came_true else "実現したものはない"
    stretches = "いずれも連続した同じ時期" if band.spells == 1 else f"{band.spells}つの時期に分かれる"
    where = f"（{stretches}）" if band.came_true > 1 else ""
    few = "。判断の根拠とするには少なすぎる" if band.few else ""
    return (
        f"{when}に{said}と予測した{band.n}時点（現在{now}）のうち、{came}{where}。予測の期間は互いに重なり、"
        f"互いに重ならない期間は最大でも{band.apart}である{few}。"
    )


def _signed(value: float) -> str:
    """With a sign on what rounds to zero too: an interval may end there."""
    return f"{value:+.2f}".replace("-", "−")


def _share(p: float) -> str:
    return share(p).replace(" %", "%")


def track_sentence(found: TrackRecord | Unscored) -> str:
    """What live forecasts of the headline were worth, in one sentence for each structure of the model.

    Where there is one structure alone it is not named.
    """
    if isinstance(found, Unscored):
        return f"公表した予測を採点できない{_unattested(found)}。"
    if not found.others:
        return structure_sentence(found)
    return "".join(f"モデル{one.structure}：{structure_sentence(one)}" for one in (found, *found.others))


def _unattested(found: Unscored) -> str:
    if not found.types:
        return ""
    types = "・".join(map(LABELS.event, found.types))
    command = "`parley event none --type TYPE --since DATE --through DATE`"
    day = LABELS.date(found.as_of)
    return f"：{types}の記録にいつまで漏れがないかを、{day}の時点で誰も確認していない。{command}で入力する"


def structure_sentence(record: TrackRecord) -> str:
    """What live forecasts by the structure of a record were worth, whatever those of others were."""
    line = telling_line(record)
    name = LABELS.target(record.headline)
    if line is not None:
        return _resolved(line, f"{LABELS.date(record.as_of)}までに、{name}")
    if not record.counts.counted:
        late = record.counts.after_the_fact
        after = f"（実行{late}回はいずれも事後に行われた）" if late else ""
        return f"事前に公表した予測はまだない{after}。"
    return f"{name}の予測で結果の確定したものはまだない{_due(first_pending(record))}。"


def _due(first: Pending | None) -> str:
    if first is None:
        return ""
    if first.state != UNATTESTED:
        return f"（最初の採点は{LABELS.date(first.scored_on)}以降）"
    need = first.missing[0]
    return (
        f"（最初の採点には、{LABELS.event(need.type)}の記録に{LABELS.date(need.needed_through)}まで漏れがないことの"
        "確認が必要である）"
    )


def _resolved(line: TrackLine, subject: str) -> str:
    against = "" if line.base_log_score is None else f"、基準率は{line.base_log_score:.2f}"
    verdict = "小さいほどよい" if line.enough else TOO_FEW
    score = f"対数スコアは{line.log_score:.2f}{against}（{verdict}）"
    return f"{subject}（{within(line)}）の予測{line.forecasts}件の結果が確定した。{score}。"


def track_counts(counts: Counts) -> str:
    """How many runs count, and how many of their forecasts were scored."""
    return f"対象となる実行{counts.counted}回、採点済みの予測{counts.resolved}件。"


def within(one: TrackLine | ScenarioLine | Pending) -> str:
    """The window in words."""
    return LABELS.window(one.horizon_days, one.deadline)


def bounds(tested: Tested | None, headline: str) -> str:
    """How many of the bounds set beforehand the backtest missed, and which."""
    if tested is None or not tested.measured:
        return "基準の検証は行われていない。検証するには`parley backtest`を実行する。"
    name = f"{tested.measured[0].horizon_days}日以内の{LABELS.target(headline)}"
    which = f"{name}について事前に定めた基準{len(tested.measured)}件のうち"
    if not tested.missed:
        return f"{which}、満たさなかったものはない。"
    listed = SEPARATOR.join(_missed(bound) for bound in tested.missed)
    return f"{which}{len(tested.missed)}件を満たさなかった：{listed}。全基準は`parley calibrate`に示す。"


def _missed(bound: Bound) -> str:
    value = bound.figure.value if bound.figure else 0.0
    when, points = SITUATIONS[bound.situation], f"{signed(100 * value, 1)}ポイント"
    if bound.measure == "curve":
        return f"{MEASURES[bound.measure]}（{when}。帯から最大{points.removeprefix('+')}外れた）"
    return f"{MEASURES[bound.measure]}（{when}、{signed(value) if bound.measure == 'difference' else points}）"
