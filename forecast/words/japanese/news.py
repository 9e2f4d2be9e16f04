"""What came on file, in Japanese: after the run, and in the last week. `forecast.record.news` says it in English."""

from collections.abc import Sequence

from forecast.facts.brief import Brief
from forecast.facts.news import (
    ADDED,
    ENTERED,
    RETIRED,
    RETRACTED,
    REVISED,
    AttestationNews,
    DocumentNews,
    EventNews,
    IndicatorNews,
    JudgementNews,
    News,
    ObservationNews,
    one_word,
)
from forecast.words.japanese.labels import LABELS
from forecast.words.numbers import level_text
from forecast.words.selection import SHOWN, shown


def happened(brief: Brief) -> list[str]:
    """What came on file after the run, events first, by name and source; empty where nothing did."""
    summary = brief.summary
    since = summary.since
    if not since:
        return []
    lines = [
        *shown(since.events, _event, SHOWN, MORE),
        *shown(one_word(since.attestations), _attestation, SHOWN, MORE),
        *shown(since.observations, _observation, SHOWN, MORE),
        *shown(since.documents, _document, SHOWN, MORE),
        *shown(since.judgements, _judgement, SHOWN, MORE),
        *shown(since.indicators, _indicator, SHOWN, MORE),
    ]
    if summary.standing is None:
        lines.append("以下の確率はこれらを反映していない。利用する前に`parley update`を実行すること。")
    else:
        also = "事象から推定し直される分は、次の更新で反映される。" if since.events else ""
        lines.append(f"以下の確率は{_taken_in(since)}反映前の値は{_before(brief)}であった。{also}")
    return lines


def _taken_in(since: News) -> str:
    kinds = [word for kind, word in _LEARNT.items() if getattr(since, kind)]
    if not kinds:
        return "これらを反映している。"
    return f"{'・'.join(kinds)}を除いてこれらを反映している。除かれたものは`parley update`による更新でのみ反映される。"


def _before(brief: Brief) -> str:
    wanted = {(row.horizon_days, row.deadline) for row in (brief.headline, brief.by_deadline) if row}
    rows = (row for row in brief.summary.headline_rows() if (row.horizon_days, row.deadline) in wanted)
    return "、".join(f"{LABELS.window(row.horizon_days, row.deadline)}{LABELS.percent(row.mean)}" for row in rows)


def week(brief: Brief) -> list[str]:
    """Events and attestations of the week, and disputes, by name and source."""
    found = brief.summary.week
    return [
        *shown(found.events, _event, SHOWN, MORE),
        *shown(one_word(found.attestations), _attestation, SHOWN, MORE),
        *shown([one for one in found.disputes if one not in found.events], _event, SHOWN, MORE),
    ]


MORE = "ほか{}件"
_ACTS = {ENTERED: "記録", REVISED: "訂正", RETRACTED: "撤回", ADDED: "追加", RETIRED: "廃止"}
_LEARNT = {"documents": "文献", "judgements": "文献の判断", "indicators": "指標の追加・廃止"}
_BASES = {"explicit": "明示", "inferred": "推定"}


def _event(one: EventNews) -> str:
    days = LABELS.date(one.started_on)
    if one.ended_on != one.started_on:
        days = f"{days}～{LABELS.date(one.ended_on)}"
    where = f"、{one.venue}" if one.venue else ""
    dispute = f"。真偽は未確定：{one.reason}" if one.disputed else ""
    why = f"、理由：{one.reason}" if one.what == RETRACTED else ""
    source = one.source or "出典の記載なし"
    act = f"{one.analyst}が{_ACTS[one.what]}{why}"
    framing = f"{LABELS.events[one.framing]}、" if one.framing in LABELS.events else ""
    return f"{LABELS.events[one.type]} {one.id}（{framing}{days}{where}）：{source}{dispute}（{act}）"


def _attestation(word: Sequence[AttestationNews]) -> str:
    one, types = word[0], "・".join(dict.fromkeys(LABELS.events[each.type] for each in word))
    gone = f"（撤回、理由：{one.reason}）" if one.what == RETRACTED else ""
    return f"{types}：{one.attested_by}が{LABELS.date(one.complete_through)}まで確認済みとした{gone}"


def _observation(one: ObservationNews) -> str:
    why = f"、理由：{one.reason}" if one.what == RETRACTED else ""
    act = f"{one.analyst}が{_ACTS[one.what]}{why}"
    return f"{one.indicator} {level_text(one.level)}（{LABELS.date(one.observed_on)}）：{one.source}（{act}）"


def _document(one: DocumentNews) -> str:
    return f"文献 {one.id}：{one.author}、{LABELS.date(one.published_on)}（{_act(one)}）"


def _judgement(one: JudgementNews) -> str:
    weight = f"{LABELS.target(one.target)}に与える重み{level_text(one.weight)}、{_BASES[one.basis]}"
    return f"{one.document}の判断：{one.indicator}が{weight}（{_act(one)}）"


def _indicator(one: IndicatorNews) -> str:
    return f"指標 {one.id}（{_act(one)}）" if one.id else "事例の別の版が読み込まれた"


def _act(one: DocumentNews | JudgementNews | IndicatorNews) -> str:
    why = f"、理由：{one.reason}" if one.reason else ""
    return f"{one.analyst}が{_ACTS[one.what]}{why}"
