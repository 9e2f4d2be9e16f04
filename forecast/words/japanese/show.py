"""`parley show` in Japanese."""

from collections.abc import Mapping, Sequence
from datetime import date

from db.run_rows import RunRow, TargetForecastRow
from forecast.facts.news import Week
from forecast.facts.reasons import LEAST
from forecast.facts.summary import Lacking, Summary
from forecast.run_facts import diagnostics_of, failures_of, looked_through
from forecast.structures import ModelChange, structure_of
from forecast.words.japanese import why
from forecast.words.japanese.labels import LABELS
from forecast.words.japanese.news import kinds_to_learn, untaught_words
from forecast.words.japanese.reasons import SET_BY_DOCUMENTS
from forecast.words.numbers import figure, minute, second
from forecast.words.selection import explaining, in_order, said_by_form

ROWS: Mapping[str, str] = {
    "mean": "平均",
    "error": "±モンテカルロ誤差",
    "median": "中央値",
    "half": "50%区間",
    "ninety": "90%区間",
    "base_rate": "基準率",
    "documents_only": "文献のみ",
    "history_only": "過去の記録のみ",
}
SCENARIOS = "シナリオ：各期間に必ず一つだけが成立する"
INDICATORS = "指標：−2は協議に不利、+2は有利。想定間隔の2倍を超えて観測がなければ「遅れ」"
METHOD = "手法"
LEVELS: Sequence[str] = ("水準", "±標準偏差", "最新の観測", "経過日数", "")
EFFECTS: Sequence[str] = ("効果", "出来事による割合")
CELLS: Mapping[str, str] = {"inactive": "不使用", "never": "なし", "stale": "遅れ", "untaught": "なし"}
_STATUSES = {"published": "公表", "rejected": "公表見送り", "failed": "失敗", "started": "未完了", None: "未完了"}
_ATTEMPTS = {"rejected": "公表を見送った", "failed": "失敗した", "started": "完了していない", None: "完了していない"}
_FAILURES = {
    r"R-hat (\S+) of (.+) is above (\S+)": "{1}のR-hat {0}が上限{2}を超えた",
    r"bulk ESS (\S+) of (.+) is below (\S+)": "{1}のバルクESS {0}が下限{2}に満たない",
    r"tail ESS (\S+) of (.+) is below (\S+)": "{1}のテールESS {0}が下限{2}に満たない",
    r"(\d+) of (\d+) draws diverged": "抽出{1}回のうち{0}回が発散した",
    r"E-BFMI (\S+) is below (\S+)": "E-BFMI {0}が下限{1}に満たない",
    r"(.+) not finite": "{0}が有限でない",
}


def title(summary: Summary) -> str:
    """The case and the day that the numbers are as of."""
    return f"{summary.case_name}：{LABELS.date(summary.shown.as_of)}時点の見通し"


def headline(row: TargetForecastRow) -> str:
    """The headline over its longest window, with its interval."""
    interval = LABELS.percent_range(row.q05, row.q95)
    window = LABELS.window(row.horizon_days, row.deadline)
    return f"{window}の{LABELS.target(row.target)}の確率：{LABELS.percent(row.mean)}（90%区間{interval}）"


def others(rows: Sequence[TargetForecastRow]) -> str:
    """The headline over other windows, in one line."""
    return "、".join(f"{LABELS.window(row.horizon_days, row.deadline)}{LABELS.percent(row.mean)}" for row in rows)


def since_heading(run: RunRow) -> str:
    """Above what came on file after a run had read."""
    return f"実行{run.id}（基準日{LABELS.date(run.as_of)}）の後に記録されたもの"


def not_taken_in(lacking: Lacking | None) -> str:
    """That the numbers know nothing of it."""
    why = f"（{said}）" if lacking and (said := lacking_words(lacking)) else ""
    return f"未反映：以下の数値には反映されていない。`parley update`を実行すること{why}。"


def lacking_words(lacking: Lacking) -> str:
    """Why no forecast takes it in, without a full stop."""
    return "反映した見通しを求めることができない" if lacking.why else "これらを反映した見通しはない"


def before(summary: Summary) -> str:
    """What the full run said before what came since, and how the number came about; "" where nothing came."""
    made, of = summary.standing, summary.forecast_of
    if made is None or of is None:
        return ""
    which = f"暫定実行{made.run_id}" if made.run_id is not None else "暫定の計算"
    left = f"{kinds_to_learn(summary.since)}を除き、" if summary.since.to_learn else ""
    learn = "除いたものは、全面的な実行（`parley update`）でのみ反映される。" if left else ""
    if made.untaught:
        learn += f"{untaught_words(made.untaught)}。"
    rows = others(in_order(summary.headline_rows()))
    return (
        f"{left}以上を反映した値である（当てはめをやり直していない{which}による）。{learn}"
        f"反映前の実行{of.id}では{rows}であった。"
    )


def moved(summary: Summary) -> str:
    """What moved the headline since the run of a week before, or how to find out; "" where there is none."""
    if summary.why is None:
        return ""
    before, told = summary.why.before, summary.why.explained
    if told is None:
        since = f"実行{before.id}（{LABELS.date(before.as_of)}時点）から"
        return f"{since}の変化の要因：`{explaining(summary)}`。"
    return why.since(told.explanation, told.target, told.reach)


def week_heading(week: Week) -> str:
    """Above events and attestations of the week, and disputes that stand."""
    return f"{LABELS.date(week.since)}以降の出来事と記録漏れの確認、真偽が未確定の出来事"


def attempt(run: RunRow) -> str:
    """What became of a run that was not published, and why."""
    what = f"基準日{LABELS.date(run.as_of)}の実行{run.id}は{_ATTEMPTS.get(run.status, run.status)}"
    reasons = _failures(run)
    return f"{what}：{reasons}。" if reasons else f"{what}。"


def _failures(run: RunRow) -> str:
    return "、".join(said_by_form(one, _FAILURES) for one in failures_of(run))


def last_good(good: RunRow | None) -> str:
    """That an earlier forecast stands, and by which run where that is to be said."""
    which = f"実行{good.id}、基準日{LABELS.date(good.as_of)}" if good else ""
    return f"古い見通し：以下は直近に公表された見通しである{f'（{which}）' if which else ''}。"


def no_forecast(run: RunRow) -> str:
    """That none was published up to the day of a run."""
    return (
        f"見通しなし：{LABELS.date(run.as_of)}以前を基準日として公表されたものはない。"
        f"`parley update --as-of {run.as_of} --draws 4000`を実行すること。"
    )


def overdue(run: RunRow, owed: date | None) -> str:
    """That a newer forecast should be there by now."""
    due = f"{LABELS.date(owed)}時点のものが既にあるはずである" if owed else "より新しいものが既にあるはずである"
    return f"更新の遅れ：最後の実行の基準日は{LABELS.date(run.as_of)}であり、{due}。`parley update`を実行すること。"


def situation(summary: Summary) -> str:
    """Dry or wet, since when, and what silence on unattested days says."""
    run = summary.shown.run
    days = run.days_since_talks
    since = "会合の記録はない" if days is None else f"最後の会合から{days}日"
    state = "協議のない時期" if run.dry else "協議が続く時期"
    now = f"{LABELS.date(run.complete_through)}時点は{state}（{since}）"
    if run.complete_through < run.as_of and run.p_dry_now is not None:
        dry = LABELS.percent(run.p_dry_now)
        now += f"。以後は記録漏れの有無を確認しておらず、{LABELS.date(run.as_of)}も協議のない時期である確率は{dry}"
    return f"{now}。{_looking(summary)}"


def _looking(summary: Summary) -> str:
    """What silence on unattested days says; "" where there are none, or the run does not say who looked."""
    source = summary.forecast_of
    if source is None or "unattested" not in source.detail or summary.shown.run.complete_through >= source.as_of:
        return ""
    day = looked_through(source)
    if summary.since and (day is None or day <= source.complete_through):
        return (
            f"実行{source.id}の時点では、漏れなしと確認した日より後の入力がなかった。その間に何も報じられていないという"
            "情報は、次の実行から考慮する。"
        )
    if day is None or day <= source.complete_through:
        return "その後の入力がないため、漏れ未確認の期間に何も記録がないことは手がかりにならない。"
    return (
        f"入力は{LABELS.date(day)}まで及んでいる。その日までは、報じられていれば記録されたはずの範囲で、"
        "記録がないことも考慮している。"
    )


def target_heading(target: str, *, headline: bool) -> str:
    """Above the windows of a target."""
    return f"{LABELS.target(target)}{'［主たる対象］' if headline else ''}：少なくとも1回起こる確率"


def method() -> str:
    """How intervals and what stands beside a forecast come about."""
    return (
        "区間は、パラメーター・現在の水準・現在の局面の事後分布から抽出した「起こる確率」の等裾区間である。"
        "±モンテカルロ誤差は、シミュレーションによる平均の誤差をポイントで示す。"
        "「文献のみ」は、基準率と、指標目録に定めた方向とを出発点とし、「過去の記録のみ」とともにラプラス近似による。"
    )


def taught_note() -> str:
    """What the columns of effects mean."""
    return (
        "効果：水準1段階あたりの、主たる対象の対数発生率の変化。出来事による割合：その分散のうち出来事によるもの。"
        f"「なし」は{100 * LEAST:.0f}%未満（{SET_BY_DOCUMENTS}）。"
    )


def run_heading(run: RunRow) -> str:
    """Above the facts of a run."""
    return f"実行{run.id}（基準日{LABELS.date(run.as_of)}）"


def run_facts(run: RunRow, zone: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Name and value of what a run is; a value is "" where there is nothing to say."""
    d = diagnostics_of(run)
    sampled = (
        f"R-hat≤{figure(d['rhat_max'], '.4f')}、バルクESS≥{figure(d['ess_bulk_min'], '.0f')}、"
        f"テールESS≥{figure(d['ess_tail_min'], '.0f')}、発散{figure(d['divergences'], 'd')}回"
        f"（抽出{figure(d['draws'], 'd')}回）"
    )
    borrowed = run.detail.get("posterior_of")
    return [
        ("名称", "、".join(names)),
        ("種別", f"{LABELS.kinds[run.kind]}、{_STATUSES.get(run.status, run.status)}"),
        ("発表", second(run.issued_at)),
        ("日付の時間帯", zone),
        ("診断", "" if borrowed else sampled),
        ("当てはめなし", f"水準と将来の計算のみ。事後分布は実行{borrowed}のもの" if borrowed else ""),
        ("不合格の理由", _failures(run)),
        ("モデル", str(structure_of(run))),
        ("コード", f"{run.code_version}、乱数の種{run.seed}"),
        ("案件", f"{run.case_id} {run.case_hash}"),
        ("入力", run.inputs_hash),
        ("事後分布", run.file_hash or ""),
        ("間引き", minute(run.thinned_at) if run.thinned_at else ""),
    ]


def model_heading(change: ModelChange) -> str:
    """Above what a change of the model alone did, target by target."""
    models = f"モデル{change.to_structure}とモデル{change.from_structure}の差"
    return f"{models}（実行{change.from_run}が読み込んだ記録による、ポイント）"
