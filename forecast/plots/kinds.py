"""Every kind of picture: which options it takes, and how it is made from what is on file.

Libraries for drawing are imported when a picture is made, so that the names are there at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from db.engine import Database
from db.posteriors import Posteriors
from db.progress import Progress, silent
from db.when import WHENEVER, When
from forecast.plan.reaches import Looking
from forecast.words.language import LANGUAGES, Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.plots.chosen import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a picture is to show; None and empty where nothing was asked."""

    today: date
    case_id: str | None = None
    target: str | None = None
    horizon: int | date | None = None
    first: date | None = None
    last: date | None = None
    kinds: tuple[str, ...] = ()
    run_id: int | None = None
    backtest_id: int | None = None
    indicators: tuple[str, ...] = ()
    as_of: date | None = None
    as_recorded: datetime | None = None
    recomputed: bool = False
    since: date | str | None = None
    progress: Progress = silent
    language: Language = LANGUAGES["en"]
    database: Database | None = None
    """Where what is not on file yet is made from."""

    @property
    def there(self) -> Database:
        assert self.database is not None
        return self.database

    @property
    def looking(self) -> Looking:
        return Looking(today=self.today, case_id=self.case_id, target=self.target, horizon=self.horizon)

    @property
    def when(self) -> When:
        """Of runs: where no day was asked for, all that are on file."""
        return When(as_of=self.as_of or WHENEVER.as_of, as_recorded=self.as_recorded)

    @property
    def known(self) -> When:
        """Of what was asserted: where no day was asked for, what is known today."""
        return When(as_of=self.as_of or self.today, as_recorded=self.as_recorded)

    @property
    def span(self) -> "Span":
        from forecast.plots.chosen import Span

        return Span(self.first, self.last, self.kinds, self.when)


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure, the sentence under it, and of what it is."""

    caption: str
    figure: "Figure"
    shown: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of picture."""

    options: tuple[str, ...]
    make: Callable[[Connection, Posteriors, Asked], Picture]
    """Given too where the posteriors lie."""


def _history(connection: Connection, posteriors: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.history import draw_history, read_history

    facts = read_history(
        connection,
        asked.case_id,
        asked.span,
        target=asked.target,
        horizon=asked.horizon,
        posteriors=posteriors,
        recomputing=asked.progress if asked.recomputed else None,
    )
    ends = {"first": facts.points[0].as_of, "last": facts.points[-1].as_of}
    window = {"horizon_days": facts.horizon_days, "deadline": facts.deadline}
    shown = {"target": facts.target, **window, **ends, "n": len(facts.points), "run_ids": facts.run_ids}
    before = facts.context
    context = {"kind": before.kind, "first": before.origins[0], "n": len(before.origins)} if before else None
    models: dict[str, object] = {
        "structures": [{"structure": one.structure, "first": one.first} for one in facts.turns],
        "recomputed": [{"as_of": day, "probability": p} for day, p in facts.recomputed],
    }
    return Picture(
        asked.language.plots.history_caption(facts),
        draw_history(facts, asked.language.labels),
        shown | {"context": context} | models,
    )


def _horizons(connection: Connection, _: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.horizons import draw_horizons, read_horizons

    facts = read_horizons(connection, asked.case_id, run_id=asked.run_id, when=asked.when)
    targets = [curve.target for curve in facts.curves]
    return Picture(
        asked.language.plots.horizons_caption(facts),
        draw_horizons(facts, asked.language.labels),
        {"run_ids": (facts.run_id,), "as_of": facts.as_of, "targets": targets},
    )


def _scenarios(connection: Connection, _: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.scenarios import draw_scenarios, read_scenarios_shown

    facts = read_scenarios_shown(connection, asked.case_id, asked.span, run_id=asked.run_id, horizon=asked.horizon)
    shown = {"run_id": facts.run_id, "as_of": facts.as_of, "horizon": facts.horizon}
    return Picture(
        asked.language.plots.scenarios_caption(facts),
        draw_scenarios(facts, asked.language.labels),
        shown | {"n": len(facts.run_ids), "run_ids": facts.run_ids},
    )


def _states(connection: Connection, _: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.states import draw_states, read_states

    facts = read_states(
        connection,
        asked.known,
        first=asked.first,
        last=asked.last,
        indicators=asked.indicators,
        case_id=asked.case_id,
        language=asked.language.code,
    )
    shown = {"as_of": facts.as_of, "first": facts.first, "last": facts.last}
    return Picture(
        asked.language.plots.states_caption(facts.told),
        draw_states(facts, asked.language.labels),
        shown | {"indicators": [path.indicator for path in facts.paths]},
    )


def _effects(connection: Connection, _: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.effects import draw_effects, read_effects

    facts = read_effects(
        connection,
        run_id=asked.run_id,
        target=asked.target,
        case_id=asked.case_id,
        when=asked.when,
        language=asked.language.code,
    )
    shown = {"run_ids": (facts.run_id,), "as_of": facts.as_of, "target": facts.target}
    indicators = {"indicators": [one.indicator for one in facts.effects]}
    taught = {"events_taught": {one.indicator: one.taught for one in facts.effects}}
    return Picture(
        asked.language.plots.effects_caption(facts),
        draw_effects(facts, asked.language.labels),
        {**shown, **indicators, **taught},
    )


def _judgements(connection: Connection, _: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.judgements import draw_judgements, read_judgements_shown

    facts = read_judgements_shown(
        connection, asked.known, target=asked.target, case_id=asked.case_id, language=asked.language.code
    )
    shown = {"as_of": facts.as_of, "target": facts.target, "documents": [one.document for one in facts.authors]}
    return Picture(
        asked.language.plots.judgements_caption(facts),
        draw_judgements(facts, asked.language.labels),
        shown | {"indicators": [one.indicator for one in facts.indicators]},
    )


def _diagnostics(connection: Connection, posteriors: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.diagnostics import draw_diagnostics, read_diagnostics

    facts = read_diagnostics(connection, posteriors, run_id=asked.run_id, case_id=asked.case_id, when=asked.when)
    return Picture(
        asked.language.plots.diagnostics_caption(facts.told),
        draw_diagnostics(facts, asked.language.labels),
        {"run_ids": (facts.run_id,), "as_of": facts.as_of},
    )


def _reliability(connection: Connection, posteriors: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.reliability import draw_reliability_figure, read_reliability

    facts = read_reliability(connection, posteriors, backtest_id=asked.backtest_id, case_id=asked.case_id)
    source, names = facts.source, ("target", "horizon_days", "situation", "n", "level", "inside")
    curves = [{name: getattr(one, name) for name in names} for one in facts.calibrations]
    shown = {"backtest_id": source.evaluation_id, "first": source.first, "last": source.last, "n": source.origins}
    return Picture(
        asked.language.plots.reliability_caption(facts),
        draw_reliability_figure(facts, asked.language.labels),
        shown | {"curves": curves},
    )


def _why(connection: Connection, posteriors: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.why import Pair, draw_why, read_why, shown_of

    pair = Pair(today=asked.today, run_id=asked.run_id, since=asked.since, target=asked.target, horizon=asked.horizon)
    facts = read_why(
        connection, posteriors, pair, case_id=asked.case_id, language=asked.language, progress=asked.progress
    )
    told, words = (facts.explanation, facts.target, facts.reach), asked.language.why
    return Picture(
        asked.language.labels.sentences((*words.sentences(*told), *words.limits(facts.explanation))),
        draw_why(*told, asked.language),
        shown_of(facts),
    )


def _tornado(connection: Connection, _: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.tornado import draw_tornado, read_tornado, shown_of

    facts = read_tornado(connection, asked.there, asked.looking, asked.language)
    words = asked.language.whatif
    return Picture(
        asked.language.labels.sentences(words.beside(facts)), draw_tornado(facts, asked.language), shown_of(facts)
    )


def _next(connection: Connection, _: Posteriors, asked: Asked) -> Picture:
    from forecast.plots.worth import draw_worth, read_worth, shown_of

    facts = read_worth(connection, asked.there, asked.looking, asked.language, asked.progress)
    return Picture(asked.language.plan.caption(facts), draw_worth(facts, asked.language), shown_of(facts))


OPTIONS = {
    "--target": "target",
    "--horizon": "horizon",
    "--from": "first",
    "--to": "last",
    "--kind": "kinds",
    "--run": "run_id",
    "--backtest": "backtest_id",
    "--indicator": "indicators",
    "--as-of": "as_of",
    "--as-recorded": "as_recorded",
    "--recomputed": "recomputed",
    "--since": "since",
}
"""Options by the names `Asked` has for them."""
_SPAN, _WHEN = ("--from", "--to"), ("--as-of", "--as-recorded")
KINDS: Mapping[str, Kind] = {
    "history": Kind(("--target", "--horizon", *_SPAN, "--kind", *_WHEN, "--recomputed"), _history),
    "horizons": Kind(("--run", *_WHEN), _horizons),
    "scenarios": Kind(("--run", "--horizon", *_SPAN, "--kind", *_WHEN), _scenarios),
    "states": Kind(("--indicator", *_SPAN, *_WHEN), _states),
    "effects": Kind(("--run", "--target", "--as-of"), _effects),
    "judgements": Kind(("--target", *_WHEN), _judgements),
    "diagnostics": Kind(("--run", "--as-of"), _diagnostics),
    "reliability": Kind(("--backtest",), _reliability),
    "why": Kind(("--run", "--since", "--target", "--horizon"), _why),
    "tornado": Kind(("--target", "--horizon"), _tornado),
    "next": Kind(("--target", "--horizon"), _next),
}
