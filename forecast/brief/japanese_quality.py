"""The Japanese brief on how good the forecasts have been: live, in the backtest, and against bounds."""

from forecast.brief.facts import Brief, Tested
from forecast.brief.japanese_words import KINDS, MEASURES, SEPARATOR, SITUATIONS, VERDICTS
from forecast.evaluation.figures import Bound
from forecast.evaluation.track import TrackRecord, first_pending, telling_line
from forecast.evaluation.track_scores import UNATTESTED, Pending, TrackLine
from forecast.identity import model_version
from forecast.words.labels import JAPANESE as LABELS
from forecast.words.numbers import share, signed


def track(brief: Brief) -> str:
    record = brief.track
    if record is None:
        return "実績：事象の確認が足りないため、公表済みの予測を採点できない。"
    counts = record.counts
    if not counts.counted:
        return f"実績：{_track_sentence(record)}"
    n = f"対象となる更新{counts.counted}回、採点済みの予測{counts.resolved}件。"
    return f"実績：{_track_sentence(record)}{n}"


def _track_sentence(record: TrackRecord) -> str:
    line = telling_line(record)
    name = LABELS.target(record.headline)
    if line is not None:
        return _resolved(line, f"{LABELS.date(record.as_of)}までに、{name}")
    if not record.counts.counted:
        late = record.counts.after_the_fact
        after = f"（{late}回の更新はいずれも事後に行われた）" if late else ""
        return f"事前に公表した予測はまだない{after}。"
    return f"{name}の予測で結果の確定したものはまだない{_due(first_pending(record))}。"


def _due(first: Pending | None) -> str:
    if first is None:
        return ""
    if first.state != UNATTESTED:
        return f"（最初の採点は{LABELS.date(first.scored_on)}以降）"
    need = first.missing[0]
    return f"（最初の採点には{LABELS.events[need.type]}が{LABELS.date(need.needed_through)}まで確認される必要がある）"


def _resolved(line: TrackLine, subject: str) -> str:
    against = "" if line.base_log_score is None else f"、基準率は{line.base_log_score:.2f}"
    verdict = "小さいほどよい" if line.enough else "件数が少なく優劣は判断できない"
    window = LABELS.window(line.horizon_days, line.deadline)
    score = f"対数スコアは{line.log_score:.2f}{against}（{verdict}）"
    return f"{subject}（{window}）の予測{line.forecasts}件の結果が確定した。{score}。"


def backtest(brief: Brief) -> str:
    tested = brief.tested
    if tested is None:
        return "この事例については予測の精度をまだ検証していない。検証には`parley backtest`を実行する。"
    score, difference = tested.all, tested.all.difference
    low, high = (signed(value) if value is not None else "–" for value in (difference.low, difference.high))
    version = tested.other_version
    note = f"検証したモデルの版は{version}、現在の版は{model_version()}である。" if version else ""
    return (
        f"遡及検証（{KINDS[tested.kind]}、{tested.first.year}年から{tested.last.year}年までの{score.n}時点）では、"
        f"{score.horizon_days}日以内の{LABELS.targets['limits_talks']}に関するParleyの対数スコアは{score.log_score:.2f}、"
        f"最良の単純予測は{score.naive_log_score:.2f}であった（差{signed(difference.value)}、90%区間{low}から{high}："
        f"{VERDICTS[tested.verdict]}）。{_when_dry(tested)}{note}"
    )


def _when_dry(tested: Tested) -> str:
    if tested.dry is None:
        return ""
    said, came = LABELS.percent(tested.dry.mean_forecast), _share(tested.dry.frequency.value)
    words = f"協議のない時期（{tested.dry.n}時点）には平均{said}と予測し、実際は{came}"
    if tested.headline_dry is None:
        return f"{words}であった。"
    mine = tested.headline_dry
    name = LABELS.target(mine.target)
    said, came = LABELS.percent(mine.mean_forecast), _share(mine.frequency.value)
    return f"{words}、{name}については{said}に対し{came}であった。"


def _share(p: float) -> str:
    return share(p).replace(" %", "%")


def bounds(brief: Brief) -> str:
    tested = brief.tested
    if tested is None or not tested.measured:
        return "基準の検証は行われていない。検証には`parley backtest`を実行する。"
    name = LABELS.target(brief.case.headline)
    which = f"{name}について事前に定めた基準{len(tested.measured)}件のうち"
    if not tested.missed:
        return f"{which}、満たさなかったものはない。"
    listed = SEPARATOR.join(_missed(bound) for bound in tested.missed)
    return f"{which}{len(tested.missed)}件を満たさなかった：{listed}。全基準は`parley calibrate`に示す。"


def _missed(bound: Bound) -> str:
    value = bound.figure.value if bound.figure else 0.0
    figure = signed(value) if bound.measure == "difference" else f"{signed(100 * value, 0)}ポイント"
    return f"{MEASURES[bound.measure]}（{SITUATIONS[bound.situation]}、{figure}）"
