"""What the fit and the comparison say, as Markdown."""

import re
from collections.abc import Iterator, Sequence
from math import exp

import numpy as np

from benchmarks.reference.cells import YEAR, cut_cells
from benchmarks.reference.comparison import BUILT, CLASSES, SELECTIONS, Compared, Score, score
from benchmarks.reference.fit import MAIN, Fit, fit_class
from benchmarks.reference.grid_filter import HORIZONS
from benchmarks.reference.recovery import WORLDS, recover
from benchmarks.reference.tables import Track, from_first_meeting

SILENCES = {"3 to 6 months": 184, "6 to 12 months": 366, "1 to 2 years": 731, "2 to 5 years": 1827, "longer": 10**6}
"""The day of silence on which the next one begins."""
FITS = {"N, K and S (main)": MAIN, "N and K": ("N", "K"), "N alone": ("N",), "all five classes": CLASSES}


def show_fit(tracks: Sequence[Track]) -> Iterator[str]:
    """Lines of the tables of raw rates and of fits."""
    yield "| silence | beginnings | dry years | a month |"
    yield "|---|---|---|---|"
    yield from _raw_rates(tracks)
    yield ""
    yield "| classes | tracks | beginnings | dry years | a, rate at one year of silence | γ (90 %) | frailty | regime |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, classes in FITS.items():
        yield show_one(name, fit_class(tracks, classes))
    yield show_one("main, γ = 0", fit_class(tracks, MAIN, duration=False))


def show_one(name: str, fit: Fit) -> str:
    """The row of a fit."""
    level, duration = fit.level, fit.duration
    low, high = duration.interval
    power = f"{duration.mean:.2f} ± {duration.sd:.2f} ({low:.2f} to {high:.2f})" if duration.sd else "0"
    return _with_minus(
        f"| {name} | {fit.tracks} | {fit.beginnings} | {fit.years:.0f} "
        f"| {level.mean:.2f} ± {level.sd:.2f}, 1/{exp(-level.mean):.0f} a day "
        f"| {power} | {fit.frailty:.2f} | {fit.regime:.2f}, {fit.efolding:.1f} years |"
    )


def show_comparison(compared: Compared) -> Iterator[str]:
    """Lines of a table for each selection of origins."""
    for title, chosen in SELECTIONS.items():
        origins = [origin for origin in compared.origins if chosen(origin) and origin.horizon == HORIZONS[0]]
        tracks = len({(origin.track.dyad, origin.track.subject) for origin in origins})
        share = np.mean([origin.outcome for origin in origins])
        yield f"\n**{title}**: {len(origins)} origins of {tracks} tracks, talks within {HORIZONS[0]} days {share:.0%}\n"
        yield "| | " + " | ".join(f"{days} d: log | bias | log − as built (90 %)" for days in HORIZONS) + " |"
        yield "|" + "---|" * (1 + 3 * len(HORIZONS))
        for both in zip(*(score(compared, chosen, days) for days in HORIZONS), strict=True):
            yield f"| {_emphasised(both[0].name)} | " + " | ".join(map(_show_score, both)) + " |"


def show_recovery(tracks: Sequence[Track]) -> Iterator[str]:
    """Lines of a table of worlds: estimates of level and γ in simulated records."""
    yield "| truth | | mean of estimates | their sd | mean sd of the fit | 90 % interval holds the truth |"
    yield "|---|---|---|---|---|---|"
    for world in WORLDS:
        truth = f"frailty {world.frailty}, regime {world.regime}, {world.efolding:.0f} years"
        for name, found in zip(("a", "γ"), recover(tracks, world), strict=True):
            mean = np.array([each.mean for each in found.estimates])
            sd = np.mean([each.sd for each in found.estimates])
            yield _with_minus(
                f"| {truth} | {name} = {found.truth} | {mean.mean():.2f} | {mean.std():.2f} | {sd:.2f} "
                f"| {found.held} of {len(mean)} |"
            )


def _show_score(found: Score) -> str:
    low, high = found.interval
    difference = f"{found.difference:+.3f} ± {found.error:.3f} ({low:+.3f} to {high:+.3f})"
    return _with_minus(f"{found.log:.3f} | {found.bias:+.3f} | {'' if found.name == BUILT else difference}")


def _with_minus(text: str) -> str:
    """Hyphens before digits as minus signs."""
    return re.sub(r"-(?=\d)", "−", text)


def _emphasised(name: str) -> str:
    return f"**{name}**" if name == BUILT else name


def _raw_rates(tracks: Sequence[Track]) -> Iterator[str]:
    cells = cut_cells(from_first_meeting(tracks, MAIN))
    place = np.searchsorted(list(SILENCES.values()), cells.silence, side="right")
    for number, name in enumerate(SILENCES):
        years = cells.days[place == number].sum() / YEAR
        beginnings = int(cells.beginnings[place == number].sum())
        yield f"| {name} | {beginnings} | {years:.1f} | {beginnings / years / 12:.3f} |"
