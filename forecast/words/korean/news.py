"""What came on file, in Korean."""

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
from forecast.words.korean.labels import LABELS
from forecast.words.numbers import level_text
from forecast.words.selection import SHOWN, shown

MORE = "외 {}건"
_ACTS = {ENTERED: "입력", REVISED: "정정", RETRACTED: "철회", ADDED: "추가", RETIRED: "폐지"}
_LEARNT = {"documents": "문헌", "judgements": "문헌의 판단", "indicators": "지표의 추가·폐지"}
_BASES = {"explicit": "명시", "inferred": "추론"}


def event_line(one: EventNews) -> str:
    """An event as one would name it: what, when, where, by which source, and what is known of its standing."""
    days = LABELS.date(one.started_on)
    if one.ended_on != one.started_on:
        days = f"{days}~{LABELS.date(one.ended_on)}"
    where = f", {one.venue}" if one.venue else ""
    dispute = f". 사실 여부 미확정: {one.reason}" if one.disputed else ""
    why = f", 사유: {one.reason}" if one.what == RETRACTED else ""
    source = one.source or "출처 기재 없음"
    framing = f"{LABELS.events[one.framing]}, " if one.framing in LABELS.events else ""
    act = f"{_ACTS[one.what]}: {one.analyst}{why}"
    return f"{LABELS.event(one.type)} {one.id}({framing}{days}{where}): {source}{dispute} ({act})"


def attestation_line(word: Sequence[AttestationNews]) -> str:
    """One word of a person, on several types of event."""
    one, types = word[0], "·".join(dict.fromkeys(LABELS.event(each.type) for each in word))
    gone = f", 철회, 사유: {one.reason}" if one.what == RETRACTED else ""
    return f"{types}: {LABELS.date(one.complete_through)}까지 누락 없음 확인(입력: {one.attested_by}{gone})"


def observation_line(one: ObservationNews) -> str:
    """The indicator as the news name it, its level, and who coded it."""
    why = f", 사유: {one.reason}" if one.what == RETRACTED else ""
    act = f"{_ACTS[one.what]}: {one.analyst}{why}"
    return f"{one.indicator} {level_text(one.level)}({LABELS.date(one.observed_on)}): {one.source} ({act})"


def document_line(one: DocumentNews) -> str:
    """The document by its id, author and date."""
    return f"문헌 {one.id}: {one.author}, {LABELS.date(one.published_on)} ({_act(one)})"


def judgement_line(one: JudgementNews) -> str:
    """What a document says of an indicator for a target."""
    weight = f"{LABELS.target(one.target)}에 주는 가중치 {level_text(one.weight)}, {_BASES[one.basis]}"
    return f"{one.document}의 판단: {one.indicator}, {weight} ({_act(one)})"


def indicator_line(one: IndicatorNews) -> str:
    """An indicator that was added or retired, or that another version of the case was loaded."""
    return f"지표 {one.id} ({_act(one)})" if one.id else "사례의 다른 판을 불러옴"


def _act(one: DocumentNews | JudgementNews | IndicatorNews) -> str:
    why = f", 사유: {one.reason}" if one.reason else ""
    return f"{_ACTS[one.what]}: {one.analyst}{why}"


def kinds_to_learn(news: News) -> str:
    """The kinds that only a full update takes in, as a list of words; "" where there are none."""
    return ", ".join(_LEARNT[kind] for kind in news.to_learn)


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
    first = f"실행 {source.id}(기준일 {LABELS.date(source.as_of)}) 이후 기록된 것:"
    return [first, *news_lines(found.since), f"{_taken_in(found)}."]


def _taken_in(found: Overtaken) -> str:
    source, standing, left = found.source, found.standing, kinds_to_learn(found.since)
    if standing is None:
        only = f"({left}: 전체 실행에서만 반영된다)" if left else ""
        return f"이를 반영한 전망은 없으며 실행 {source.id}에도 반영되어 있지 않다{only}. `parley update`를 실행할 것"
    if left:
        return (
            f"잠정 실행 {standing.id}에 반영되어 있다(단, {left} 제외). 제외된 것은 전체 실행(`parley "
            "update`)에서만 반영된다"
        )
    if untaught := read_untaught(untaught_of(standing)):
        return f"잠정 실행 {standing.id}에 반영되어 있다. {untaught_words(untaught)}"
    return f"잠정 실행 {standing.id}에는 반영되어 있으나 실행 {source.id}에는 반영되어 있지 않다"


def untaught_words(found: Untaught) -> str:
    """What of all that has happened a forecast without a fit has not learnt, without a full stop."""
    if not found.in_part:
        return (
            f"실행 {found.run}에서 기록이 다 갖추어진 것으로 읽은 기간에 새로 더해진 내용이 발생률에 관해 알려 "
            "주는 바는 "
            "반영되어 있지 않다. `parley update`를 실행할 것"
        )
    draws = ""
    if found.effective is not None and found.draws is not None and found.k is not None:
        draws = f"(유효 표본 크기는 추출 {found.draws:,}회 중 {found.effective:,}, 파레토 k {found.k:.2f})"
    return (
        f"실행 {found.run} 이후의 사건과 누락 없음 확인이 발생률에 관해 알려 주는 바는 그 적합으로 감당할 수 있는 "
        "범위를 넘어 "
        f"일부만 반영되어 있다{draws}. `parley update`를 실행할 것"
    )
