"""A brief in Korean: every sentence, made from the facts. `forecast.words.english.brief` says the same."""

from collections.abc import Mapping
from datetime import date, datetime
from itertools import groupby

from db.anchors import Head
from forecast.facts.bands import BANDS, MOVED, STALE_SHARE, UNATTESTED_DAYS, WIDE, Grounds, band_of
from forecast.facts.brief import Brief, Phrase
from forecast.facts.changes import ASKED, LEAST_MOVE, OLDER, OLDER_DAYS, REPORT, Changes, Entries
from forecast.facts.levels import DIFFERING, Attested, Cited, Source, Watched
from forecast.identity import code_version, model_version
from forecast.run_facts import STALE_AFTER_CADENCES, diagnostics_of
from forecast.structures import structure_of
from forecast.words.korean import why
from forecast.words.korean.codings import coding_text, contradiction_text, row_place
from forecast.words.korean.labels import LABELS
from forecast.words.korean.leaning import judgement_sentence
from forecast.words.korean.model import model_change_sentence, other_model_sentence, tested_model
from forecast.words.korean.news import kinds_to_learn, news_lines, week_lines
from forecast.words.korean.quality import alike_sentence, quality_sentence, track_counts, track_sentence
from forecast.words.korean.quality import bounds as _bounds
from forecast.words.korean.reasons import reason_sentence, taught_words
from forecast.words.korean.terms import CONFIDENCE as CONFIDENCE
from forecast.words.korean.terms import DIRECTNESS, OCCURS, PHRASES, listed
from forecast.words.korean.terms import HEADINGS as HEADINGS
from forecast.words.korean.terms import SEPARATOR as SEPARATOR
from forecast.words.korean.terms import STOP as STOP
from forecast.words.korean.terms import TERMS as TERMS
from forecast.words.korean.terms import WORDS as WORDS
from forecast.words.numbers import level_text, minute, signed


def title(brief: Brief) -> str:
    return f"{brief.summary.case_name}: {LABELS.date(brief.standing.as_of)} 기준 전망"


def dateline(brief: Brief, number: int | None) -> str:
    run = brief.run
    issued = _instant(run.issued_at)
    written = LABELS.date(brief.written_on)
    told = "미등록 보고서" if number is None else f"보고서 제{number}호"
    return f"{told}({written} 작성) · 실행 {run.id}({LABELS.kinds[run.kind]}, {issued} 공표)"


def _instant(instant: datetime) -> str:
    written, clock, zone = minute(instant).split()
    return f"{LABELS.date(date.fromisoformat(written))} {clock} {zone}"


def _by_model(brief: Brief) -> str:
    return other_model_sentence(structure_of(brief.run))


def model_moved(brief: Brief) -> str:
    """What the change of model alone did; "" where both forecasts are by the same."""
    change = brief.changes.model
    return model_change_sentence(change, brief.case.headline) if change else ""


def currency(brief: Brief) -> str:
    """What has come after the forecast; "" where nothing has."""
    if brief.later is not None:
        later = f"최신 전망이 아니다: {LABELS.date(brief.later.as_of)} 기준 전망(실행 {brief.later.id})이 있다."
        return f"{later} {_by_model(brief)}".rstrip()
    summary, sentences = brief.summary, [_by_model(brief)]
    if summary.overdue and summary.owed:
        sentences.append(f"이 전망은 최신이 아니다. {LABELS.date(summary.owed)} 기준 전망이 이미 나와 있어야 한다.")
    if summary.newer is not None:
        sentences.append(f"그 뒤의 실행({LABELS.date(summary.newer.as_of)} 기준)은 공표가 보류되었다.")
    return " ".join(filter(None, sentences))


def happened(brief: Brief) -> list[str]:
    """What came on file after the run, events first, by name and source; empty where nothing did."""
    summary = brief.summary
    if not summary.since:
        return []
    lines = news_lines(summary.since)
    if summary.standing is None:
        lines.append("아래 확률에는 이 내용이 반영되어 있지 않다. 쓰기 전에 `parley update`를 실행해야 한다.")
    else:
        also = " 이 사건들로 모형을 다시 적합한 결과는 다음 전체 실행에 반영된다." if summary.since.events else ""
        left = kinds_to_learn(summary.since)
        taken = "아래 확률에는 이 내용이 반영되어 있다."
        if left:
            taken = (
                f"아래 확률에는 이 내용 가운데 {left} 부분을 뺀 나머지가 반영되어 있다. "
                "뺀 부분은 전체 실행(`parley update`)에서만 반영된다."
            )
        lines.append(f"{taken} 반영하기 전의 값(실행 {brief.run.id}): {_before(brief)}.{also}")
    return lines


def _before(brief: Brief) -> str:
    wanted = {(row.horizon_days, row.deadline) for row in (brief.headline, brief.by_deadline) if row}
    rows = (row for row in brief.summary.headline_rows() if (row.horizon_days, row.deadline) in wanted)
    return ", ".join(f"{LABELS.window(row.horizon_days, row.deadline)} {LABELS.percent(row.mean)}" for row in rows)


def week(brief: Brief) -> list[str]:
    """Events and attestations of the week, and disputes, by name and source."""
    return week_lines(brief.week)


def likelihood(brief: Brief) -> str:
    row = brief.headline
    window = f"{LABELS.date(brief.ends_on)}까지 {row.horizon_days}일 동안"
    occurs = OCCURS.get(row.target, f"‘{row.target}’ 사건이 일어날")
    sentences = [f"{window} {occurs} {_likely(row.mean)}({_probability(row.mean, row.q05, row.q95)})."]
    if by := brief.by_deadline:
        second = f"까지 {occurs} {_likely(by.mean)}"
        if band_of(by.mean) == band_of(row.mean):
            second = f"까지도 {_likely(by.mean).replace('가능성이', '가능성은')}"
        sentences.append(f"{_deadline(brief)}{second}({_probability(by.mean, by.q05, by.q95)}).")
    return " ".join(sentences)


def _deadline(brief: Brief) -> str:
    """The date, with what it means where that is known."""
    by = brief.by_deadline
    day = LABELS.date(by.deadline) if by and by.deadline else ""
    return f"{day}({brief.deadline_meaning})" if brief.deadline_meaning else day


def _likely(p: float) -> str:
    term = band_of(p)
    return PHRASES.get(term, "{}").format(TERMS[term])


def _probability(mean: float, low: float, high: float) -> str:
    return f"확률 {LABELS.percent(mean)}, 90% 구간 {LABELS.percent_range(low, high)}"


def confidence(brief: Brief) -> str:
    return f"이 판단의 확신도는 {CONFIDENCE[brief.grounds.confidence]}."


def grounds(brief: Brief) -> str:
    against, favour = map(listed, brief.weigh(GROUNDS))
    parts = [
        f"확신도를 낮추는 요인: {against}." if against else "",
        f"확신도를 높이는 요인: {favour}." if favour else "",
    ]
    return " ".join(filter(None, parts))


def _interval(_: Brief, grounds: Grounds, against: bool) -> str:
    return f"90% 구간의 폭이 {100 * grounds.width:.0f}%p로 기준을 {'넘는다' if against else '넘지 않는다'}"


def _documents(_: Brief, grounds: Grounds, against: bool) -> str:
    if grounds.moved is None or grounds.history_only is None:
        return "확률이 문헌의 판단에 얼마나 좌우되는지 계산하지 않았다"
    without = LABELS.percent(grounds.history_only)
    if against:
        return (
            f"문헌의 판단을 빼면 확률이 {without}로 바뀌며, 이번 값의 {100 * grounds.moved:.0f}%에 해당하는 차이가 난다"
        )
    return f"문헌의 판단을 빼도 확률이 {without}로 거의 같다"


def _attested_through(brief: Brief, grounds: Grounds, against: bool) -> str:
    through = brief.standing.complete_through
    if against:
        return f"사건 기록이 {grounds.unattested_days:,}일 전인 {LABELS.date(through)}까지만 누락 없음이 확인되었다"
    return f"사건 기록이 {LABELS.date(min(through, brief.standing.as_of))}까지 누락 없음이 확인되었다"


def _stale(_: Brief, grounds: Grounds, against: bool) -> str:
    of = f"지표 {grounds.indicators}개 가운데"
    if against:
        return f"{of} {grounds.stale}개의 관측이 지연되고 있다"
    return f"{of} 관측이 지연된 것은 {grounds.stale}개에 그친다"


def _backtested(_: Brief, grounds: Grounds, against: bool) -> str:
    if not grounds.bounds:
        return "소급 검증이 이루어지지 않았다"
    if against:
        return f"소급 검증에서 사전에 정한 기준 {grounds.bounds}개 가운데 {grounds.missed}개를 충족하지 못했다"
    return f"소급 검증에서 사전에 정한 기준 {grounds.bounds}개를 모두 충족했다"


GROUNDS: Mapping[str, Phrase] = {
    "interval": _interval,
    "documents": _documents,
    "attested": _attested_through,
    "stale": _stale,
    "backtest": _backtested,
}


def terms() -> str:
    bands = ", ".join(f"‘{TERMS[name]}’ {100 * low:.0f}~{100 * high:.0f}%" for name, low, high in BANDS)
    rules = (
        f"90% 구간의 폭이 {100 * WIDE:.0f}%p를 넘는다",
        f"문헌의 판단에 따라 확률이 그 값의 {100 * MOVED:.0f}% 넘게 움직인다",
        f"사건 기록에 누락이 없는지 {UNATTESTED_DAYS}일 넘게 확인되지 않았다",
        f"관측이 지연된 지표가 {100 * STALE_SHARE:.0f}%를 넘는다",
        "소급 검증에서 충족하지 못한 기준이 있다(또는 검증이 없다)",
    )
    return (
        f"가능성 표현(미국 정보공동체 지침 ICD 203): {bands}. 경계값에는 반반에 더 가까운 표현을 쓴다. 확신도는 다음 "
        "5개 항목 가운데 해당하는 것이 없으면 ‘높다’, 1~2개면 ‘중간이다’, 3개 이상이면 ‘낮다’로 한다: "
        f"{listed(rules)}."
    )


def judgement(brief: Brief) -> str:
    return (
        judgement_sentence(brief.summary)
        or "이번 실행에서는 이 확률이 문헌의 판단에 얼마나 좌우되는지 계산하지 않았다."
    )


def situation(brief: Brief) -> str:
    run, window = brief.standing, brief.case.dry_after_days
    through = min(run.complete_through, run.as_of)
    day = LABELS.date(through)
    last = "그 전의 회담 기록도 없다"
    if run.days_since_talks is not None:
        last = f"마지막 회담이 끝난 뒤 {run.days_since_talks:,}일이 지나 있었다"
    state = f"{day}까지 {window}일 동안 핵·미사일 제한을 다룬 회담이 없었고"
    if not run.dry:
        state = f"{day} 시점에는 지난 {window}일 안에 핵·미사일 제한을 다룬 회담이 있어 협상이 진행 중이었고"
    words = f"{state}, {last}."
    if through == run.as_of or run.p_dry_now is None or not run.dry:
        return words
    now, dry = LABELS.date(run.as_of), LABELS.percent(run.p_dry_now)
    return f"{words} 그 뒤의 기간은 미확인이며, {now}까지 {window}일 동안에도 그러한 회담이 없었을 확률은 {dry}이다."


def reasons(brief: Brief) -> str:
    """Why forecasts are far from their base rates; "" where none is."""
    return " ".join(map(reason_sentence, brief.reasons))


def table_note() -> str:
    return "각 기간은 기준일 다음 날에 시작한다. 괄호 안은 90% 구간이다."


def compared(brief: Brief) -> str:
    since = brief.changes.since
    if since.run is None:
        return f"이전 전망에 대한 보고서도, {OLDER_DAYS}일 이상 앞선 전망도 없어 비교할 대상이 없다."
    run = f"실행 {since.run.id}, {LABELS.date(since.run.as_of)} 기준"
    return {
        REPORT: f"이전 보고서(제{since.report_id}호, {run})와 비교:",
        OLDER: f"이전 전망에 대한 보고서가 없어 과거 전망({run})과 비교:",
        ASKED: f"지정된 전망({run})과 비교:",
    }[since.reason]


def entered(brief: Brief) -> str:
    changes = brief.changes
    rows = (
        f"그 사이에 입력된 것은 관측 {_entries(changes.observations)}, 사건 {_entries(changes.events)}, "
        f"누락 없음 확인 {changes.attestations}건이다."
    )
    sentences = [
        rows if changes.entered else "그 사이에 입력된 것은 없다.",
        _fits(changes),
        _shorter(brief),
        "사례 정의가 개정되었다." if changes.case_changed else "",
        "프로그램이 개정되었다." if changes.code_changed else "",
    ]
    return " ".join(filter(None, sentences))


def _fits(changes: Changes) -> str:
    if not changes.fits_published and not changes.fits_rejected:
        return "새로 공표되거나 공표 보류된 실행은 없다."
    return f"실행은 이번을 포함해 공표 {changes.fits_published}회, 공표 보류 {changes.fits_rejected}회이다."


def _shorter(brief: Brief) -> str:
    if not brief.shorter_days or brief.by_deadline is None or brief.by_deadline.deadline is None:
        return ""
    return f"{LABELS.date(brief.by_deadline.deadline)}까지의 기간은 {brief.shorter_days:,}일 짧아졌다."


def _entries(entries: Entries) -> str:
    return f"추가 {entries.added}건·정정 {entries.revised}건·철회 {entries.retracted}건"


def moved(brief: Brief) -> str:
    told = brief.changes.why_at(brief.headline.horizon_days)
    if told is not None:
        return why.paragraph(*told)
    moves = brief.changes.moves
    if not moves:
        return f"수준이 {LEAST_MOVE} 이상 움직인 지표는 없다."
    named = SEPARATOR.join(f"{one.name} {signed(one.before)}→{signed(one.now)}" for one in moves)
    return f"{'' if brief.changes.entered else '시간이 지나면서 '}수준이 가장 크게 움직인 지표: {named}."


def staleness(brief: Brief) -> str:
    stale, never = brief.stale, brief.never_observed
    if stale:
        named = ", ".join(f"{one.name}({one.days:,}일)" for one in stale)
        words = (
            f"지표 {len(brief.levels)}개 가운데 {len(stale)}개는 예상 간격의 {STALE_AFTER_CADENCES:.0f}배가 넘도록 "
            f"새 관측이 없다: {named}."
        )
    else:
        words = f"지표 {len(brief.levels)}개 가운데 관측이 지연된 것은 없다."
    return f"{words} 관측된 적이 없는 지표: {', '.join(one.name for one in never)}." if never else words


def attestation(brief: Brief) -> str:
    groups = groupby(brief.attested, key=lambda one: (one.through, one.days_ago, one.behind))
    return f"사건의 누락 없음 확인: {SEPARATOR.join(_reached(list(found)) for _, found in groups)}."


def _reached(found: list[Attested]) -> str:
    first, types = found[0], "·".join(LABELS.event(one.type) for one in found)
    if first.through is None:
        return f"{types} 미확인"
    behind = f"(기준일 {first.days_ago:,}일 전, 지연)" if first.behind else ""
    return f"{types} {LABELS.date(first.through)}까지 확인{behind}"


def watching(brief: Brief) -> str:
    said = "수준이 분명해지면 전망이 가장 크게 움직일 지표이다."
    if all(one.certain for one in brief.watched):
        return said
    return f"{said} ‘방향 불확실’은 효과의 90% 구간이 0을 포함한다는 뜻이다."


def swing(one: Watched) -> str:
    way = "오르면" if one.step > 0 else "내리면"
    points = 100 * one.change
    moves = "상승한다" if points > 0 else "하락한다"
    about = "최대 약" if one.at_most else "약"
    unsure = " 방향 불확실." if not one.certain else ""
    taught = f" 효과: {said}." if (said := taught_words(one.taught)) else ""
    return (
        f"현재 수준 {signed(one.mean, 1)} ± {one.sd:.1f}. 수준이 한 단계 {way} {one.horizon_days}일 이내 확률은 "
        f"{about} {abs(points):.1f}%p {moves}(현재 {LABELS.percent(one.now)}).{unsure}{taught}"
    )


def favours(one: Watched) -> str:
    return f"+2: {one.favours}"


def hinders(one: Watched) -> str:
    return f"−2: {one.hinders}"


def deadline(brief: Brief) -> str:
    by = brief.by_deadline
    if by is None or by.deadline is None:
        return "앞으로의 시한은 없다."
    return f"시한: {_deadline(brief)}, {(by.deadline - brief.standing.as_of).days:,}일 남음."


def track(brief: Brief) -> str:
    if brief.track is None:
        return "실적: 사건 기록이 충분히 확인되지 않아 공표된 예측을 채점할 수 없다."
    counts = brief.track.counts
    n = f" {track_counts(counts)}" if counts.counted else ""
    return f"실적: {track_sentence(brief.track)}{n}"


def backtest(brief: Brief) -> str:
    alike = brief.alike
    said = alike_sentence(alike) if alike else quality_sentence(brief.summary.quality)
    return " ".join(filter(None, (said, tested_model(brief.tested, structure_of(brief.run)))))


def bounds(brief: Brief) -> str:
    return _bounds(brief.tested, brief.case.headline)


def method(brief: Brief) -> str:
    found, run = diagnostics_of(brief.run), brief.run
    return (
        f"등급을 매긴 관측에서 지표 {len(brief.levels)}개의 수준을 필터로 추정하고, 협상·합의·접촉·위기의 베이즈 "
        f"모형을 과거 기록과 문헌의 판단에 NUTS로 적합한 뒤 미래를 시뮬레이션한다. 실행 {run.id}의 진단: R-hat ≤ "
        f"{found['rhat_max']:.4f}, 벌크 ESS ≥ {found['ess_bulk_min']:.0f}, 꼬리 ESS ≥ {found['ess_tail_min']:.0f}, "
        f"추출 {found['draws']:,}회 가운데 발산 {found['divergences']}회로 공표 기준을 충족했다. 구간은 사후분포에서 "
        "추출한 값의 양쪽 꼬리 확률이 같은 구간으로, 모수와 현재 수준과 현재 국면의 불확실성을 나타내며 결과의 범위를 "
        "나타내지 않는다. ‘문헌만 반영’은 기저율과 지표 목록의 방향에서 출발하며, ‘과거 기록만 반영’과 함께 라플라스 "
        "근사로 구한다. %p로 나타낸 효과는 현재 수준이 이어지는 동안 효과의 사후평균이 확률을 대략 얼마나 움직이는지를 "
        "뜻한다."
    )


def provenance(brief: Brief) -> str:
    run = brief.run
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items()))
    return (
        f"난수 시드 {run.seed}, 입력 {run.inputs_hash[:12]}, 사례 {run.case_hash[:12]}, 사후분포 "
        f"{(run.posterior_hash or '–')[:12]}, 코드 {run.code_version}({libraries}). 보고서 작성: {code_version()}, "
        f"모형 {model_version()}."
    )


def reproduce(brief: Brief) -> str:
    run = brief.run
    return (
        f"`parley show --run {run.id}` 명령은 모든 수치와 전체 해시값을 보여 준다. `parley update --as-of {run.as_of}` "
        "명령으로 다시 적합하면, 기록·난수 시드·실행 환경이 같을 때 같은 값이 나온다."
    )


def anchor(head: Head) -> str:
    return (
        f"작성 시점 전체 기록의 해시값: {head.short}({_instant(head.recorded_at)}). "
        f"`parley verify --head {head.short}` 명령으로 당시의 기록이 그대로 남아 있는지 확인할 수 있다."
    )


def document(one: Cited) -> str:
    return f"{one.author}, {one.title}, {one.published_on.year}년({DIRECTNESS.get(one.directness, one.directness)})"


def source(one: Source) -> str:
    day = LABELS.date(one.observed_on)
    others = f", 담당자 {one.analyst}, 같은 날 {one.of_day}건 중 하나" if one.of_day > 1 else ""
    return f"{one.name} {level_text(one.level)}({one.publisher or one.title}, {day}, {one.grade}{others})"


def differing(brief: Brief) -> list[str]:
    """Codings that contradict each other, a sentence each, and how many more there are."""
    told = [
        contradiction_text(one, [coding_text(each, row_place(each.row)) for each in one.codings], one.name) + "."
        for one in brief.differing[:DIFFERING]
    ]
    more = len(brief.differing) - DIFFERING
    return told + ([f"이 밖에 {more}건이 더 있다(`parley disagreements`)."] if more > 0 else [])


def grades() -> str:
    return "등급은 출처 신뢰성(A~F)과 내용 신빙성(1~6)이다. 전체 제목은 `parley observations` 명령으로 볼 수 있다."


def definitions(brief: Brief) -> str:
    return " ".join(f"{LABELS.target(target)}: {text}." for target, text in brief.definitions.items())


def left_out() -> str:
    return (
        "메일 길이에 제한이 있어 끝의 목록은 생략했다. 전체는 `parley report --out brief.html` 명령으로 만들 수 있다."
    )
