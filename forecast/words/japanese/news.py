"""What came on file, in Japanese."""

from collections.abc import Sequence

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
    Overtaken,
    Week,
    one_word,
)
from forecast.facts.untaught import Untaught, read_untaught
from forecast.run_facts import untaught_of
from forecast.words.japanese.labels import LABELS
from forecast.words.numbers import level_text
from forecast.words.selection import SHOWN, shown


def kinds_to_learn(news: News) -> str:
    """The kinds that only a full update takes in, as a list of words; "" where there are none."""
    return "・".join(_LEARNT[kind] for kind in news.to_learn)


def news_lines(news: News) -> list[str]:
    """A line for each entry, events first, of each kind the latest first and at most `SHOWN`."""
    return [
        *shown(news.events, event_line, SHOWN, MORE),
        *shown(one_word(news.attestations), attestation_line, SHOWN, MORE),
        *shown(news.observations, observation_line, SHOWN, MORE),
        *shown(news.documents, document_line, SHOWN, MORE),
        *shown(news.judgements, judgement_line, SHOWN, MORE),
        *shown(news.indicators, indicator_line, SHOWN, MORE),
    ]


def week_lines(week: Week) -> list[str]:
    """A line for each event, attestation and dispute, of each kind the latest first and at most `SHOWN`."""
    return [
        *shown(week.events, event_line, SHOWN, MORE),
        *shown(one_word(week.attestations), attestation_line, SHOWN, MORE),
        *shown([one for one in week.disputes if one not in week.events], event_line, SHOWN, MORE),
    ]


def overtaken_lines(found: Overtaken) -> list[str]:
    """First what happened, by name and source, then the run whose numbers take it in, or what to run for one."""
    source = found.source
    first = f"{LABELS.date(source.as_of)}を基準日とする実行{source.id}の後に記録されたもの："
    return [first, *news_lines(found.since), f"{_taken_in(found)}。"]


def _taken_in(found: Overtaken) -> str:
    source, standing, left = found.source, found.standing, kinds_to_learn(found.since)
    if standing is None:
        only = f"（{left}は全面的な実行でのみ反映される）" if left else ""
        return f"これらを反映した見通しはなく、実行{source.id}にも反映されていない{only}。`parley update`を実行すること"
    if left:
        but = f"{left}を除いてこれらを反映している"
        return f"暫定実行{standing.id}は{but}。除いたものは、全面的な実行（`parley update`）でのみ反映される"
    if untaught := read_untaught(untaught_of(standing)):
        return f"暫定実行{standing.id}はこれらを反映している。{untaught_words(untaught)}"
    return f"暫定実行{standing.id}はこれらを反映しているが、実行{source.id}は反映していない"


def untaught_words(found: Untaught) -> str:
    """What of all that has happened a forecast without a fit has not learnt, without a full stop."""
    if not found.in_part:
        return (
            f"実行{found.run}が記録済みとして読み込んだ期間に新たに加わったものから発生率について分かることは、"
            "反映されていない。`parley update`を実行すること"
        )
    draws = ""
    if found.effective is not None and found.draws is not None and found.k is not None:
        draws = f"（有効な標本は{found.draws}のうち{found.effective}にとどまり、パレートkは{found.k:.2f}）"
    return (
        f"実行{found.run}の後の出来事や記録漏れの確認から発生率について分かることは、その当てはめで代えられる範囲を超え、"
        f"一部しか反映されていない{draws}。`parley update`を実行すること"
    )


MORE = "ほか{}件"
_ACTS = {ENTERED: "記録者", REVISED: "訂正者", RETRACTED: "撤回者", ADDED: "追加者", RETIRED: "廃止者"}
_LEARNT = {"documents": "文献", "judgements": "文献の判断", "indicators": "指標の追加・廃止"}
_BASES = {"explicit": "明示", "inferred": "推定"}


def event_line(one: EventNews) -> str:
    days = LABELS.date(one.started_on)
    if one.ended_on != one.started_on:
        days = f"{days}〜{LABELS.date(one.ended_on)}"
    where = f"、{one.venue}" if one.venue else ""
    dispute = f"。真偽は未確定：{one.reason}" if one.disputed else ""
    why = f"、理由：{one.reason}" if one.what == RETRACTED else ""
    source = one.source or "出典の記載なし"
    act = f"{_ACTS[one.what]}：{one.analyst}{why}"
    framing = f"{LABELS.events[one.framing]}、" if one.framing in LABELS.events else ""
    return f"{LABELS.event(one.type)} {one.id}（{framing}{days}{where}）：{source}{dispute}（{act}）"


def attestation_line(word: Sequence[AttestationNews]) -> str:
    one, types = word[0], "・".join(dict.fromkeys(LABELS.event(each.type) for each in word))
    gone = f"（撤回、理由：{one.reason}）" if one.what == RETRACTED else ""
    through = LABELS.date(one.complete_through)
    return f"{types}の記録：{through}まで漏れがないことを確認（確認者：{one.attested_by}）{gone}"


def observation_line(one: ObservationNews) -> str:
    why = f"、理由：{one.reason}" if one.what == RETRACTED else ""
    act = f"{_ACTS[one.what]}：{one.analyst}{why}"
    return f"{one.indicator} {level_text(one.level)}（{LABELS.date(one.observed_on)}）：{one.source}（{act}）"


def document_line(one: DocumentNews) -> str:
    return f"文献 {one.id}：{one.author}、{LABELS.date(one.published_on)}（{_act(one)}）"


def judgement_line(one: JudgementNews) -> str:
    weight = f"{LABELS.target(one.target)}に与える重み{level_text(one.weight)}、{_BASES[one.basis]}"
    return f"{one.document}の判断：{one.indicator}が{weight}（{_act(one)}）"


def indicator_line(one: IndicatorNews) -> str:
    return f"指標 {one.id}（{_act(one)}）" if one.id else "案件定義の別の版が読み込まれた"


def _act(one: DocumentNews | JudgementNews | IndicatorNews) -> str:
    why = f"、理由：{one.reason}" if one.reason else ""
    return f"{_ACTS[one.what]}：{one.analyst}{why}"
