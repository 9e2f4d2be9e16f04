"""A backtest as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from db.rows import EvaluationRow
from forecast.cli.tables import bold, emit, grid, paragraph
from forecast.words import percent, target_name

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
    "Log score in nats; of every score smaller is better. MCB and DSC: miscalibration and discrimination of the Brier "
    "score. Bias: mean forecast less frequency. Differences are of the log score from the naive row that is best over "
    "these origins (marked *), with 90 % intervals by block bootstrap (blocks of 18 months)."
)


def print_backtest(row: EvaluationRow, targets: Sequence[str] = ()) -> None:
    result: Mapping[str, Any] = row.result
    shown = list(targets) or list(dict.fromkeys(["limits_talks", result["headline"]]))
    blocks: list[list[str | Text]] = [_head(row), [*paragraph(READING)]]
    for target in shown:
        for days in sorted({table["horizon_days"] for table in result["scores"]}):
            blocks.append(_score_block(result["scores"], target, days))
        blocks.append(_ranked_block(result["ranked_probability_scores"], target))
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
        f"{situation} n = {table['n']}, {percent(table['frequency'])} came true, {table['spells']} spells"
        for situation, table in found.items()
    )
    rows = [
        _row(score, _beside(dry, i), _beside(found.get("wet"), i), whole, dry)
        for i, score in enumerate(whole["forecasters"])
    ]
    header = ("", "log", "dry", "wet", "Brier", "MCB", "DSC", "AUC", "bias", "dry", "difference", "dry")
    strong = [i for i, score in enumerate(whole["forecasters"]) if score["name"] == "Parley"]
    title = bold(f"{name[0].upper()}{name[1:]} in {days} d")
    return [title, *paragraph(f"{counts}."), *grid(header, rows, emphasised=strong)]


def _beside(table: Mapping[str, Any] | None, place: int) -> Mapping[str, Any] | None:
    return table["forecasters"][place] if table else None


def _row(
    score: Mapping[str, Any],
    dry: Mapping[str, Any] | None,
    wet: Mapping[str, Any] | None,
    whole: Mapping[str, Any],
    of_dry: Mapping[str, Any] | None,
) -> list[str]:
    mark = "*" if score["name"] == whole["reference"] else ""
    mark_dry = dry is not None and of_dry is not None and score["name"] == of_dry["reference"]
    return [
        score["name"] + mark,
        _number(score["log"]),
        _number(dry["log"]) if dry else "–",
        _number(wet["log"]) if wet else "–",
        _number(score["brier"]["score"]),
        _number(score["brier"]["miscalibration"]),
        _number(score["brier"]["discrimination"]),
        _number(score["auc"], ".2f"),
        _number(score["bias"], "+.3f"),
        _number(dry["bias"], "+.3f") if dry else "–",
        "*" if mark else _difference(score["log_difference"]),
        "*" if mark_dry else _difference(dry["log_difference"]) if dry else "–",
    ]


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
        [score["name"], *(_number(found[s][i]["mean"]) for s in found), _difference(score["difference"])]
        for i, score in enumerate(found["all"])
    ]
    strong = [i for i, score in enumerate(found["all"]) if score["name"] == "Parley"]
    return [bold(title), *grid(("", *found, "difference"), rows, emphasised=strong)]


def _difference(found: Mapping[str, Any]) -> str:
    if found["low"] is None:
        return "–"
    return f"{_number(found['mean'], '+.3f')} ({_number(found['low'], '+.2f')} to {_number(found['high'], '+.2f')})"


def _number(value: float | None, form: str = ".3f") -> str:
    return "–" if value is None else format(value, form).replace("-", "−")
