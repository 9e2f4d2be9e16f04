"""How far the forecasts can be trusted, in Japanese."""

from collections.abc import Mapping, Sequence

from forecast.facts.quality import BLOCKS, LEVEL, TOLD_WITHIN, Calibration, Miss, Ranked, Source, Timeline
from forecast.facts.track import Counts
from forecast.facts.trust import Checked, Trust
from forecast.words.japanese.checks import check_sentence
from forecast.words.japanese.labels import LABELS
from forecast.words.japanese.trust_labels import PAGE as PAGE
from forecast.words.japanese.trust_labels import TABLES as TABLES

KINDS = {
    "strict": "各時点までに公表された判断のみを使用",
    "retrospective": "現在の判断を過去に適用",
}
ENGINES = {
    "laplace": "ラプラス近似",
    "psis": "NUTS（推定し直すまでの間は重みを調整）",
    "nuts": "NUTS（時点ごとに推定）",
}
ORIGINS = {"all": "全時点", "dry": "協議のない時期の時点", "wet": "協議が続く時期の時点"}
_BAND = LABELS.percent(LEVEL)
_POINTS = f"{100 * TOLD_WITHIN:.0f}ポイント"


def statement(measure: str, situation: str) -> str:
    """What is asked of the model by a measure over the origins of a situation."""
    what = {
        "difference": "対数スコアが最良の単純予測よりよい",
        "bias": f"予測の平均と頻度の差が{_POINTS}以内",
        "curve": f"較正曲線が{_BAND}帯に収まる",
    }[measure]
    return f"{what}（{TABLES.situations[situation]}）"


def rule() -> str:
    """When a number is told: what is enough."""
    return (
        f"判断できるのは、差ではその{_BAND}区間が0を含まないとき、頻度と偏りでは区間が両側{_POINTS}以内のとき、較正曲"
        f"線では帯を外れるか帯が両側{_POINTS}以内のときである。いずれも、時点が18か月のブロック{BLOCKS}個以上にわた"
        "り、実現した期間としなかった期間の両方があることを要する。これを満たさない数値には、件数が少ないという意"
        "味で疑問符を付す。"
    )


def track_counts(counts: Counts, pending: int, structure: int | None) -> str:
    """What was counted and what not; of one structure of the model, where there are several."""
    by = "" if structure is None else f"（モデル{structure}）"
    return (
        f"公表した実行{by}のうち、数えるもの{counts.counted}回。数えないものは、事後の実行{counts.after_the_fact}回、"
        f"同じ基準日の再実行{counts.repeats}回、暫定実行{counts.provisional}回。採点を待つ対象・シナリオの予測"
        f"は{pending}件。"
    )


def kept_apart() -> str:
    """That the records of several structures are not joined."""
    return "実績はモデルごとに分け、異なるモデルの予測を合算しない。"


def backtest(source: Source) -> str:
    """Which backtest, of which origins: no sentence."""
    name = "付属のもの" if source.evaluation_id is None else f"番号{source.evaluation_id}"
    standard = "" if source.standard else "、標準の計画によらないもの"
    engine = f"、推定は{ENGINES.get(source.engine, source.engine)}" if source.engine else ""
    first, last = LABELS.date(source.first), LABELS.date(source.last)
    return f"{name}{standard}、{first}から{last}までの{source.origins}時点、{KINDS[source.kind]}{engine}"


def eras(days: int, year: int) -> str:
    """What the rows of the eras mean."""
    return (
        f"年代別の行は{days}日の期間による。モデルの構造は{year - 1}年以前の時点に基づいて選び、"
        f"{year}年以降の時点は選択に用いていない。"
    )


def best_naive(rows: Mapping[str, Sequence[str]]) -> str:
    """Which naive forecast was best in which rows, by its name; everywhere, where there is one alone."""
    if len(rows) == 1:
        return f"最良の単純予測：すべて{next(iter(rows))}。"
    return f"最良の単純予測：{'、'.join(f'{name}［{"／".join(where)}］' for name, where in rows.items())}。"


def best_naive_rows(rows: Mapping[str, Sequence[int]]) -> str:
    """The same, with rows by their numbers."""
    return best_naive({name: [f"{'、'.join(map(str, where))}行目"] for name, where in rows.items()})


def came_true(scenarios: Sequence[Ranked]) -> str:
    """How often each scenario came true; "" where nothing was counted."""
    counts = "／".join(
        f"{LABELS.window(one.horizon_days, None)} {'、'.join(f'{label} {n}' for label, n in one.counts.items() if n)}"
        for one in scenarios
        if one.counts
    )
    return f"実現した時点の数：{counts}。" if counts else ""


def calibration_sentence(one: Calibration) -> str:
    """Whether a curve lies in its band."""
    place = "に収まる" if one.inside else "を外れる"
    return (
        f"{_subject(one.target, one.horizon_days)}（{ORIGINS[one.situation]}、n={one.n}）："
        f"曲線は{LABELS.percent(one.level)}帯{place}。帯は平均で両側{100 * one.half_width:.0f}ポイントに及ぶ"
        f"{'' if one.enough else '。件数が少なく、それ以上は判断できない'}。"
    )


def timeline_sentence(one: Timeline) -> str:
    """What was said on average, what came true, and which forecasts were furthest off."""
    furthest = "、".join(map(_miss, one.furthest))
    return (
        f"{_subject(one.target, one.horizon_days)}の予測は平均{LABELS.percent(one.mean)}、実現したのは{one.n}期間の"
        f"{LABELS.share(one.frequency)}であった。最も外れた予測は{furthest}。"
    )


def _miss(one: Miss) -> str:
    came = "実現した" if one.came_true else "実現しなかった"
    return f"{LABELS.date(one.origin)}の{LABELS.percent(one.probability)}（{came}）"


def _subject(target: str, days: int) -> str:
    return f"{LABELS.window(days, None)}の{LABELS.target(target)}"


def check_found(one: Checked) -> str:
    """What a check found, in English where too little was stored to say it anew; or how to run it."""
    if one.sentence is None:
        return f"未実施。{how_to_run(one.name)}"
    return f"（英語の原文）{one.sentence}" if one.found is None else check_sentence(one.found)


def how_to_run(name: str) -> str:
    """The command that runs a check, where it was not run."""
    return f"`parley check {name}`で実施する。"


def last_run(one: Checked) -> str:
    """As of when and by which code a check was last run, no sentence."""
    day = "–" if one.as_of is None else LABELS.date(one.as_of)
    return f"{day}時点、コード{one.code_version}"


def last_runs(runs: Mapping[str, Sequence[str]]) -> str:
    """The names of checks by what `last_run` says of them."""
    listed = "、".join(f"{'、'.join(names)}（{when}）" for when, names in runs.items())
    return f"最終実施：{listed}。" if listed else ""


def provenance(trust: Trust) -> tuple[tuple[str, str], ...]:
    """Name and value of what the backtest was made from, with which code; an empty value is not known."""
    source, now = trust.source, trust.case_hash[:12]
    outdated = "" if source.case_hash == trust.case_hash else f"（現在は{now}。`parley backtest`を実行すること）"
    stored = f"（{source.recorded_at:%Y-%m-%d %H:%M:%S} UTCに保存）" if source.recorded_at else ""
    code = f"、コード{source.code_version}" if source.code_version else ""
    return (
        ("実際の結果", f"{LABELS.date(source.as_of)}までに判明した出来事と記録漏れの確認{stored}"),
        (
            "モデル",
            f"{source.structure}、版は{source.model_version}、このプログラムの版は{trust.model_version}{code}",
        ),
        ("案件", f"{trust.case_id} {source.case_hash[:12]}{outdated}"),
        ("入力", source.inputs_hash or ""),
        ("配列", source.file_hash or ""),
    )


def reading() -> tuple[str, ...]:
    """How to read the page, term by term."""
    scenarios = "、".join(f"{label} {name}" for label, name in LABELS.scenarios.items())
    return (
        "**対数スコア**：実際に起こったことに与えた確率の対数に負号を付けた値（単位はナット）の平均。小さいほどよい。常"
        "に50%と予測すれば0.693となる。",
        "**単純予測**は、出来事がいつ起こったかと、協議の有無だけを用いる。過去の頻度、ロジスティック回帰、一定発生率が"
        "あり、いずれも各時点までの記録に当てはめる。行ごとに最良のものを事後に選ぶため、単純予測に有利な比較である。",
        "**n**は時点の数である。期間は互いに重なり、平穏な年は互いに似る。同じ結果が続く時点の並びである**連**の数の方"
        "が、独立した結果の数に近い。区間を18か月のブロックの再抽出により求めるのはこのためである。",
        "**協議のない時期**：過去90日間に核・ミサイルの制限をめぐる会合が終わっていない時期。**協議が続く時期**：終わった会合がある時"
        "期。協議のない時期の時点では、協議が始まるか否かという、より難しい問いとなる。",
        f"**シナリオ**：各期間にちょうど一つだけが成り立つ。{scenarios}。",
        "**偏り**：予測の平均から、実現した頻度を引いた差（ポイント）。0を上回れば予測が高すぎた。",
        "**件数が少ない**：独立した結果が記録に十分になく、それ以上のことはいえない。比較の対象と同等であるという意味"
        "でも、劣るという意味でもない。",
    )
