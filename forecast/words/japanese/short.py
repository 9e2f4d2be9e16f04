"""A brief of one page in Japanese; `forecast.words.english.short` says the same."""

from forecast.facts.brief import Brief
from forecast.facts.changes import REPORT, Step
from forecast.facts.levels import Watched
from forecast.facts.news import RETRACTED, EventNews, ObservationNews
from forecast.facts.quality import Alike
from forecast.facts.track import Pending, TrackRecord, scored_line, waiting
from forecast.words.japanese import why
from forecast.words.japanese.brief import GROUNDS, compared, model_moved
from forecast.words.japanese.labels import LABELS
from forecast.words.japanese.plots import last_mark
from forecast.words.numbers import level_text
from forecast.words.parts.short import ShortHeadings
from forecast.words.selection import shown, side

COLON = "："
HEADINGS = ShortHeadings(
    confidence="確信度",
    moved="見通しの変化",
    week="この1週間の出来事",
    watch="今後の注視点",
    quality="予測実績と、過去での検証",
)
_EVENTS, _OBSERVATIONS = 4, 3
"""Lines of each kind."""
_SIDES = {1: "協議に有利", 0: "中立", -1: "協議に不利"}
"""By the sign of a level."""
_PUBLIC = {"strict": "、当時の公表情報だけを用いて", "retrospective": ""}
"""By the kind of backtest."""
_TIMES = {"all": "", "dry": "現在と同じく協議のない", "wet": "現在と同じく協議が続く"}
_VERDICTS = {
    "few": "出来事が少なく、単純な予測より優れているとは判断できない",
    "better": "単純な予測より優れ、その差は偶然では説明しにくい",
    "worse": "単純な予測より劣り、その差は偶然では説明しにくい",
}
_MORE = "ほか{}件"


def dateline(brief: Brief, number: int | None) -> str:
    told = "未登録の報告" if number is None else f"報告第{number}号"
    return f"{told}（{LABELS.date(brief.written_on)}作成）・要約版"


def number(brief: Brief) -> str:
    return LABELS.percent(brief.headline.mean)


def reach(brief: Brief) -> str:
    return f"{LABELS.date(brief.ends_on)}までの{LABELS.target(brief.headline.target)}の確率"


def interval(brief: Brief) -> str:
    return f"90%区間{LABELS.percent_range(brief.headline.q05, brief.headline.q95)}"


def base_rate(brief: Brief) -> str:
    base = brief.headline.base_rate
    return "" if base is None else f"基準率{LABELS.percent(base)}"


def meaning() -> str:
    return "区間は確率そのものの不確かさを、基準率は過去の件数だけから得られる確率を示す。"


def ground(brief: Brief) -> str:
    against, main = len(brief.grounds.against()), brief.main_ground(GROUNDS)
    if not against:
        return f"確信度を下げる要因はない。主な支えは、{main}である。"
    return f"確信度を下げる要因は{against}件あり、主なものは、{main}である。"


def moved(brief: Brief) -> str:
    since, step = brief.changes.since, brief.step
    if since.run is None or step is None:
        return compared(brief)
    day = LABELS.date(since.run.as_of)
    what = f"報告第{since.report_id}号（{day}時点）" if since.reason == REPORT else f"{day}時点の見通し"
    return f"{what}から{_moved(step)}。"


def _moved(step: Step) -> str:
    numbers = f"（{LABELS.percent(step.before)}→{LABELS.percent(step.now)}）"
    if step.within_error:
        return f"計算の誤差を超える変化はない{numbers}"
    way = "上昇した" if step.change > 0 else "低下した"
    return f"{abs(100 * step.change):.1f}ポイント{way}{numbers}"


def movers(brief: Brief) -> str:
    """The change of model first; then the indicators that moved most, by the way they moved."""
    changes = brief.changes
    if changes.since.run is None:
        return ""
    told = changes.why_at(brief.headline.horizon_days)
    if told is not None:
        return LABELS.sentences([model_moved(brief), f"{why.causes(*told)}（ポイント）。"])
    towards, away = ("、".join(one.name for one in moves) for moves in (changes.towards, changes.away))
    parts = [f"協議に有利な方向は{towards}" if towards else "", f"不利な方向は{away}" if away else ""]
    most = "、".join(filter(None, parts))
    alone = "" if changes.entered else "（時間の経過のみによる）"
    return model_moved(brief) + (f"最も大きく動いた指標{alone}のうち、{most}。" if most else "動いた指標はない。")


def week(brief: Brief) -> list[str]:
    summary = brief.summary
    lines = shown(summary.week.events, _event, _EVENTS, _MORE)
    if not lines:
        through = LABELS.date(min(brief.standing.complete_through, brief.standing.as_of))
        lines.append(f"この1週間の出来事の記録はない（記録漏れの確認は{through}まで）。")
    lines += shown(summary.since.observations, _observation, _OBSERVATIONS, _MORE)
    if summary.since and summary.standing is None:
        lines.append("この見通しの後に記録されたものは、本ページの確率に反映されていない。")
    return lines


def _event(one: EventNews) -> str:
    days = LABELS.date(one.started_on)
    if one.ended_on != one.started_on:
        days = f"{days}から{LABELS.date(one.ended_on)}まで"
    framing = f"{LABELS.events[one.framing]}、" if one.framing in LABELS.events else ""
    where = f"、{one.venue}" if one.venue else ""
    dispute = f"。真偽は未確定：{one.reason}" if one.disputed else ""
    gone = f"。撤回：{one.reason}" if one.what == RETRACTED else ""
    return f"{LABELS.event(one.type)}（{framing}{days}{where}）：{one.source or '情報源の記載なし'}{dispute}{gone}"


def _observation(one: ObservationNews) -> str:
    gone = f"。撤回：{one.reason}" if one.what == RETRACTED else ""
    level = f"水準{level_text(one.level)}（{_SIDES[side(one.level)]}）"
    return f"{one.indicator}：{level}、{LABELS.date(one.observed_on)}（{one.source}）{gone}"


def watched(one: Watched) -> str:
    way = "有利な方向" if one.step > 0 else "不利な方向"
    moves = "上昇する" if one.change > 0 else "低下する"
    about = "最大で約" if one.at_most else "約"
    unsure = "（方向は不確か）" if not one.certain else ""
    return f"協議に{way}へ1段階動けば、確率は{about}{abs(100 * one.change):.1f}ポイント{moves}{unsure}。"


def favours(one: Watched) -> str:
    return f"協議に有利：{one.favours}"


def hinders(one: Watched) -> str:
    return f"協議に不利：{one.hinders}"


def quality(brief: Brief) -> str:
    found = brief.alike
    past = _tested(found) if found else "同種の予測について、過去での検証はまだ行われていない。"
    return f"{_live(brief.track)}{past}"


def _live(record: TrackRecord | None) -> str:
    if record is None:
        return "公表した予測の採点はまだできない。"
    name, line = LABELS.target(record.headline), scored_line(record)
    if line is None:
        return f"公表した{name}の予測で採点されたものはまだない{_due(waiting(record))}。"
    few = "" if line.enough else "（件数が少なく、優劣は判断できない）"
    window = LABELS.window(line.horizon_days, line.deadline)
    return (
        f"公表した{name}の予測（{window}）で採点されたものは{line.forecasts}件。"
        f"予測した確率の平均は{LABELS.percent(line.mean_forecast)}、実際に起きた割合は{LABELS.share(line.frequency)}"
        f"であった{few}。"
    )


def _due(first: Pending | None) -> str:
    if first is None:
        return ""
    if not first.missing:
        return f"（最初の採点は{LABELS.date(first.scored_on)}以降）"
    day = LABELS.date(first.missing[0].needed_through)
    return f"（最初の採点は、{day}までの出来事の記録に漏れがないことの確認を待つ）"


def _tested(found: Alike) -> str:
    return (
        f"{found.first.year}年から{found.last.year}年までの過去の各時点で{_PUBLIC[found.kind]}予測したと仮定した検証"
        f"（予測実績ではない）では、{_TIMES[found.situation]}{found.n}時点で予測した確率の平均は"
        f"{LABELS.percent(found.mean_forecast)}、実際に起きた割合は{LABELS.share(found.frequency)}であった（"
        f"{_VERDICTS[found.verdict]}）。"
    )


def caption(brief: Brief) -> str:
    facts = brief.figures.history
    if facts.windows:
        said = "期間別の確率と、その50%・90%区間。推移を描くには見通しの数がまだ少ない。"
        return f"{said}{last_mark(brief.overtaken)}"
    tested = "灰色の線は、過去の各時点で予測したと仮定した値であり、予測実績ではない。" if facts.context else ""
    return f"確率の推移と、その50%・90%区間。破線は基準率。{tested}{last_mark(brief.overtaken)}"


def longer() -> str:
    return "全数値、手法、情報源は報告の全文に示す。"
