"""Why a forecast moved, in Japanese."""

from forecast.facts.why import (
    ALL,
    CASE,
    CHANCE,
    CODE,
    CORRECTION,
    CORRECTIONS,
    DAILY,
    DAYS,
    DOCUMENT,
    DOCUMENTS,
    EVENT,
    EVENTS,
    FADING,
    LATE,
    LEARNING,
    LEVELS,
    LOST_AFTER,
    LOST_BEFORE,
    MODEL,
    NO_OVERLAP,
    OBSERVATION,
    OPEN,
    OTHER_MODEL,
    OTHER_SHAPES,
    REFERENCE,
    REST,
    RETRACTED,
    REVISED,
    REVISED_SINCE,
    SILENCE,
    THINNED_AFTER,
    THINNED_BEFORE,
    TIME,
    VERSION,
    WITHDRAWN,
    Cause,
    Coded,
    End,
    Explanation,
    Happened,
    Line,
    chance_of,
    forgotten,
    meeting_elsewhere,
    name_causes,
)
from forecast.words.japanese.labels import LABELS
from forecast.words.numbers import level_text
from forecast.words.why_numbers import (
    attested_through,
    change_text,
    ends_text,
    passed_of,
    points_text,
    report_of,
    size_text,
)

_CLASSES = {
    VERSION: "プログラムと案件",
    TIME: "時間の経過と出来事のない日",
    OBSERVATION: "新しい観測",
    CORRECTION: "訂正",
    EVENT: "出来事（協議の現状への影響）",
    DOCUMENT: "文献",
    REST: "少数の標本で計算したための端数",
    LEARNING: "再推定",
    CHANCE: "モンテカルロ誤差",
}
_VERSIONS = {CODE: "プログラムの版の違い", CASE: "案件の版の違い", MODEL: "モデルの違い"}
_TAUGHT = {
    REFERENCE: "参照クラスの更新から学んだ分",
    SILENCE: "出来事がなかったことから学んだ分",
    EVENTS: "出来事から学んだ分",
    LEVELS: "新しい水準から学んだ分",
    CORRECTIONS: "訂正から学んだ分",
    DOCUMENTS: "文献から学んだ分",
}
_LACKING = {
    THINNED_BEFORE: "実行{before}の事後分布は間引かれているため、学んだ分とモンテカルロ誤差を分けられない。",
    THINNED_AFTER: "実行{after}の事後分布は間引かれているため、学んだ分とモンテカルロ誤差を分けられない。",
    NO_OVERLAP: "二つの推定の間が離れすぎているため、学んだ分とモンテカルロ誤差を分けられない。"
    "より近い実行どうしを比べてほしい。",
    OTHER_MODEL: "実行{before}は別のモデルによる。「モデルの違い」には再推定とモンテカルロ誤差も含まれ、"
    "他の行は現在のモデルによる。",
    OTHER_SHAPES: "実行{before}の後に案件の指標が変わったため、その行には再推定とモンテカルロ誤差も含まれる。",
    LOST_BEFORE: "実行{before}の事後分布が失われているため、学んだ分とモンテカルロ誤差を分けられない。",
    LOST_AFTER: "実行{after}の事後分布が失われているため、学んだ分とモンテカルロ誤差を分けられない。",
}
_LABELS = {
    "before": "前",
    "after": "後",
    "points": "ポイント",
    "expected": "予想",
    "said": "観測値",
    "surprise": "予想との差",
    "moved": "水準の変化",
    "others": "その他{}件",
    "chance": "目安 ±{}",
}


def title(found: Explanation, target: int, reach: int) -> str:
    window = found.reaches[reach]
    what = f"{LABELS.target(found.targets[target])}（{LABELS.window(window.horizon_days, window.deadline)}）"
    before, after = ends_text(found, target, reach)
    old, new = f"{_percent(before)}（{_run(found.before)}）", f"{_percent(after)}（{_run(found.after)}）"
    return f"{what}の確率が{old}から{new}へ動いた理由：{change_text(found, target, reach)}ポイント"


def _percent(text: str) -> str:
    return text.replace(" %", "%")


def _run(end: End) -> str:
    return f"実行{end.run_id}、基準日{LABELS.date(end.as_of)}"


def sentences(found: Explanation, target: int, reach: int) -> list[str]:
    named = name_causes(found, target, reach, 4)
    said = [_moved_most(named)] if named else ["モンテカルロ誤差より大きい要因は一つもない。"]
    meeting = meeting_elsewhere(found, target, reach)
    if meeting is not None:
        line, own, points = meeting
        said.append(
            f"{cause(line)}は、ここでは{points_text(line.at(target, reach))}ポイントの要因になる。"
            f"協議は始まったときの議題で続く傾向があるためで、{LABELS.target(own)}では"
            f"{points_text(points)}ポイントの要因になる。"
        )
    return [*said, *_forgotten(found, target, reach), _chance(found, target, reach)]


def _moved_most(named: tuple[Cause, ...]) -> str:
    first, *others = (f"{_named(one)}（{points_text(one.points)}）" for one in named)
    then = f"、次いで{'、'.join(others)}" if others else ""
    return f"最も大きく動かした要因は{first}{then}。"


def _named(one: Cause) -> str:
    if one.cls == TIME:
        days = max(passed_of(line).days for line in one.lines if line.kind != SILENCE or len(one.lines) == 1)
        return f"{days}日の経過"
    return f"{cause(one.line)}と、そこから発生率について学んだ分" if len(one.lines) > 1 else cause(one.line)


def _forgotten(found: Explanation, target: int, reach: int) -> list[str]:
    told = forgotten(found, target, reach)
    if told is None:
        return []
    other, here, there = told
    return [
        f"時間の経過は、ここでは{points_text(here)}ポイントの要因になる。協議が途絶えるにつれ、その議題の影響も薄れるためで、"
        f"{LABELS.target(other)}では{points_text(there)}ポイントの要因になる。"
    ]


def _chance(found: Explanation, target: int, reach: int) -> str:
    chance = chance_of(found, target, reach)
    if chance is None:
        return "このうちモンテカルロ誤差がどれだけかは、ここでは分からない。"
    made, expected = chance
    if not expected:
        return "二つの見通しは同じ標本によるため、モンテカルロ誤差による差はない。"
    return (
        f"モンテカルロ誤差による差は{points_text(made)}ポイント（目安は±{size_text(expected)}以内）で、"
        "それより小さい行に大きな意味はない。"
    )


def class_label(cls: str) -> str:
    return _CLASSES[cls]


def line_label(line: Line) -> str:
    if line.coded is not None:
        return _coded(line.coded, line.kind)
    if line.happened is not None:
        return _happened(line.happened, line.kind)
    if line.published is not None:
        one = line.published
        return f"{one.author}「{one.title}」：判断{one.judgements}件"
    if line.rows and line.subject.origin:
        return f"一つの報道による{len(line.rows)}件：{report_of(line)}"
    return _other(line)


def _coded(one: Coded, kind: str) -> str:
    day, source = LABELS.date(one.observed_on), f"{one.grade} {one.publisher}".strip()
    if kind == REVISED and one.level_before is not None:
        old, new = level_text(one.level_before), level_text(one.level)
        if old == new and one.grade_before != one.grade:
            old, new = f"{old} {one.grade_before}", f"{new} {one.grade}"
        return f"{one.name}（{day}）：{old} → {new}"
    late = f"、遅れて記録（{LABELS.date(one.known_on)}から知り得た）"
    told = f"{one.name} {level_text(one.level)}（{day}、{source}）"
    return told + {LATE: late, REVISED_SINCE: "、後に訂正", WITHDRAWN: "、後に撤回", RETRACTED: "、撤回"}.get(kind, "")


def _happened(one: Happened, kind: str) -> str:
    first, last = LABELS.date(one.started_on), LABELS.date(one.ended_on)
    days = first if first == last else f"{first}〜{last}"
    place = f"、{one.venue}" if one.venue else ""
    told = f"{_event(one)}（{days}{place}）"
    return told + {LATE: "、遅れて記録", REVISED: "、訂正", RETRACTED: "、撤回"}.get(kind, "")


def _event(one: Happened) -> str:
    if one.type != "talks":
        return LABELS.event(one.type)
    return f"{'非核化' if one.framing == 'denuclearisation' else '軍備管理'}をめぐる会合"


def _other(line: Line) -> str:
    passed = passed_of(line)
    if line.cls == LEARNING:
        return "学んだ分（モンテカルロ誤差を含む）" if line.kind == ALL else _TAUGHT[line.kind]
    if line.cls == TIME:
        return {
            SILENCE: _silence(line),
            DAYS: f"出来事のない{passed.days}日が経過（水準は据え置き）",
            FADING: line.subject.indicator or "水準が薄れ、不確かさが増す",
            OPEN: f"うち{passed.open_days}日は漏れ未確認",
        }[line.kind]
    return _VERSIONS.get(line.kind) or class_label(line.cls)


def _silence(line: Line) -> str:
    passed = passed_of(line)
    named = [("・".join(map(LABELS.event, kinds)), last) for kinds, last in attested_through(passed)]
    types = "、".join(f"{kinds}は{LABELS.date(last)}まで" for kinds, last in named)
    looked = f"{LABELS.date(passed.looked_through)}まで記録を点検" if passed.looked_through else "記録を点検"
    return f"漏れ未確認だった{passed.days}日に出来事がなかったことが判明：{types or looked}"


def cause(line: Line) -> str:
    if line.coded is not None:
        one = line.coded
        return f"{one.name}の訂正" if line.cls == CORRECTION else f"{one.name} {level_text(one.level)}"
    if line.happened is not None:
        return f"{LABELS.date(line.happened.started_on)}の{_event(line.happened)}"
    if line.published is not None:
        return f"{line.published.author}の文献"
    if line.rows and line.subject.origin:
        return f"{report_of(line)}（{len(line.rows)}件）"
    return _other(line)


def causes(found: Explanation, target: int, reach: int, number: int = 3) -> str:
    before, after = (_percent(text) for text in ends_text(found, target, reach))
    named = [f"{_short(one)} {points_text(one.points)}" for one in name_causes(found, target, reach, number)]
    if not named:
        chance = chance_of(found, target, reach)
        size = f"（±{size_text(chance[1])}）" if chance else ""
        return f"{before} → {after}：モンテカルロ誤差より大きい要因はない{size}"
    return f"{before} → {after}：{'、'.join(named)}"


def _short(one: Cause) -> str:
    return "時間の経過" if one.cls == TIME else cause(one.line)


def since(found: Explanation, target: int, reach: int) -> str:
    command = f"`parley why {found.before.run_id} {found.after.run_id}`"
    window = found.reaches[reach]
    about = LABELS.window(window.horizon_days, window.deadline)
    day = LABELS.date(found.before.as_of)
    return f"{day}以降（{about}、ポイント）：{causes(found, target, reach)}。全体は{command}。"


def limits(found: Explanation) -> list[str]:
    told = [_LACKING[code].format(before=found.before.run_id, after=found.after.run_id) for code in found.lacking]
    if found.path == DAILY:
        told.append(
            "日ごとの内訳の合計：各行は、それが入った日に動かした分であり、その後の薄れは時間の経過に含まれる。"
        )
    if found.orders:
        told.append(f"項目ごとの寄与は、入り得た{found.orders}通りの順序の平均による。")
    if not found.old_entries:
        told.append("項目ごとの寄与は、後の推定の効果による。")
    return told


def label(name: str) -> str:
    return _LABELS[name]
