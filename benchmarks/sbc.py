"""Simulation-based calibration of the shipped model, as a plot and a page in docs/.

python -m benchmarks.sbc --simulations 200 --seed 1

Every simulated world is kept as a line of a file as soon as it is fitted: a run that was stopped goes on where it was,
and a change of the code, the case or the seed begins anew (`--store` goes on with a file named). `--minutes` bounds a
run; what is there is then reported.
"""

import argparse
import json
import sys
import tempfile
import textwrap
import time
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.coverage import shipped_problem
from forecast.checks.machinery import judge_calibration
from forecast.checks.subject import Check
from forecast.engine.assemble import inputs_hash
from forecast.identity import code_version, model_version
from models.laplace import build_density
from models.sbc import DRAWS, QUANTITIES, SETTINGS, Band, Calibration, Ranked, calibrate_places, rank_truth
from models.simulate import daily_levels
from models.spec import Floats, Problem
from models.structure import SHIPPED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AS_OF = date(2026, 10, 10)
HEADLINE = "arms_control_talks"
PANELS_ACROSS = 4
FEWEST = 10
BAND_COLOUR, LINE_COLOUR, OUTSIDE_COLOUR = "#DDDDDD", "#0072B2", "#D55E00"
"""Grey, and the blue and the vermilion that readers of any colour vision tell apart (Okabe & Ito 2008)."""
INTRODUCTION = """\
Parameters are drawn from the prior of the shipped model; judgements and a record of 33 years are simulated from them,
over the observations as they are (the model is conditional on them); the model is fitted to that world by the shipped
sampler through the compiled density; and the true value of each quantity is placed among the posterior's draws. If the
posteriors are right the places are uniform (Talts et al. 2018, arXiv:1804.06788). The headline is P(arms-control talks
in 180 d), projected from the simulated world along one path of levels and regime per draw, the truth's included: the
data tell nothing of those paths, so the law holds for it exactly. The log intensity beside it is without the paths. A
world with more than 20 events a day is refused: the prior is then conditional on that.

The band is simultaneous over the points of one line (Säilynoja et al. 2022, doi:10.1007/s11222-022-10090-6), its level
corrected (Bonferroni) for the number of quantities: all stay inside with a probability of at least 95 %. Each p is of
one quantity for itself; one below 0.05 divided by their number is outside."""


@dataclass(frozen=True, slots=True)
class World:
    """One line of the file: a simulated world and how long it took."""

    number: int
    place: list[float]
    refused: int
    divergences: int
    seconds: float


def main() -> None:
    options = _options()
    versions = f"code {code_version()}, model {model_version()}"  # read before the sources can change under a long run
    problem = shipped_problem(AS_OF)
    store = options.store or _default_store(problem, options.seed)
    worlds = simulate(problem, options.simulations, options.seed, store, options.minutes)
    ranked = [Ranked(np.array(world.place), world.refused, world.divergences) for world in worlds]
    check = judge_calibration(ranked, options.seed)
    print(check.sentence)
    options.out.mkdir(exist_ok=True)
    plot(calibrate_places(np.array([world.place for world in worlds]), 0.95, options.seed), options.out / "sbc.png")
    (options.out / "sbc.md").write_text(page(check, worlds, options.seed, versions), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=np.inf, help="start no further world after so many")
    parser.add_argument("--store", type=Path, help="file of the worlds (default: in the system's temporary folder)")
    parser.add_argument("--out", type=Path, default=Path("docs"))
    options = parser.parse_args()
    if options.simulations < FEWEST:
        parser.error(f"--simulations {options.simulations} cannot fill a band; take at least {FEWEST}")
    return options


def _default_store(problem: Problem, seed: int) -> Path:
    name = f"parley-sbc-{code_version()}-{inputs_hash(problem)[:8]}-{seed}.jsonl"
    return Path(tempfile.gettempdir()) / name


def simulate(problem: Problem, simulations: int, seed: int, store: Path, minutes: float) -> list[World]:
    """The worlds numbered from 0, those in the store as they are, the others made and added to it."""
    found = {world.number: world for world in _stored(store)}
    density, begun = build_density(problem, SHIPPED), time.monotonic()
    levels = daily_levels(problem, density)
    for number in range(simulations):
        if number not in found and time.monotonic() - begun < 60 * minutes:
            start = time.monotonic()
            one = rank_truth(problem, density, levels, HEADLINE, seed, number)
            seconds = time.monotonic() - start
            found[number] = World(number, one.place.tolist(), one.refused, one.divergences, seconds)
            with store.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(found[number])) + "\n")
            print(f"\rworld {number + 1} of {simulations}, {seconds:.1f} s   ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [found[number] for number in sorted(found) if number < simulations]


def _stored(store: Path) -> list[World]:
    if not store.exists():
        return []
    return [World(**json.loads(line)) for line in store.read_text(encoding="utf-8").splitlines()]


def plot(calibration: Calibration, path: Path) -> None:
    """Small multiples: empirical minus uniform distribution of the places, with the band that holds all at once."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    down = -(-len(QUANTITIES) // PANELS_ACROSS)
    figure, panels = plt.subplots(down, PANELS_ACROSS, figsize=(11, 2.3 * down), sharex=True, sharey=True)
    for empty in panels.flat[len(QUANTITIES) :]:
        empty.set_visible(False)
    for k, (panel, name) in enumerate(zip(panels.flat, QUANTITIES, strict=False)):
        _panel(panel, calibration.band, calibration.difference[k], bool(calibration.inside[k]))
        panel.set_title("\n".join(textwrap.wrap(name, 34)), fontsize=8)
    figure.supxlabel("place of the true value among the posterior's draws", fontsize=9)
    figure.supylabel("empirical minus uniform distribution", fontsize=9)
    caption = (
        f"{len(calibration.place)} simulated worlds. Grey: the band that holds all {len(QUANTITIES)} lines at once "
        "with a probability of 95 % if the posteriors are right."
    )
    figure.text(0.5, -0.015, caption, ha="center", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)


def _panel(panel: "Axes", band: Band, difference: Floats, inside: bool) -> None:
    points = np.concatenate([[0.0], band.points, [1.0]])
    lower, upper, line = (np.concatenate([[0.0], y, [0.0]]) for y in (band.lower, band.upper, difference))
    panel.fill_between(points, lower, upper, color=BAND_COLOUR, linewidth=0)
    panel.axhline(0, color="white", linewidth=0.8)
    style = {"color": LINE_COLOUR, "linewidth": 1.2} if inside else {"color": OUTSIDE_COLOUR, "linewidth": 2.0}
    panel.plot(points, line, **style)
    panel.tick_params(labelsize=7)


def page(check: Check, worlds: list[World], seed: int, versions: str) -> str:
    """The figures in Markdown."""
    header, *rows = check.table
    seconds = np.array([world.seconds for world in worlds])
    return "\n".join(
        [
            "# Simulation-based calibration",
            "",
            INTRODUCTION,
            "",
            f"**{check.sentence}**",
            "",
            "![Empirical minus uniform distribution of the places of the true values](sbc.png)",
            "",
            f"| {' | '.join(header)} |",
            f"|---|{'---:|' * (len(header) - 2)}---|",
            *(f"| {' | '.join(row)} |" for row in rows),
            "",
            "| | |",
            "|---|---|",
            f"| case | us-dprk as of {AS_OF} |",
            f"| simulated worlds | {len(worlds)}, seed {seed} |",
            f"| refused as too crowded | {sum(world.refused for world in worlds)} |",
            f"| sampler | {SETTINGS.chains} chains, {SETTINGS.tune} tuning and {SETTINGS.draws} draws; {DRAWS} kept |",
            f"| divergences | {sum(world.divergences for world in worlds)} |",
            f"| time | {seconds.sum() / 60:.0f} minutes, median {np.median(seconds):.1f} s a world |",
            f"| run | {datetime.now(UTC).date()}, {versions} |",
            "",
            f"`python -m benchmarks.sbc --simulations {len(worlds)} --seed {seed}` makes this page and the plot.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
