"""A brief in Japanese: every sentence, made from the facts. `forecast.words.english.brief` says the same."""

from collections.abc import Mapping
from datetime import date, datetime
from itertools import groupby

from db.anchors import Head
from forecast.facts.bands import BANDS, MOVED, STALE_SHARE, UNATTESTED_DAYS, WIDE, Grounds, band_of
from forecast.facts.brief import Brief, Phrase
from forecast.facts.changes import ASKED, LEAST_MOVE, OLDER, OLDER_DAYS, REPORT, Entries, Since
from forecast.facts.levels import DIFFERING, Attested, Cited, Source, Watched
from forecast.facts.news import News
from forecast.identity import code_version, model_version
from forecast.run_facts import STALE_AFTER_CADENCES, diagnostics_of
from forecast.structures import structure_of
from forecast.words.japanese import why
from forecast.words.japanese.codings import coding_text, contradiction_text, row_place
from forecast.words.japanese.labels import LABELS
from forecast.words.japanese.leaning import judgement_sentence
from forecast.words.japanese.model import model_change_sentence, other_model_sentence, tested_model
from forecast.words.japanese.news import kinds_to_learn, news_lines, week_lines
from forecast.words.japanese.quality import alike_sentence, quality_sentence, track_counts, track_sentence
from forecast.words.japanese.quality import bounds as _bounds
from forecast.words.japanese.reasons import reason_sentence, taught_words
from forecast.words.japanese.terms import CONFIDENCE as CONFIDENCE
from forecast.words.japanese.terms import DIRECTNESS, OCCURS, PHRASES
from forecast.words.japanese.terms import HEADINGS as HEADINGS
from forecast.words.japanese.terms import SEPARATOR as SEPARATOR
from forecast.words.japanese.terms import STOP as STOP
from forecast.words.japanese.terms import TERMS as TERMS
from forecast.words.japanese.terms import WORDS as WORDS
from forecast.words.numbers import level_text, minute, signed


def title(brief: Brief) -> str:
    return f"{brief.summary.case_name}：{LABELS.date(brief.standing.as_of)}時点の見通し"


def dateline(brief: Brief, number: int | None) -> str:
    run = brief.run
    issued = _instant(run.issued_at)
    written = LABELS.date(brief.written_on)
    told = "未登録の報告" if number is None else f"報告第{number}号"
    return f"{told}（{written}作成）・実行{run.id}（{LABELS.kinds[run.kind]}、{issued}公表）"


def _instant(instant: datetime) -> str:
    written, clock, zone = minute(instant).split()
    day = date.fromisoformat(written)
    return f"{LABELS.date(day)}{clock} {zone}"


def _by_model(brief: Brief) -> str:
    return other_model_sentence(structure_of(brief.run))


def model_moved(brief: Brief) -> str:
    """What the change of model alone did; "" where both forecasts are by the same."""
    change = brief.changes.model
    return model_change_sentence(change, brief.case.headline) if change else ""


def happened(brief: Brief) -> list[str]:
    """What came on file after the run, events first, by name and source; empty where nothing did."""
    summary = brief.summary
    if not summary.since:
        return []
    lines = news_lines(summary.since)
    if summary.standing is None:
        lines.append("以下の確率はこれらを反映していない。利用する前に`parley update`を実行する必要がある。")
    else:
        also = "これらの出来事を用いたモデルの再推定は、次の全面的な実行で行う。" if summary.since.events else ""
        lines.append(
            f"以下の確率は{_taken_in(summary.since)}反映前の値（実行{brief.run.id}）は{_before(brief)}であった。{also}"
        )
    return lines


def _taken_in(since: News) -> str:
    left = kinds_to_learn(since)
    if not left:
        return "これらを反映している。"
    return f"{left}を除いてこれらを反映している。除いたものは、全面的な実行（`parley update`）でのみ反映される。"


def _before(brief: Brief) -> str:
    wanted = {(row.horizon_days, row.deadline) for row in (brief.headline, brief.by_deadline) if row}
    rows = (row for row in brief.summary.headline_rows() if (row.horizon_days, row.deadline) in wanted)
    return "、".join(f"{LABELS.window(row.horizon_days, row.deadline)}{LABELS.percent(row.mean)}" for row in rows)


def week(brief: Brief) -> list[str]:
    """Events and attestations of the week, and disputes, by name and source."""
    return week_lines(brief.week)


def reasons(brief: Brief) -> str:
    """Why forecasts are far from their base rates; "" where none is."""
    return "".join(map(reason_sentence, brief.reasons))


def track(brief: Brief) -> str:
    if brief.track is None:
        return "実績：記録漏れの確認が足りないため、公表済みの予測を採点できない。"
    counts = brief.track.counts
    return f"実績：{track_sentence(brief.track)}{track_counts(counts) if counts.counted else ''}"


def backtest(brief: Brief) -> str:
    alike = brief.alike
    return (alike_sentence(alike) if alike else quality_sentence(brief.summary.quality)) + tested_model(
        brief.tested, structure_of(brief.run)
    )


def bounds(brief: Brief) -> str:
    return _bounds(brief.tested, brief.case.headline)


def currency(brief: Brief) -> str:
    """What has come after the forecast; "" where nothing has."""
    if brief.later is not None:
        later = f"{LABELS.date(brief.later.as_of)}時点の見通し（実行{brief.later.id}）がある。"
        return f"最新の見通しではない：{later}{_by_model(brief)}"
    summary, sentences = brief.summary, [_by_model(brief)]
    if summary.overdue and summary.owed:
        sentences.append(f"この見通しは最新ではない。{LABELS.date(summary.owed)}時点の見通しが既にあるはずである。")
    if summary.newer is not None:
        sentences.append(f"その後の実行（{LABELS.date(summary.newer.as_of)}時点）は公表見送りとなった。")
    return "".join(sentences)


def likelihood(brief: Brief) -> str:
    row = brief.headline
    window = f"{LABELS.date(brief.ends_on)}までの{row.horizon_days}日間に"
    occurs = OCCURS.get(row.target, f"「{row.target}」が起こる")
    sentences = [f"{window}{occurs}{_likely(row.mean)}（{_probability(row.mean, row.q05, row.q95)}）。"]
    if by := brief.by_deadline:
        sentences.append(
            f"{_deadline(brief)}までに{occurs}{_likely(by.mean)}（{_probability(by.mean, by.q05, by.q95)}）。"
        )
    return "".join(sentences)


def _deadline(brief: Brief) -> str:
    """The date, with what it means where that is known."""
    by = brief.by_deadline
    day = LABELS.date(by.deadline) if by and by.deadline else ""
    return f"{day}（{brief.deadline_meaning}）" if brief.deadline_meaning else day


def _likely(p: float) -> str:
    term = band_of(p)
    return PHRASES.get(term, "{}").format(TERMS[term])


def _probability(mean: float, low: float, high: float) -> str:
    return f"確率{LABELS.percent(mean)}、90%区間{LABELS.percent_range(low, high)}"


def confidence(brief: Brief) -> str:
    return f"この見通しの確信度は{CONFIDENCE[brief.grounds.confidence]}。"


def grounds(brief: Brief) -> str:
    against, favour = map("、".join, brief.weigh(GROUNDS))
    lowers = f"確信度を下げる要因は、{against}である。" if against else ""
    return lowers + (f"確信度を支える要因は、{favour}である。" if favour else "")


def _interval(_: Brief, grounds: Grounds, against: bool) -> str:
    return f"90%区間の幅が{100 * grounds.width:.0f}ポイントに{'及ぶ' if against else 'とどまる'}こと"


def _documents(_: Brief, grounds: Grounds, against: bool) -> str:
    if grounds.moved is None or grounds.history_only is None:
        return "文献の判断にどれほど依存しているかが不明であること"
    without = LABELS.percent(grounds.history_only)
    if against:
        return f"文献の判断を除くと確率が{without}となり、今回の値の{100 * grounds.moved:.0f}%に当たる差が生じること"
    return f"文献の判断を除いても確率が{without}とほとんど変わらないこと"


def _attested_through(brief: Brief, grounds: Grounds, against: bool) -> str:
    through = brief.standing.complete_through
    if against:
        day = f"{LABELS.date(through)}（{grounds.unattested_days}日前）"
        return f"出来事の記録に漏れがないことを{day}までしか確認していないこと"
    day = LABELS.date(min(through, brief.standing.as_of))
    return f"出来事の記録に漏れがないことを{day}まで確認していること"


def _stale(_: Brief, grounds: Grounds, against: bool) -> str:
    if against:
        return f"指標{grounds.indicators}件のうち{grounds.stale}件で観測が遅れていること"
    return f"観測の遅れが指標{grounds.indicators}件のうち{grounds.stale}件にとどまること"


def _backtested(_: Brief, grounds: Grounds, against: bool) -> str:
    if not grounds.bounds:
        return "遡及検証が行われていないこと"
    if against:
        return f"遡及検証で事前に定めた基準{grounds.bounds}件のうち{grounds.missed}件を満たさなかったこと"
    return f"遡及検証で事前に定めた基準{grounds.bounds}件をすべて満たしたこと"


GROUNDS: Mapping[str, Phrase] = {
    "interval": _interval,
    "documents": _documents,
    "attested": _attested_through,
    "stale": _stale,
    "backtest": _backtested,
}


def terms() -> str:
    listed = "、".join(f"「{TERMS[name]}」{100 * low:.0f}〜{100 * high:.0f}%" for name, low, high in BANDS)
    return (
        f"可能性の表現（ICD 203）：{listed}。境界の値には五分五分に近い側の表現を用いる。確信度は、次の5項目のいずれに"
        "も該当しなければ「高い」、1〜2項目なら「中程度」、3項目以上なら「低い」とする："
        f"90%区間の幅が{100 * WIDE:.0f}ポイントを超える、"
        f"文献の判断によって確率が元の値の{100 * MOVED:.0f}%（相対値）を超えて動く（または不明である）、"
        f"出来事の記録に漏れがないことの確認が{UNATTESTED_DAYS}日を超えて途絶えている、"
        f"観測の遅れた指標が{100 * STALE_SHARE:.0f}%を超える、遡及検証で満たさなかった基準がある（または検証がない）。"
    )


_NOT_COMPUTED = "確率が文献の判断にどれほど左右されるかは、この実行では計算していない。"


def judgement(brief: Brief) -> str:
    return judgement_sentence(brief.summary) or _NOT_COMPUTED


def situation(brief: Brief) -> str:
    run, window = brief.standing, brief.case.dry_after_days
    through = min(run.complete_through, run.as_of)
    day = LABELS.date(through)
    last = "過去の会合の記録もない"
    if run.days_since_talks is not None:
        last = f"最後の会合の終了から{run.days_since_talks}日が経過していた"
    state = f"{day}までの{window}日間に核・ミサイルの制限をめぐる会合は行われておらず"
    if not run.dry:
        state = f"{day}の時点では、過去{window}日以内に核・ミサイルの制限をめぐる会合が行われて協議が続いており"
    words = f"{state}、{last}。"
    if through == run.as_of or run.p_dry_now is None or not run.dry:
        return words
    now, dry = LABELS.date(run.as_of), LABELS.percent(run.p_dry_now)
    still = f"{now}までの{window}日間にも会合がなかった確率は{dry}である"
    return f"{words}以後の期間は記録漏れの有無を確認しておらず、{still}。"


def table_note() -> str:
    return "各期間は基準日の翌日に始まる。括弧内は90%区間。"


def compared(brief: Brief) -> str:
    since = brief.changes.since
    if since.run is None:
        return f"以前の見通しの報告も、{OLDER_DAYS}日以上前の見通しもないため、比較の対象はない。"
    run = f"実行{since.run.id}、{LABELS.date(since.run.as_of)}時点"
    return {
        REPORT: f"比較対象：報告第{since.report_id}号（{run}{_later_rows(since)}）",
        OLDER: f"比較対象：過去の見通し（{run}）。以前の見通しの報告はない。",
        ASKED: f"比較対象：指定された見通し（{run}）",
    }[since.reason]


def _later_rows(since: Since) -> str:
    """That the report told the run's numbers with later rows taken in."""
    told, run = since.told, since.run
    return "にその後の記録を反映した値" if told and run and told.id != run.id else ""


def entered(brief: Brief) -> str:
    changes = brief.changes
    rows = (
        f"この間の入力は、観測が{_entries(changes.observations)}、出来事が{_entries(changes.events)}、"
        f"記録漏れの確認が{changes.attestations}件である。"
    )
    sentences = [
        rows if changes.entered else "この間に入力はなかった。",
        _fits(changes.fits_published, changes.fits_rejected),
        _shorter(brief),
        "案件の定義が改訂された。" if changes.case_changed else "",
        "プログラムが改訂された。" if changes.code_changed else "",
    ]
    return "".join(sentences)


def _fits(published: int, rejected: int) -> str:
    if not published and not rejected:
        return "この間に公表した実行、公表を見送った実行はない。"
    return f"実行は今回を含めて公表{published}回、公表見送り{rejected}回。"


def _shorter(brief: Brief) -> str:
    if not brief.shorter_days or brief.by_deadline is None or brief.by_deadline.deadline is None:
        return ""
    return f"{LABELS.date(brief.by_deadline.deadline)}までの期間は{brief.shorter_days}日短くなった。"


def _entries(entries: Entries) -> str:
    return f"追加{entries.added}件・訂正{entries.revised}件・撤回{entries.retracted}件"


def moved(brief: Brief) -> str:
    told = brief.changes.why_at(brief.headline.horizon_days)
    if told is not None:
        return why.paragraph(*told)
    moves = brief.changes.moves
    if not moves:
        return f"水準が{LEAST_MOVE}以上動いた指標はない。"
    listed = SEPARATOR.join(f"{one.name} {signed(one.before)}→{signed(one.now)}" for one in moves)
    return f"{'' if brief.changes.entered else '時間の経過により'}水準が最も大きく動いた指標：{listed}。"


def staleness(brief: Brief) -> str:
    stale, never = brief.stale, brief.never_observed
    if stale:
        listed = "、".join(f"{one.name}（{one.days}日）" for one in stale)
        words = (
            f"指標{len(brief.levels)}件のうち{len(stale)}件で、想定間隔の{STALE_AFTER_CADENCES:.0f}倍を超えて観測が"
            f"遅れている：{listed}。"
        )
    else:
        words = f"指標{len(brief.levels)}件に、観測の遅れているものはない。"
    return f"{words}観測のない指標：{'、'.join(one.name for one in never)}。" if never else words


def attestation(brief: Brief) -> str:
    groups = groupby(brief.attested, key=lambda one: (one.through, one.days_ago, one.behind))
    return f"出来事の記録に漏れがないことの確認：{SEPARATOR.join(_reached(list(found)) for _, found in groups)}。"


def _reached(found: list[Attested]) -> str:
    first, types = found[0], "・".join(LABELS.event(one.type) for one in found)
    if first.through is None:
        return f"{types}は確認なし"
    behind = f"（基準日の{first.days_ago}日前、遅れ）" if first.behind else ""
    return f"{types}は{LABELS.date(first.through)}まで{behind}"


def watching(brief: Brief) -> str:
    said = "以下は、現在の水準が判明すれば見通しが最も大きく動く指標である。"
    if all(one.certain for one in brief.watched):
        return said
    return f"{said}「方向は不確か」とは、効果の90%区間が0を含むことをいう。"


def swing(one: Watched) -> str:
    way = "上がる" if one.step > 0 else "下がる"
    points = 100 * one.change
    moves = "上昇する" if points > 0 else "低下する"
    about = "最大で約" if one.at_most else "約"
    unsure = "" if one.certain else "方向は不確か。"
    taught = f"効果：{said}。" if (said := taught_words(one.taught)) else ""
    return (
        f"現在の水準の推定{signed(one.mean, 1)}（標準偏差{one.sd:.1f}）。水準が1段階{way}と、"
        f"{one.horizon_days}日以内の確率は{about}{abs(points):.1f}ポイント{moves}（現在{LABELS.percent(one.now)}）。{unsure}{taught}"
    )


def favours(one: Watched) -> str:
    return f"+2：{one.favours}"


def hinders(one: Watched) -> str:
    return f"−2：{one.hinders}"


def deadline(brief: Brief) -> str:
    by = brief.by_deadline
    if by is None or by.deadline is None:
        return "今後の期限はない。"
    return f"期限：{_deadline(brief)}、残り{(by.deadline - brief.standing.as_of).days}日。"


def method(brief: Brief) -> str:
    found, run = diagnostics_of(brief.run), brief.run
    return (
        f"等級を付した観測から指標{len(brief.levels)}件の水準をフィルターで推定し、協議・合意・接触・危機のベイズモデル"
        f"を過去の記録と文献の判断にNUTSで当てはめ、将来をシミュレーションする。実行{run.id}の診断："
        f"R-hat≤{found['rhat_max']:.4f}、バルクESS≥{found['ess_bulk_min']:.0f}、テールESS≥{found['ess_tail_min']:.0f}、"
        f"発散{found['divergences']}回（抽出{found['draws']}回）で、公表の可否を決める診断基準を満たした。区間は、事後分布の標"
        "本から求めた等裾の信用区間で、パラメーター、現在の水準、現在の局面についての不確かさを示し、実際に起こる結果の"
        "幅を示すものではない。「文献のみ」は、基準率と、指標目録に定めた方向とを出発点とし、「過去の記録のみ」とともに"
        "ラプラス近似による。ポイントで示す効果は、現在の水準が続いた場合に確率がおよそ何ポイント変わるかを、効果の事後"
        "平均から求めたものである。"
    )


def provenance(brief: Brief) -> str:
    run = brief.run
    libraries = "、".join(f"{name} {version}" for name, version in sorted(run.versions.items()))
    return (
        f"乱数の種{run.seed}、入力{run.inputs_hash[:12]}、案件{run.case_hash[:12]}、事後分布"
        f"{(run.posterior_hash or '–')[:12]}、コード{run.code_version}（{libraries}）。"
        f"報告の作成：{code_version()}、モデル{model_version()}。"
    )


def reproduce(brief: Brief) -> str:
    run = brief.run
    return (
        f"`parley show --run {run.id}`で全数値と全ハッシュ値を表示する。"
        f"`parley update --as-of {run.as_of}`で当てはめ直すと、記録・乱数の種・動作環境が同じなら同じ値になる。"
    )


def anchor(head: Head) -> str:
    return (
        f"作成時点の記録全体のハッシュ値：{head.short}（{_instant(head.recorded_at)}）。"
        f"`parley verify --head {head.short}`で、当時の記録がそのまま残っているかを確認できる。"
    )


def document(one: Cited) -> str:
    return f"{one.author}：{one.title}、{one.published_on.year}年（{DIRECTNESS.get(one.directness, one.directness)}）"


def source(one: Source) -> str:
    day = LABELS.date(one.observed_on)
    others = f"、担当者{one.analyst}（同日の{one.of_day}件のうち1件）" if one.of_day > 1 else ""
    return f"{one.name}（{level_text(one.level)}）：{one.publisher or one.title}、{day}、{one.grade}{others}"


def differing(brief: Brief) -> list[str]:
    """Codings that contradict each other, a sentence each, and how many more there are."""
    told = [
        contradiction_text(one, [coding_text(each, row_place(each.row)) for each in one.codings], one.name) + "。"
        for one in brief.differing[:DIFFERING]
    ]
    more = len(brief.differing) - DIFFERING
    return told + ([f"ほかに{more}件ある（`parley disagreements`）。"] if more > 0 else [])


def grades() -> str:
    return "等級は情報源の信頼性（A〜F）と情報の確度（1〜6）。表題の全文は`parley observations`に示す。"


def definitions(brief: Brief) -> str:
    return "".join(f"{LABELS.target(target)}：{text}。" for target, text in brief.definitions.items())


def left_out() -> str:
    return "末尾の一覧は、メールの長さに限りがあるため省略した。全体は`parley report --out brief.html`で作成できる。"
