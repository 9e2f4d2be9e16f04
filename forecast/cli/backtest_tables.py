"""A backtest as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from db.run_rows import EvaluationRow
from forecast.cli.tables import bold, emit, grid, paragraph
from forecast.evaluation.forecasters import MODEL
from forecast.words.names import target_name
from forecast.words.numbers import counted, share

KINDS = {
    "strict": "strict: only judgements published by each origin",
    "retrospective": "retrospective: today's judgements applied to the past",
}
ENGINES = {
    "laplace": "by Laplace's approximation",
    "psis": "Parley by NUTS, reweighted between refits",
    "nuts": "Parley by NUTS at every origin",
}
READING = (
    "Log score in nats; of every score smaller is better. Bias: mean forecast less frequency. Differences are of the "
    "log score from the naive row that is best over these origins (marked *), with 90 % intervals by block bootstrap "
    "(blocks of 18 months; ? where one block holds all). A spell: consecutive origins that ended alike."
)
SHORT = {
    "dry/wet climatology, 3-year half-life": "dry/wet, 3-year half-life",
    "logistic on log days since talks": "logistic, log days since",
}
HEADER = ("", "log", "dry", "wet", "Brier", "AUC", "bias", "dry", "difference", "dry")


def print_backtest(row: EvaluationRow, targets: Sequence[str] = ()) -> None:
    result: Mapping[str, Any] = row.result
    shown = list(targets) or list(dict.fromkeys(["limits_talks", result["headline"]]))
    blocks: list[list[str | Text]] = [_head(row), [*paragraph(READING)]]
    blocks += [_overview_block(result["scores"], target) for target in shown]
    for target in shown:
        for days in sorted({table["horizon_days"] for table in result["scores"]}):
            blocks.append(_score_block(result["scores"], target, days))
        blocks.append(_ranked_block(result["ranked_probability_scores"], target))
        blocks.append(_era_block(result["scores"], target))
    blocks.append(_scenario_block(result["scenario_scores"]))
    emit([line for block in blocks if block for line in ("", *block)][1:])


def _head(row: EvaluationRow) -> list[str | Text]:
    result, origins = row.result, row.result["origins"]
    assert isinstance(origins, dict)
    engine = ENGINES[str(row.settings["engine"])]
    refits = f"; {result['refits']} refits, Pareto k ≤ {result['pareto_k_max'] or 0:.2f}" if "refits" in result else ""
    title = f"Backtest {row.id}: {origins['n']} origins from {origins['first']} to {origins['last']}"
    return [
        bold(title),
        *paragraph(
            f"{KINDS[str(result['kind'])]}; {engine}{refits}; model version {row.model_version}. Not a track record."
        ),
        *paragraph(str(result["quality"] or "")),
    ]


def _overview_block(tables: Sequence[Mapping[str, Any]], target: str) -> list[str | Text]:
    """Log scores over all origins and when dry, forecasters down, windows across."""
    found = {
        (table["horizon_days"], table["situation"]): table["forecasters"]
        for table in tables
        if table["target"] == target and table["era"] == "all" and table["situation"] in ("all", "dry")
    }
    if not found:
        return []
    names = [score["name"] for score in next(iter(found.values()))]
    columns = sorted(found, key=lambda column: (column[0], column[1]))
    header = ["", *(f"{days} d" if situation == "all" else "dry" for days, situation in columns)]
    rows = [
        [SHORT.get(name, name), *(_number(found[column][i]["log"]) for column in columns)]
        for i, name in enumerate(names)
    ]
    title = f"Log scores: {target_name(target)}"
    return [bold(title), *grid(header, rows, emphasised=_parley(next(iter(found.values()))))]


def _score_block(tables: Sequence[Mapping[str, Any]], target: str, days: int) -> list[str | Text]:
    """Forecasters down, situations across."""
    found = {
        table["situation"]: table
        for table in tables
        if table["target"] == target and table["horizon_days"] == days and table["era"] == "all"
    }
    if "all" not in found:
        return []
    whole, dry = found["all"], found.get("dry")
    name = target_name(target)
    counts = "; ".join(
        f"{situation} n = {table['n']}, {share(table['frequency'])} came true, {counted(table['spells'], 'spell')}"
        for situation, table in found.items()
    )
    rows = [
        _row(score, _beside(dry, i), _beside(found.get("wet"), i), whole, dry)
        for i, score in enumerate(whole["forecasters"])
    ]
    title = bold(f"{name[0].upper()}{name[1:]} in {days} d")
    return [title, *paragraph(f"{counts}."), *grid(HEADER, rows, emphasised=_parley(whole["forecasters"]))]


def _beside(table: Mapping[str, Any] | None, place: int) -> Mapping[str, Any] | None:
    return table["forecasters"][place] if table else None


def _row(
    score: Mapping[str, Any],
    dry: Mapping[str, Any] | None,
    wet: Mapping[str, Any] | None,
    whole: Mapping[str, Any],
    of_dry: Mapping[str, Any] | None,
) -> list[str]:
    name = score["name"]
    return [
        SHORT.get(name, name),
        _number(score["log"]),
        _number(dry["log"]) if dry else "–",
        _number(wet["log"]) if wet else "–",
        _number(score["brier"]["score"]),
        _number(score["auc"], ".2f"),
        _number(score["bias"], "+.3f"),
        _number(dry["bias"], "+.3f") if dry else "–",
        "*" if name == whole["reference"] else _difference(score["log_difference"]),
        "*" if of_dry and name == of_dry["reference"] else _difference(dry["log_difference"]) if dry else "–",
    ]


def _era_block(tables: Sequence[Mapping[str, Any]], target: str) -> list[str | Text]:
    """Parley alone, on the origins it was chosen on and on those after."""
    mine = [t for t in tables if t["target"] == target and t["era"] != "all" and t["situation"] in ("all", "dry")]
    rows = []
    for table in sorted(mine, key=lambda t: (t["era"], t["situation"], t["horizon_days"])):
        score = next((score for score in table["forecasters"] if score["name"] == MODEL), None)
        if score is not None:
            rows.append(
                [
                    f"{table['era']}, {table['situation']}",
                    str(table["horizon_days"]),
                    str(table["n"]),
                    share(table["frequency"]),
                    _number(score["log"]),
                    _number(score["bias"], "+.3f"),
                    f"({_number(score['bias_low'], '+.2f')} to {_number(score['bias_high'], '+.2f')})",
                    _difference(score["log_difference"]),
                ]
            )
    if not rows:
        return []
    header = ("", "days", "n", "came true", "log", "bias", "90 %", "difference")
    return [bold(f"Parley by era: {target_name(target)}; chosen on origins before 2010"), *grid(header, rows)]


def _ranked_block(tables: Sequence[Mapping[str, Any]], target: str) -> list[str | Text]:
    found = {table["situation"]: table["scores"] for table in tables if table["target"] == target and table["scores"]}
    title = f"{target_name(target)}: when, by ranked probability score over the windows"
    return _ranked(title[0].upper() + title[1:], found)


def _scenario_block(tables: Sequence[Mapping[str, Any]]) -> list[str | Text]:
    out: list[str | Text] = []
    for days in sorted({table["horizon_days"] for table in tables}):
        mine = {t["situation"]: t for t in tables if t["horizon_days"] == days and t["scores"]}
        if not mine:
            continue
        counts = ", ".join(f"{name} {n}" for name, n in mine["all"]["counts"].items())
        block = _ranked(
            f"Scenarios in {days} d, multi-category log score (came true: {counts})",
            {s: t["scores"] for s, t in mine.items()},
        )
        out += ["", *block] if out else block
    return out


def _ranked(title: str, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str | Text]:
    """Forecasters down, situations across, and the difference from the best naive row over all."""
    if "all" not in found:
        return []
    rows = [
        [
            SHORT.get(score["name"], score["name"]),
            *(_number(found[s][i]["mean"]) for s in found),
            "*" if score["difference"]["low"] == score["difference"]["high"] == 0 else _difference(score["difference"]),
        ]
        for i, score in enumerate(found["all"])
    ]
    return [bold(title), *grid(("", *found, "difference"), rows, emphasised=_parley(found["all"]))]


def _parley(scores: Sequence[Mapping[str, Any]]) -> list[int]:
    return [i for i, score in enumerate(scores) if score["name"] == MODEL]


def _difference(found: Mapping[str, Any]) -> str:
    if found["low"] is None:
        return "–"
    if found["low"] == found["high"]:  # all within one block of the bootstrap: nothing is known of chance
        return f"{_number(found['mean'], '+.3f')} ?"
    return f"{_number(found['mean'], '+.3f')} ({_number(found['low'], '+.2f')} to {_number(found['high'], '+.2f')})"


def _number(value: float | None, form: str = ".3f") -> str:
    """Without the nought before the point, as scores below one are written."""
    return "–" if value is None else format(value, form).replace("-", "−").replace("0.", ".", 1)
