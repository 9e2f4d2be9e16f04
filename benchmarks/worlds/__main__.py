"""Forecasts against the true probability in simulated worlds, as Markdown tables.

    python -m benchmarks.worlds --seeds 1 2 3 4 --origins 60
    python -m benchmarks.worlds --structure regime=False --structure priors.regime_sd=1.0
    python -m benchmarks.worlds --broken

Each ``--structure`` adds a row: the shipped structure with that one field changed; join several by commas.
"""

import argparse
import ast
import re
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.worlds.broken import broken_forecasts, interval_coverage
from benchmarks.worlds.hidden import HORIZONS
from benchmarks.worlds.scoring import (
    Difference,
    World,
    WorldScore,
    faults,
    forecast_worlds,
    score_worlds,
    world_problems,
)
from forecast.evaluation.forecasters import MODEL, Forecaster, LaplaceModel, baselines
from models.structure import SHIPPED, Structure


def changed(structure: Structure, settings: str) -> Structure:
    """A structure with fields replaced, given as ``field=value,priors.field=value``."""
    for setting in re.split(r",(?=[a-z])", settings):
        key, _, text = setting.partition("=")
        value = ast.literal_eval(text)
        if key.startswith("priors."):
            priors = replace(structure.priors, **{key.removeprefix("priors."): value})
            structure = replace(structure, priors=priors)
        else:
            structure = replace(structure, **{key: value})
    return structure


def main() -> None:
    options = _options()
    naive = baselines(SHIPPED)
    variants: dict[str, Forecaster] = {text: LaplaceModel(changed(SHIPPED, text)) for text in options.structure}
    worlds = world_problems(options.seeds, options.origins)
    forecasters: dict[str, Forecaster] = {**naive, **variants, MODEL: LaplaceModel(SHIPPED)}
    forecasts = forecast_worlds(worlds, forecasters, _progress)
    broken = broken_forecasts(options.seeds, options.origins, SHIPPED, _progress) if options.broken else {}
    known = {name: np.array([getattr(world, name) for world in worlds]) for name in ("attainable", "true")}
    for world in worlds:
        print(f"world {world.seed}: {_summary(world)}")
    for days in options.days:
        scores = score_worlds(worlds, {**forecasts, **broken, **known}, naive, days)
        _print(worlds, scores, days)
        beside_model = score_worlds(worlds, {**forecasts, **broken}, naive, days, honest=forecasts[MODEL])
        for names, found in (((*variants, MODEL), scores), (tuple(broken), beside_model)):
            for name in names:
                print(f"\n{name}: " + ("; ".join(faults(found, name, naive)) or "no fault found"))
    if options.broken:
        whole, half = interval_coverage(options.seeds, options.origins, SHIPPED, _progress)
        print(f"\nTruth within the 90 % interval at 180 days, dry: {whole:.0%} of origins; interval halved: {half:.0%}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--origins", type=int, default=60, help="in each world, four months apart, the last ones")
    parser.add_argument("--days", type=int, nargs="+", default=[180], choices=HORIZONS)
    parser.add_argument("--broken", action="store_true", help="models broken on purpose as well")
    parser.add_argument("--structure", action="append", default=[], metavar="KEY=VALUE[,KEY=VALUE]")
    return parser.parse_args()


def _progress(done: int, total: int) -> None:
    print(f"\r{done}/{total} forecasts", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _summary(world: World) -> str:
    meetings = world.problems[-1].record.meetings
    gaps = meetings.started[1:] - meetings.ended[:-1]
    onsets = int((gaps > world.problems[-1].calendar.dry_after).sum())
    return (
        f"{onsets} beginnings of talks, {len(meetings.started)} meetings, longest gap {gaps.max()} days, "
        f"{world.dry.mean():.0%} of {len(world.problems)} origins dry"
    )


def _print(worlds: Sequence[World], scores: Sequence[WorldScore], days: int) -> None:
    dry = sum(int(world.dry.sum()) for world in worlds)
    total = sum(len(world.dry) for world in worlds)
    print(f"\n**Talks on limits within {days} days** ({len(worlds)} worlds, {total} origins, {dry} dry)\n")
    print("| | mean distance from truth, all | dry | wet | bias, all | dry | log score ", end="")
    print("| distance - best baseline's, all (90 %) | dry (90 %) | log - truth's |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for s in scores:
        print(
            f"| {s.name} | {s.error:.3f} | {s.error_dry:.3f} | {s.error_wet:.3f} | {s.bias:+.3f} | {s.bias_dry:+.3f} "
            f"| {s.log:.3f} | {_interval(s.from_best)} | {_interval(s.from_best_dry)} "
            f"| {s.from_truth.mean:+.3f} ± {s.from_truth.error:.3f} |"
        )


def _interval(difference: Difference) -> str:
    return f"{difference.mean:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"


if __name__ == "__main__":
    main()
