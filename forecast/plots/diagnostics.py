"""What a statistician checks of a fit, on one page: the gate, R-hat and effective sizes, ranks by chain, energy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from sqlalchemy import Connection

from db.kinds import FULL_KINDS
from db.posteriors import Posteriors, check_stored, opened
from db.read import read_case
from db.read_runs import read_run, read_runs
from db.run_rows import RunRow
from db.when import WHENEVER, When
from forecast.errors import NoPosterior
from forecast.facts.evidence import TRUSTED, DiagnosticsTold, Verdict
from forecast.plots.axes import BAND_50
from forecast.plots.chosen import read_forecast_run
from forecast.plots.indicators import bold, wrap_words
from forecast.plots.mixing import (
    POINTS,
    Block,
    Chain,
    Ranks,
    judge_fit,
    measure_blocks,
    measure_chains,
    measure_ranks,
)
from forecast.plots.style import BLUE, GREEN, GREY, INK, LIGHT, ORANGE, PURPLE, WIDTH, house_style
from forecast.run_facts import failures_of
from forecast.words.drawn import DiagnosticsLabels
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.labels import Labels
from models.spec import Floats

BLOCKS = 40
"""Stretches of draws over which energies are averaged."""
CHAIN = 0.12
"""A share of its table: the width of the column that numbers the chains."""
CHAIN_STYLES: tuple[tuple[str, Any], ...] = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (PURPLE, ":"))
COLUMNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsFacts:
    """The diagnostics of one fit, from its stored draws; those of the headline were kept by the gate."""

    run_id: int
    as_of: date
    blocks: tuple[Block, ...]
    ranks: tuple[Ranks, ...]
    chains: tuple[Chain, ...]
    energy: Floats  # (chain, draw)
    diverging: Floats  # energies of the draws that diverged
    verdicts: tuple[Verdict, ...]
    bounds: Mapping[str, float]  # of the gate: rhat, ess
    told: DiagnosticsTold


def read_diagnostics(
    connection: Connection,
    posteriors: Posteriors,
    *,
    run_id: int | None = None,
    case_id: str | None = None,
    when: When = WHENEVER,
) -> DiagnosticsFacts:
    """The diagnostics of a run, rejected ones too (None: the last fit published by then).

    Parameters
    ----------
    posteriors : where they lie

    Raises
    ------
    NoPosterior
        if no fit was made for the run, or none was kept
    NoForecast
        if nothing was published by then
    db.errors.StoreError
        if there is no run of that number, or its file is missing or altered
    """
    case = read_case(connection, case_id)
    run = (
        read_forecast_run(connection, case, run_id=None, when=when) if run_id is None else read_run(connection, run_id)
    )
    if run.kind not in FULL_KINDS or run.posterior_hash is None:
        raise NoPosterior(_no_posterior(connection, run))
    if run.thinned_hash is not None:
        raise NoPosterior(
            f"of the draws of run {run.id} only some are kept (`parley keep`); no page can be made of them"
        )
    check_stored(connection, posteriors, run.posterior_hash)
    with opened(connection, posteriors, run.posterior_hash) as path:
        return _measure(run, path)


def draw_diagnostics(facts: DiagnosticsFacts, labels: Labels = ENGLISH) -> Figure:
    """One page of A4; what stands on it is known, so that its places are measured out in inches."""
    rows = -(-len(facts.ranks) // COLUMNS)
    under_ranks = 4.55 + 0.98 * rows
    height = under_ranks + 2.15
    words = labels.diagnostics
    with house_style(labels.locale):
        figure = Figure(figsize=(WIDTH, height))

        def panels(top: float, bottom: float, rows: int, columns: int, *, share: str = "", **more: Any) -> list[Axes]:
            """Panels between two heights, in inches from the top."""
            sides: dict[str, Any] = {"top": 1 - top / height, "bottom": 1 - bottom / height, **more}
            grid = figure.add_gridspec(rows, columns, **sides)
            return list(grid.subplots(squeeze=False, sharex="x" in share, sharey="y" in share).flat)

        figure.text(0.01, 1 - 0.2 / height, _title(facts.told, labels), fontsize=9.5)
        _draw_gate(panels(0.35, 1.5, 1, 2, left=0.01, right=0.995, wspace=0.03, width_ratios=(1.4, 1)), facts, labels)
        _draw_strips(panels(1.85, 3.65, 1, 2, left=0.27, right=0.985, wspace=0.08, share="y"), facts, words)
        figure.text(0.01, 1 - 4.3 / height, words.ranks)
        wide = {"left": 0.06, "right": 0.985, "wspace": 0.12, "hspace": 0.62}
        _draw_ranks(panels(4.7, under_ranks, rows, COLUMNS, **wide, share="xy"), facts.ranks, words)
        below = (0.5, 1 - (under_ranks + 0.34) / height)
        handles = _chain_handles(len(facts.chains), labels)
        figure.legend(handles=handles, loc="center", bbox_to_anchor=below, ncols=len(handles), fontsize=7)
        _draw_energy(panels(under_ranks + 0.75, height - 0.4, 1, 2, left=0.09, right=0.975, wspace=0.22), facts, words)
        return figure


def _no_posterior(connection: Connection, run: RunRow) -> str:
    if run.kind in FULL_KINDS:
        return f"run {run.id} kept no posterior; run `parley update --as-of {run.as_of}` for a new fit"
    fits = read_runs(connection, run.case_id, kinds=FULL_KINDS)
    of = next((fit.id for fit in fits if fit.id < run.id and fit.posterior_hash == run.posterior_hash), None)
    stands = "see `parley runs` for one that was fitted" if of is None else f"it stands on that of run {of}: name it"
    return f"run {run.id} is {run.kind} and made no fit; {stands}"


# What is measured


def _measure(run: RunRow, path: Path) -> DiagnosticsFacts:
    import xarray as xr  # this and ArviZ take seconds to import

    with xr.open_datatree(path) as tree:
        posterior: Any = tree["posterior"].to_dataset().load().transpose("chain", "draw", ...)
        stats: Any = tree["sample_stats"].to_dataset().load().transpose("chain", "draw", ...)
    blocks = measure_blocks(posterior)
    energy, diverging = np.asarray(stats["energy"].values, dtype=np.float64), np.asarray(stats["diverging"].values)
    chains = measure_chains(stats, energy, diverging)
    verdicts, bounds = judge_fit(run, blocks, chains, energy.size)
    told = DiagnosticsTold(
        run_id=run.id,
        kind=run.kind,
        as_of=run.as_of,
        status=str(run.status),
        chains=energy.shape[0],
        draws=energy.shape[1],
        seed=run.seed,
        parameters=sum(len(block.rhat) for block in blocks),
        verdicts=verdicts,
        failures=failures_of(run),
    )
    return DiagnosticsFacts(
        run_id=run.id,
        as_of=run.as_of,
        blocks=blocks,
        ranks=measure_ranks(posterior, blocks),
        chains=chains,
        energy=energy,
        diverging=energy[diverging],
        verdicts=verdicts,
        bounds=bounds,
        told=told,
    )


# How it is drawn


def _title(told: DiagnosticsTold, labels: Labels) -> str:
    words = labels.diagnostics
    return words.title.format(
        run=told.run_id,
        kind=told.kind if labels.locale.startswith("en") else labels.kinds.get(told.kind, told.kind),
        day=labels.date(told.as_of),
        status=words.statuses.get(told.status, told.status),
        chains=told.chains,
        draws=told.draws,
        seed=told.seed,
    )


def _draw_gate(panels: Sequence[Axes], facts: DiagnosticsFacts, labels: Labels) -> None:
    """Two tables: the gate's rules, and the chains."""
    (left, right), words = panels, labels.diagnostics
    rules = [
        (words.measures[one.measure], one.value, wrap_words(words.whose(one), 47, 1), one.bound, _kept(one, words))
        for one in facts.verdicts
    ]
    broken = [not one.kept for one in facts.verdicts]
    _write_table(left, (*words.gate, ""), rules, (0, 0.16, 0.27, 0.8, 0.9), labels, broken)
    names = list(facts.chains[0].means)
    rows = [
        (str(number), *(f"{chain.means[name]:.2f}" for name in names), str(chain.divergences), f"{chain.ebfmi:.2f}")
        for number, chain in enumerate(facts.chains, 1)
    ]
    header = (words.chain, *(words.sampler[name] for name in names), words.diverged, words.measures["ebfmi"])
    apart = (0.97 - CHAIN) / (len(header) - 1)  # what stands first is a number
    _write_table(right, header, rows, (0, *(CHAIN + i * apart for i in range(len(header) - 1))), labels)


def _kept(verdict: Verdict, words: DiagnosticsLabels) -> str:
    return words.kept if verdict.kept else words.broken


def _write_table(
    axes: Axes,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    places: Sequence[float],
    labels: Labels,
    broken: Sequence[bool] = (),
) -> None:
    """Of rows that are `broken` the last word stands out."""
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(max(len(rows), 5) + 0.5, -0.6))
    for number, row in enumerate((header, *rows)):
        for place, word in zip(places, row, strict=True):
            last = number and place == places[-1] and any(broken[number - 1 : number])
            style = {"color": ORANGE, **bold(labels.locale)} if last else {"color": INK if number else GREY}
            axes.text(place, number, word, fontsize=6.5, **style)
    axes.axhline(0.2, color=GREY, linewidth=0.6)


def _draw_strips(panels: Sequence[Axes], facts: DiagnosticsFacts, words: DiagnosticsLabels) -> None:
    """Every parameter as a dot, in the row of its block."""
    left, right = panels
    names = [f"{block.name} ({len(block.rhat)})" if len(block.rhat) > 1 else block.name for block in facts.blocks]
    for row, block in enumerate(facts.blocks):
        _strip(left, row, np.maximum(block.rhat - 1, 1e-4), "o", BLUE, 0.0)
        _strip(right, row, block.ess_bulk, "o", BLUE, -0.18)
        _strip(right, row, block.ess_tail, "^", ORANGE, 0.18)
    for axes, bound in ((left, facts.bounds["rhat"] - 1), (right, facts.bounds["ess"])):
        axes.set_xscale("log")
        axes.axvline(bound, color=INK, linewidth=1, linestyle=(0, (4, 2)))
        axes.grid(axis="y", color=LIGHT, linewidth=0.5)
        axes.tick_params(labelsize=7)
    _log_ticks(left, (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1), 1)
    _log_ticks(right, (5, 10, 30, 100, 200, 400, 1000, 2000, 4000, 10000, 30000), 0)
    left.set_yticks(range(len(names)), names)
    left.set_ylim(len(names) - 0.4, -0.6)
    left.set_xlabel(words.rhat, fontsize=7.5)
    right.set_xlabel(words.effective, fontsize=7.5)
    marks = (("o", BLUE, words.measures["ess_bulk"]), ("^", ORANGE, words.measures["ess_tail"]))
    handles: list[Artist] = [_dot(marker, colour, label) for marker, colour, label in marks]
    handles.append(Line2D([], [], color=INK, linewidth=1, linestyle=(0, (4, 2)), label=words.bound))
    right.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, fontsize=7, borderpad=0)


def _strip(axes: Axes, row: int, values: Floats, marker: str, colour: str, shift: float) -> None:
    spread = np.linspace(-0.14, 0.14, len(values)) if len(values) > 1 else np.zeros(1)
    axes.plot(values, row + shift + spread, marker, color=colour, markersize=2.4, markeredgewidth=0, alpha=0.75)


def _dot(marker: str, colour: str, label: str) -> Line2D:
    return Line2D([], [], marker=marker, color=colour, linestyle="none", markersize=4, label=label)


def _log_ticks(axes: Axes, candidates: Sequence[float], more: int) -> None:
    """Those in sight, written with `more` added."""
    low, high = axes.get_xlim()
    shown = [tick for tick in candidates if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick + more:.5g}" for tick in shown])
    axes.set_xticks([], minor=True)


def _draw_ranks(panels: Sequence[Axes], ranks: Sequence[Ranks], words: DiagnosticsLabels) -> None:
    grid, top = np.linspace(0, 1, POINTS + 1), max(max(one.band, np.abs(one.difference).max()) for one in ranks)
    for axes, one in zip(panels, ranks, strict=False):
        axes.axhspan(-one.band, one.band, color=LIGHT, linewidth=0, zorder=0)
        axes.axhline(0, color=GREY, linewidth=0.5, zorder=1)
        for number, chain in enumerate(one.difference):
            colour, line = CHAIN_STYLES[number % len(CHAIN_STYLES)]
            axes.plot(grid, chain, color=colour, linestyle=line, linewidth=0.9)
        axes.set_title(wrap_words(_rank_title(one, words), 27, 2), fontsize=6, pad=2)
        axes.set(xlim=(0, 1), ylim=(-1.05 * top, 1.05 * top))
        axes.set_xticks((0, 0.5, 1), ("0", "½", "1"))
        axes.tick_params(labelsize=6.5, length=2)
    for axes in panels[len(ranks) :]:
        axes.remove()


def _rank_title(ranks: Ranks, words: DiagnosticsLabels) -> str:
    measures = {"": "", "rhat": words.measures["rhat"], "ess_bulk": "ESS"}
    return words.worst.format(measure=measures[ranks.worst], parameter=ranks.label) if ranks.worst else ranks.label


def _chain_handles(chains: int, labels: Labels) -> list[Artist]:
    words = labels.diagnostics
    handles: list[Artist] = [
        Line2D([], [], color=colour, linestyle=line, label=words.chain_number.format(number))
        for number, (colour, line) in enumerate(CHAIN_STYLES[:chains], 1)
    ]
    return [*handles, Patch(color=LIGHT, label=words.holds.format(f"{TRUSTED}{labels.percent_sign}"))]


def _draw_energy(panels: Sequence[Axes], facts: DiagnosticsFacts, words: DiagnosticsLabels) -> None:
    """Energies beside their changes from draw to draw, and through the draws."""
    spread, through = panels
    centred = facts.energy - facts.energy.mean(axis=1, keepdims=True)
    change = np.diff(facts.energy, axis=1)
    low, high = np.quantile(np.concatenate([centred.ravel(), change.ravel()]), (0.001, 0.999))
    bins = [float(edge) for edge in np.linspace(low, high, 50)]
    spread.hist(centred.ravel(), bins=bins, density=True, color=BAND_50, label=words.centred)
    spread.hist(change.ravel(), bins=bins, density=True, histtype="step", color=INK, linewidth=1.1, label=words.change)
    if len(facts.diverging):
        at, heights = facts.diverging - facts.energy.mean(), np.zeros(len(facts.diverging))
        spread.plot(at, heights, "|", color=ORANGE, markersize=9, label=words.diverged)
    spread.set(xlabel=words.energy, ylabel=words.density)
    spread.legend(loc="lower left", bbox_to_anchor=(0, 0.98), ncols=3, fontsize=7, handlelength=1.2, borderpad=0)
    length = facts.energy.shape[1]
    step = max(length // BLOCKS, 1)
    for number, chain in enumerate(facts.energy[:, : length // step * step]):
        colour, line = CHAIN_STYLES[number % len(CHAIN_STYLES)]
        middles = np.arange(step / 2, chain.size, step)
        through.plot(middles, chain.reshape(-1, step).mean(axis=1), color=colour, linestyle=line, linewidth=0.9)
    through.set(xlabel=words.draw.format(step), ylabel=words.energy, xlim=(0, length))
    for axes in (spread, through):
        axes.tick_params(labelsize=7)
        axes.xaxis.label.set_fontsize(7.5)
        axes.yaxis.label.set_fontsize(7.5)
