"""Tables and sentences for a terminal."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from db.rows import ScenarioForecastRow, TargetForecastRow
from forecast.summary import Summary, diagnostics_of, stale_days
from indicators.content import CaseFolder
from indicators.install import InstallReport

NAMES = {
    "arms_control_talks": "arms-control talks",
    "denuclearisation_talks": "denuclearisation talks",
    "limits_talks": "talks on limits, any framing",
    "contact": "contact",
    "deal": "limited deal",
    "crisis": "crisis",
}
SCENARIO_NAMES = {
    "S0": "status quo",
    "S1": "contact only",
    "S2": "arms-control talks",
    "S3": "limited deal",
    "S4": "denuclearisation talks",
    "S5": "crisis without talks",
}


def console() -> Console:
    return Console(highlight=False, soft_wrap=False)


def percent(p: float | None) -> str:
    """A probability for a reader: whole per cents, finer below ten, never a false 0 or 100."""
    if p is None:
        return "–"
    if p < 0.001:
        return "<0.1 %"
    if p > 0.999:
        return ">99.9 %"
    return f"{100 * p:.1f} %" if p < 0.1 or p > 0.9 else f"{100 * p:.0f} %"


def table(title: str, *columns: str, left: int = 1) -> Table:
    """A table whose first ``left`` columns are words and whose others are numbers."""
    out = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(columns):
        out.add_column(name, justify="left" if i < left else "right", no_wrap=i > 0)
    return out


def print_install(url: str, folder: CaseFolder, report: InstallReport) -> None:
    out = console()
    out.print(f"case {folder.case.id} ({folder.case_hash[:8]}) in {url}")
    for count in report.tables:
        out.print(f"  {count.table}: {count.added} added, {count.unchanged} unchanged, {count.retracted} retracted")


def print_summary(summary: Summary) -> None:
    out = console()
    run = summary.run
    out.print(f"[bold]{summary.case_name}[/bold]: as of {run.as_of}, run {run.id} ({run.kind}, {run.status})")
    if summary.rejected:
        _print_rejection(out, summary)
    if not summary.targets:
        return
    out.print(headline_sentence(summary))
    out.print(situation_sentence(summary))
    out.print()
    _print_targets(out, summary)
    _print_scenarios(out, summary.scenarios)
    _print_states(out, summary)
    out.print(diagnostics_sentence(summary))


def headline_sentence(summary: Summary) -> str:
    rows = [row for row in summary.targets if row.target == summary.headline]
    parts = [f"{percent(row.mean)} {reach(row)}" for row in rows]
    return f"P({NAMES.get(summary.headline, summary.headline)}): " + ", ".join(parts)


def situation_sentence(summary: Summary) -> str:
    run = summary.run
    since = "no meeting on record" if run.days_since_talks is None else f"{run.days_since_talks} days since the last meeting"
    now = f"{'dry' if run.dry else 'wet'} on {run.complete_through}, {since}"
    if run.complete_through < run.as_of and run.p_dry_now is not None:
        now += f"; later days are unobserved: P(dry on {run.as_of}) {percent(run.p_dry_now)}"
    return now


def diagnostics_sentence(summary: Summary) -> str:
    d = diagnostics_of(summary.run)
    return (
        f"diagnostics: R-hat ≤ {_number(d['rhat_max'], '.4f')}, bulk ESS ≥ {_number(d['ess_bulk_min'], '.0f')}, "
        f"tail ESS ≥ {_number(d['ess_tail_min'], '.0f')}, {d['divergences']} divergences in {d['draws']} draws; "
        f"seed {summary.run.seed}, inputs {summary.run.inputs_hash[:8]}, code {summary.run.code_version}"
    )


def _number(value: Any, form: str) -> str:
    return "–" if value is None else format(value, form)


def reach(row: TargetForecastRow | ScenarioForecastRow) -> str:
    return f"by {row.deadline}" if row.deadline else f"in {row.horizon_days} d"


def _print_rejection(out: Console, summary: Summary) -> None:
    failures: Any = summary.run.detail.get("failures", [])
    out.print(f"[bold red]rejected[/bold red]: {'; '.join(failures)}")
    if summary.forecast_of is None:
        out.print("no earlier forecast was published; run `parley update --draws 4000`")
    else:
        out.print(f"below stands the last good forecast: run {summary.forecast_of.id}, as of {summary.forecast_of.as_of}")


def _print_targets(out: Console, summary: Summary) -> None:
    columns = ("target", "window", "mean", "50 % interval", "90 % interval", "base rate", "documents", "history")
    shown = table("Targets: at least one in the window (documents and history only: by Laplace)", *columns, left=2)
    previous = None
    for row in _by_target(summary):
        name = "" if row.target == previous else NAMES.get(row.target, row.target)
        previous = row.target
        shown.add_row(
            name,
            reach(row),
            f"[bold]{percent(row.mean)}[/bold]" if row.target == summary.headline else percent(row.mean),
            f"{percent(row.q25)} – {percent(row.q75)}",
            f"{percent(row.q05)} – {percent(row.q95)}",
            percent(row.base_rate),
            percent(row.documents_only),
            percent(row.history_only),
        )
    out.print(shown)


def _by_target(summary: Summary) -> list[TargetForecastRow]:
    order = {name: i for i, name in enumerate(NAMES)}
    far = date.min
    return sorted(summary.targets, key=lambda r: (order.get(r.target, 99), r.deadline or far, r.horizon_days or 0))


def _print_scenarios(out: Console, rows: Sequence[ScenarioForecastRow]) -> None:
    windows = list(dict.fromkeys(reach(row) for row in rows))
    shown = table("Scenarios: exactly one holds", "scenario", *windows)
    for scenario, name in SCENARIO_NAMES.items():
        mine = [row for row in rows if row.scenario == scenario]
        shown.add_row(f"{scenario} {name}", *(percent(row.probability) for row in mine))
    out.print(shown)


def _print_states(out: Console, summary: Summary) -> None:
    shown = table("Indicators: −2 hostile to talks … +2 favours them", "indicator", "level", "± sd", "last observed", "days ago")
    cadence = {row.indicator_id: row.expected_cadence_days for row in summary.catalogue}
    for row in summary.states:
        days = stale_days(row, summary)
        stale = days is not None and days > 2 * cadence.get(row.indicator_id, 1e9)
        shown.add_row(
            row.indicator_id,
            f"{row.mean:+.2f}" if row.active else "inactive",
            f"{row.sd:.2f}" if row.active else "–",
            str(row.last_observed_on or "–"),
            "–" if days is None else f"{days}{' stale' if stale else ''}",
        )
    out.print(shown)
