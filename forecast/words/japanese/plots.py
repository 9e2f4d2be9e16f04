"""What is said under pictures, in Japanese."""

import math
from collections.abc import Sequence
from datetime import date, datetime

from forecast.facts.brief import Mark
from forecast.facts.evidence import (
    TRUSTED,
    DiagnosticsTold,
    EffectsFacts,
    JudgementsFacts,
    ReliabilityFacts,
    StatesTold,
    Verdict,
)
from forecast.facts.pictures import (
    RECOMPUTED_DAYS,
    Context,
    Curve,
    HistoryFacts,
    HistoryPoint,
    Horizon,
    HorizonPoint,
    HorizonsFacts,
    Recomputed,
    ScenariosFacts,
)
from forecast.facts.quality import Calibration, Source
from forecast.facts.reasons import LEAST
from forecast.run_facts import STALE_AFTER_CADENCES
from forecast.structures import present_structure
from forecast.words.japanese.labels import LABELS
from forecast.words.japanese.model import turned
from forecast.words.japanese.reasons import siblings_sentence as siblings
from forecast.words.japanese.terms import KINDS, OCCURS
from forecast.words.numbers import minute, signed

NAMED = 3
"""Indicators a caption names."""


def history_caption(facts: HistoryFacts) -> str:
    if facts.windows:
        return _beside_caption(facts)
    first, last = LABELS.date(facts.points[0].as_of), LABELS.date(facts.points[-1].as_of)
    window = LABELS.window(facts.horizon_days, facts.deadline)
    span = first if first == last else f"{first}から{last}まで"
    counts = _run_counts([point.kind for point in facts.points])
    sentences = (
        f"{window}に{OCCURS.get(facts.target, f'{facts.target}が起こる')}確率の推移（少なくとも1回）。平均と50%・"
        "90%区間、"
        f"{counts}、基準日は{span}。",
        "期限は動かないため、基準日が近づくにつれて期間は短くなる。" if facts.deadline else "",
        f"実行の間隔が{facts.gap}日を超える箇所では線と帯が途切れる。" if facts.gap else "",
        turned(facts.turns),
        _context(facts.context) if facts.context else "",
        _recomputed(facts.recomputed) if facts.recomputed else "",
        f"下段は記録にある出来事{len(facts.events)}件。" if facts.events else "",
        f"実行{facts.end.run_id}（{LABELS.date(facts.end.as_of)}時点）：{_number(facts.end)}。",
    )
    return "".join(sentences)


def last_mark(mark: Mark | None) -> str:
    if mark is None:
        return ""
    drawn, shown = LABELS.percent(mark.drawn), LABELS.percent(mark.shown)
    which = f"図に示した実行の値（{drawn}）" if mark.windows else f"最後の点（{drawn}）"
    number = "確率は変わらない" if drawn == shown else f"上に示した{shown}となる"
    return f"{which}はその後の記録を反映する前のもので、反映すると{number}。"


def _beside_caption(facts: HistoryFacts) -> str:
    end, window = facts.end, LABELS.window(facts.horizon_days, facts.deadline)
    return (
        f"推移を描くにはまだ日数が足りない。{_run(end.run_id, end.kind, end.as_of)}による"
        f"{LABELS.target(facts.target)}の"
        "期間別の確率（少なくとも1回）。平均と50%・90%区間に、基準率と、文献のみ、過去の記録のみによる値を添えた。"
        f"{window}：{_number(end)}。"
    )


def _run(run_id: int, kind: str, as_of: date) -> str:
    return f"実行{run_id}（{LABELS.kinds.get(kind, kind)}、{LABELS.date(as_of)}時点）"


def _number(point: HistoryPoint | HorizonPoint) -> str:
    base = "" if point.base_rate is None else f"、基準率{LABELS.percent(point.base_rate)}"
    return f"確率{LABELS.percent(point.mean)}、90%区間{LABELS.percent_range(point.q05, point.q95)}{base}"


def _run_counts(kinds: Sequence[str]) -> str:
    """The number of runs of each kind, after that of all where there are several kinds."""
    listed = [f"{name}{kinds.count(kind)}回" for kind, name in LABELS.kinds.items() if kind in kinds]
    return f"実行{len(kinds)}回（{'、'.join(listed)}）" if len(listed) > 1 else listed[0]


def _context(context: Context) -> str:
    return (
        f"灰色の線は、{LABELS.date(context.origins[0])}以降の各時点で予測していた場合の値を遡及検証（{KINDS[context.kind]}、"
        "モデルの版"
        f"{context.model_version}）で求めたもので、実績ではない。"
    )


def _recomputed(again: Recomputed) -> str:
    return (
        f"破線は、{LABELS.date(again[0][0])}以降の{RECOMPUTED_DAYS}日ごとの値をモデル{present_structure()}で"
        "再計算したもの"
        "（ラプラス近似）で、実績ではない。"
    )


def horizons_caption(facts: HorizonsFacts) -> str:
    number, main = len(facts.curves), facts.curves[0]
    of = f"対象{number}件それぞれの" if number > 1 else f"{LABELS.target(main.target)}の"
    others = "小さい図の縦軸は共通。" if number > 2 else ""
    return (
        f"{_run(facts.run_id, facts.kind, facts.as_of)}による{of}累積確率。各期間の終わりまでに少なくとも1回起こる"
        "確率の平均と"
        f"50%・90%区間を直線で結んだ。{others}{_longest(main)}の{LABELS.target(main.target)}：{_number(main.longest)}。"
    )


def curve_caption(facts: HorizonsFacts) -> str:
    main = facts.curves[0]
    return (
        f"{_run(facts.run_id, facts.kind, facts.as_of)}による{LABELS.target(main.target)}の累積確率。各期間の"
        "終わりまでに"
        f"少なくとも1回起こる確率の平均と50%・90%区間を直線で結んだ。{_longest(main)}：{_number(main.longest)}。"
    )


def _longest(curve: Curve) -> str:
    return LABELS.window(curve.longest.days, curve.longest.deadline)


def scenarios_caption(facts: ScenariosFacts) -> str:
    run, window = _run(facts.run_id, facts.kind, facts.as_of), _reach(facts.horizon)
    drawn = f"{run}の期間別"
    if facts.history:
        first, last = LABELS.date(facts.history[0].as_of), LABELS.date(facts.history[-1].as_of)
        drawn = f"左は{run}の期間別、右は実行{len(facts.history)}回（基準日{first}から{last}まで）の{window}の推移"
    broken = f"実行の間隔が{facts.gap}日を超える箇所では途切れる。" if facts.gap else ""
    shares = sorted(zip(LABELS.scenarios.items(), facts.told.probabilities, strict=True), key=lambda pair: -pair[1])
    listed = "、".join(f"{code}{name}{LABELS.percent(p)}" for (code, name), p in shares)
    return (
        f"各期間には必ず一つのシナリオだけが成立し、面積の合計は100%となる。{drawn}。{broken}{window}では{listed}。"
        f"{turned(facts.turns)}{siblings(facts.siblings, facts.headline)}"
    )


def _reach(horizon: Horizon) -> str:
    return LABELS.window(None, horizon) if isinstance(horizon, date) else LABELS.window(horizon, None)


def states_caption(facts: StatesTold) -> str:
    first, last = LABELS.date(facts.first), LABELS.date(facts.last)
    return (
        f"{first}から{last}までの指標{facts.indicators}件の水準（フィルターによる推定）。各日の値はその日に判明していた"
        f"情報による（{_known(facts.as_of, facts.as_recorded)}記録を使用）。平均と50%・90%区間（正規近似）、および観測"
        f"{facts.observations}件（点が大きいほど等級が高い）。{_stale(facts)}"
    )


def _known(day: date, recorded: datetime | None) -> str:
    known = f"{LABELS.date(day)}までに判明し"
    return f"{known}た" if recorded is None else f"{known}、{_instant(recorded)}までに登録された"


def _instant(instant: datetime) -> str:
    _, clock, zone = minute(instant).split()
    return f"{LABELS.date(instant.date())}{clock} {zone}"


def _stale(facts: StatesTold) -> str:
    rule = f"網かけ：想定間隔の{STALE_AFTER_CADENCES:g}倍を超えて観測がない"
    day = LABELS.date(facts.last)
    if not facts.stale:
        return f"{day}の時点で観測が遅れている指標はない（{rule}）。"
    longest = max(facts.stale, key=lambda name: facts.stale[name])
    return (
        f"{day}の時点で{facts.indicators}件中{len(facts.stale)}件の観測が遅れている（{rule}）。最も長いのは"
        f"「{longest}」の"
        f"{facts.stale[longest]}日。"
    )


def effects_caption(facts: EffectsFacts) -> str:
    top, number = facts.largest, len(facts.effects)
    best = top.estimates["posterior"]
    low, high = (signed(end) for end in best.interval(90))
    shown = "、".join(LABELS.effects.sources[source] for source in facts.sources)
    unit = LABELS.effects.units["odds" if facts.odds else "intensity"]
    return (
        f"{_run(facts.run_id, facts.kind, facts.as_of)}における指標{number}件の{LABELS.target(facts.target)}への効果"
        f"（{unit}）：{shown}。平均と50%・90%区間（平均と標準偏差による正規近似）。最大は「{top.name}」の"
        f"{signed(best.mean)}"
        f"（1段階あたり{math.exp(best.mean):.2f}倍、90%区間{low}〜{high}）。事後分布の90%区間が0を含まないのは"
        f"{number}件中"
        f"{facts.clear}件。{_taught(facts.shares)}"
    )


def _taught(shares: Sequence[float]) -> str:
    if not shares:
        return ""
    by_documents = sum(share < LEAST for share in shares)
    return (
        f"右端は効果の分散のうち出来事による割合。「{LABELS.effects.by_documents}」はそれが"
        f"{100 * LEAST:.0f}%未満で、効果が"
        f"出来事ではなく文献によるもの（{len(shares)}件中{by_documents}件）。"
    )


def judgements_caption(facts: JudgementsFacts) -> str:
    said, spoken = facts.judgements, sum(bool(one.weights) for one in facts.indicators)
    explicit = sum(one.explicit for one in said)
    recorded = "" if facts.as_recorded is None else f"・{_instant(facts.as_recorded)}までに記録"
    any_framing = LABELS.target("limits_talks")
    beside = f"このほか「{any_framing}」についての判断が{facts.others}件あり、図には示さない。" if facts.others else ""
    return (
        f"{LABELS.date(facts.as_of)}までに公表{recorded}された文献{len(facts.authors)}件の"
        f"{LABELS.target(facts.target)}についての"
        f"判断：指標{len(facts.indicators)}件中{spoken}件について計{len(said)}件、うち明示{explicit}件（塗りつぶし）"
        "、推定"
        f"{len(said) - explicit}件（斜線）。空欄は言及がないことを示し、0ではない。重みは−3〜+3で、+は水準が"
        "上がるほど起こり"
        f"やすいことを示す。平均は各文献を同じ重みで扱う。{beside}{_dispute(facts)}"
    )


def _dispute(facts: JudgementsFacts) -> str:
    names = [f"「{one.name}」" for one in facts.disputed]
    if not names:
        return "著者間で符号が異なる指標はない。"
    more = f"ほか{len(names) - NAMED}件" if len(names) > NAMED else ""
    return f"著者間で符号が異なる指標：{''.join(names[:NAMED])}{more}。"


def diagnostics_caption(facts: DiagnosticsTold) -> str:
    return (
        f"{_run(facts.run_id, facts.kind, facts.as_of)}の診断、連鎖{facts.chains}本×抽出{facts.draws}回、パラメーター"
        f"{facts.parameters}個：R-hatと有効サンプルサイズ（ESS）を公表可否の基準と比べ（実行全体の値は主たる対象のロジットを含む）、"
        "連鎖別の順位"
        f"（帯は、よく混合した当てはめの{TRUSTED}%で一つのパラメーターの全連鎖が収まる範囲）とエネルギーを示す。"
        f"{_verdict(facts)}"
    )


def _verdict(facts: DiagnosticsTold) -> str:
    words = LABELS.diagnostics
    if facts.status == "published":
        kept = "、".join(f"{words.measures[one.measure]} {one.value}" for one in facts.verdicts)
        return f"公表の可否を決める診断基準を満たした：{kept}。"
    reasons = [_broke(one) for one in facts.broken] or facts.failures
    return f"{words.statuses.get(facts.status, facts.status)}：{'、'.join(reasons)}。"


def _broke(one: Verdict) -> str:
    words = LABELS.diagnostics
    return f"{words.measures[one.measure]} {one.value}（{words.whose(one)}、基準{one.bound}）"


def reliability_caption(facts: ReliabilityFacts) -> str:
    source, curves = facts.source, facts.calibrations
    levels = "・".join(f"{level:.0f}%" for level in sorted({100 * one.level for one in curves}))
    first, last = LABELS.date(source.first), LABELS.date(source.last)
    return (
        f"予測した確率と実現した割合：{_backtest(source)}（{KINDS[source.kind]}、{first}から{last}までの"
        f"{source.origins}時点）に"
        f"よる単調回帰の較正曲線と{levels}帯（予測が正しければ曲線全体がこの帯に収まる）。下段は各確率を予測した回数。"
        f"{'／'.join(map(_curve, curves))}。"
    )


def _backtest(source: Source) -> str:
    return "付属の遡及検証" if source.evaluation_id is None else f"遡及検証{source.evaluation_id}"


def _curve(one: Calibration) -> str:
    words = LABELS.backtest
    few = "" if one.enough else "（件数が少なく、それ以上は判断できない）"
    curve = f"{LABELS.window(one.horizon_days, None)}の{LABELS.target(one.target)}、{words.situations[one.situation]}"
    return f"{curve}（n = {one.n}）は帯の{words.sides[one.inside]}{few}"
