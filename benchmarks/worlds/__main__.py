"""Forecasts against the true probability in simulated worlds, as Markdown tables.

    python -m benchmarks.worlds --seeds 1 2 3 4 --origins 60
    python -m benchmarks.worlds --structure regime=False --structure priors.regime_sd=1.0
    python -m benchmarks.worlds --expected --placebo
    python -m benchmarks.worlds --broken

Each ``--structure`` adds a row: the shipped structure with that one field changed; join several by commas.
``--placebo`` adds one: the shipped structure with every level given to another indicator on another day. Forecasts are
kept as they finish, except those of ``--broken``: the same command goes on where it was stopped.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.candidates import AS_BUILT, candidates
from benchmarks.worlds.broken import BARE, ShuffledStates, broken_forecasts, interval_coverage
from benchmarks.worlds.hidden import FRAMING_CHANGE, HORIZONS, SCORED
from benchmarks.worlds.scoring import (
    Difference,
    ExpectedScore,
    World,
    WorldScore,
    expected_scores,
    faults,
    forecast_worlds,
    forecasts_of,
    score_worlds,
    world_problems,
)
from forecast.evaluation.forecasters import MODEL, Forecaster, LaplaceModel, baselines
from forecast.words.names import target_name
from models.spec import Floats
from models.structure import SHIPPED, Structure

PLACEBO = "placebo"


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
    variants: dict[str, Forecaster] = {text: LaplaceModel(changed(SHIPPED, text)) for text in options.structure}
    if options.candidates:
        others = {name: one for name, one in candidates().items() if name != AS_BUILT}
        variants |= {name: LaplaceModel(one) for name, one in others.items()}
    if options.placebo:
        variants[PLACEBO] = ShuffledStates(LaplaceModel(SHIPPED))
    forecasters: dict[str, Forecaster] = {**baselines(SHIPPED), **variants, MODEL: LaplaceModel(SHIPPED)}
    worlds = world_problems(options.seeds, options.origins, change=options.change)
    for world in worlds:
        print(f"world {world.seed}: {_summary(world)}")
    forecasts = forecast_worlds(worlds, forecasters, _progress, workers=options.workers)
    asked = options.seeds, options.origins, SHIPPED, _progress
    settings = {"change": options.change, "workers": options.workers}
    broken = broken_forecasts(*asked, **settings) if options.broken else {}
    for target in options.targets:
        truths = world_problems(options.seeds, options.origins, change=options.change, target=target)
        said, faulty, name = forecasts_of(target, forecasts), forecasts_of(target, broken), target_name(target)
        for days in options.days:
            heading = f"**{name[0].upper()}{name[1:]} within {days} days** ({_counts(truths)})"
            _print_scores(heading, truths, said, faulty, (*variants, MODEL), days)
            if options.expected:
                _print_expected(heading, expected_scores(truths, {**said, **_known(truths)}, MODEL, days))
    if options.broken:
        whole, half = interval_coverage(*asked, **settings)
        print(f"\nTruth within the 90 % interval at 180 days, dry: {whole:.0%} of origins; interval halved: {half:.0%}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--origins", type=int, default=60, help="in each world, four months apart, the last ones")
    parser.add_argument("--days", type=int, nargs="+", default=[180], choices=HORIZONS)
    parser.add_argument("--targets", nargs="+", default=SCORED, choices=SCORED)
    parser.add_argument(
        "--change",
        type=_probability,
        default=FRAMING_CHANGE,
        help="probability that a meeting changes the framing of its process (default: %(default)s)",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes (default: %(default)s)")
    parser.add_argument("--expected", action="store_true", help="expected log scores as well, from the shipped model's")
    parser.add_argument("--placebo", action="store_true", help="a row with every level in another place")
    parser.add_argument("--broken", action="store_true", help="models broken on purpose as well")
    parser.add_argument("--candidates", action="store_true", help="the structures of docs/choice.md as well")
    parser.add_argument("--structure", action="append", default=[], metavar="KEY=VALUE[,KEY=VALUE]")
    return parser.parse_args()


def _probability(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no probability; give a number from 0 to 1")
    return value


def _progress(done: int, total: int) -> None:
    print(f"\r{done}/{total} forecasts", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _summary(world: World) -> str:
    meetings = world.problems[-1].record.meetings
    gaps = meetings.started[1:] - meetings.ended[:-1]
    begins = gaps > world.problems[-1].calendar.dry_after
    changes = int((np.diff(meetings.framing) != 0)[~begins].sum())
    return (
        f"{int(begins.sum())} beginnings of talks, {len(meetings.started)} meetings, "
        f"{changes} changes of framing within a spell, longest gap {gaps.max()} days, "
        f"{world.dry.mean():.0%} of {len(world.problems)} origins dry"
    )


def _counts(worlds: Sequence[World]) -> str:
    dry, total = sum(int(world.dry.sum()) for world in worlds), sum(len(world.dry) for world in worlds)
    return f"{len(worlds)} worlds, {total} origins, {dry} dry"


def _known(worlds: Sequence[World]) -> dict[str, Floats]:
    """What no forecaster can say, or only one who knows the generator."""
    return {name: np.array([getattr(world, name) for world in worlds]) for name in ("attainable", "true")}


def _print_scores(
    heading: str,
    worlds: Sequence[World],
    said: dict[str, Floats],
    broken: dict[str, Floats],
    judged: Sequence[str],
    days: int,
) -> None:
    """The table of one target and horizon, and what is wrong with each model; naive rows are not judged."""
    naive = tuple(name for name in said if name not in judged)
    bare = BARE if broken else None
    scores = score_worlds(worlds, {**said, **broken, **_known(worlds)}, naive, days, bare=bare)
    _print(heading, scores)
    beside_model = score_worlds(worlds, {**said, **broken}, naive, days, honest=said[MODEL], bare=bare)
    for names, found in ((judged, scores), ([name for name in broken if name != BARE], beside_model)):
        for name in names:
            print(f"\n{name}: " + ("; ".join(faults(found, name, naive)) or "no fault found"))


def _print(heading: str, scores: Iterable[WorldScore]) -> None:
    print(f"\n{heading}\n")
    print("| | mean distance from truth, all | dry | wet | bias, all | dry | log score ", end="")
    print("| distance - best baseline's, all (90 %) | dry (90 %) | log - truth's |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for s in scores:
        print(
            f"| {s.name} | {s.error:.3f} | {s.error_dry:.3f} | {s.error_wet:.3f} | {s.bias:+.3f} | {s.bias_dry:+.3f} "
            f"| {s.log:.3f} | {_interval(s.from_best)} | {_interval(s.from_best_dry)} | {_error(s.from_truth)} |"
        )


def _print_expected(heading: str, scores: Iterable[ExpectedScore]) -> None:
    print(f"\n{heading}: expected log score\n")
    print(f"| | all | dry | less {MODEL}'s, all | dry |")
    print("|---|---|---|---|---|")
    for s in scores:
        less = f"{_error(s.from_reference)} | {_error(s.from_reference_dry)}"
        print(f"| {s.name} | {s.log:.4f} | {s.log_dry:.4f} | {less} |")


def _error(difference: Difference) -> str:
    return f"{difference.mean:+.4f} ± {difference.error:.4f}"


def _interval(difference: Difference) -> str:
    return f"{difference.mean:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"


if __name__ == "__main__":
    main()
