"""Desks whose runs were stored without a fit, to write briefs of."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

from toy_runs import SOUND, WINDOWS, toy_scenarios

from db.anchors import Head
from db.append import append_forecasts, append_run, append_run_status
from db.engine import Database
from db.migrate import create_database
from db.run_rows import EffectRow, IndicatorStateRow, NewRun, TargetForecastRow
from forecast.facts.brief import Brief
from forecast.words.language import Language
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case
from models.processes import STRUCTURE
from models.spec import TARGETS

LOADED = datetime(2026, 11, 1, 12, tzinfo=UTC)
HEAD = Head("0123456789abcdef" * 4, 7, datetime(2026, 11, 22, 6, 5, tzinfo=UTC))
VOID = {"meta", "br", "link", "img", "hr", "input"}
OF_BRIEF = (
    *("title", "currency", "likelihood", "confidence", "grounds", "judgement", "situation"),
    *("reasons", "model_moved", "compared", "entered", "moved", "staleness", "attestation", "deadline", "watching"),
    *("track", "backtest", "bounds", "method", "provenance", "reproduce", "definitions"),
)
"""Functions of a language that make a sentence of the whole brief."""
OF_SHORT = (*("number", "reach", "interval", "base_rate", "ground", "moved", "movers", "quality", "caption"),)
"""The same of the brief of one page."""
_NUMBER = re.compile(r"(?<!S)[+\-−]?\d+(?:\.\d+)?")
"""None of the code of a scenario, which captions of some languages say."""


def install_shipped(folder: Path) -> Database:
    """A fresh database with the shipped case; the caller closes it."""
    database = create_database(f"sqlite:///{folder / 'parley.db'}")
    install_case(database, read_case_folder(shipped_case()), LOADED)
    return database


def store_run(
    database: Database,
    as_of: date,
    at: datetime,
    *,
    case_id: str = "toy",
    states: Sequence[IndicatorStateRow] = (),
    effects: Sequence[EffectRow] = (),
    headline: float = 0.1,
    status: str = "published",
    kind: str = "manual",
    detail: Mapping[str, object] | None = None,
) -> int:
    """A run with forecasts that grow with the window; rows are read at ``at``, and the run is stored then.

    ``detail`` adds to what is said of it.
    """
    run = NewRun(
        case_id=case_id,
        kind=kind,
        as_of=as_of,
        as_recorded=None,
        seed=7,
        inputs_hash="1" * 64,
        case_hash="2" * 64,
        code_version="0.1.0+toy",
        versions={"numpy": "2.5.5"},
        posterior_hash="3" * 64,
        dry=True,
        days_since_talks=255,
        complete_through=min(as_of, date(2026, 10, 10)),
        p_dry_now=0.97,
    )
    with database.write() as connection:
        run_id = append_run(connection, run, at)
        told = {"diagnostics": SOUND, "failures": [], "read_at": at.isoformat(), "structure": STRUCTURE}
        append_run_status(connection, run_id, status, {**told, **(detail or {})}, at)
        if status == "published":
            rows = _targets(headline, as_of)
            append_forecasts(connection, run_id, rows, toy_scenarios(), states, effects, at)
    return run_id


def _targets(headline: float, as_of: date) -> list[TargetForecastRow]:
    found = []
    for t, target in enumerate(TARGETS):
        for days, deadline in WINDOWS:
            mean = (headline + 0.05 * t) * (days or 730) / 1000
            found.append(
                TargetForecastRow(
                    target=target,
                    horizon_days=days,
                    deadline=as_of + timedelta(days=800) if deadline else None,
                    mean=mean,
                    mcse=0.001,
                    q05=mean * 0.2,
                    q25=mean * 0.5,
                    q50=mean * 0.9,
                    q75=mean * 1.3,
                    q95=mean * 2,
                    base_rate=mean * 1.1,
                    documents_only=mean * 0.9,
                    history_only=mean * 1.05,
                )
            )
    return found


def numbers(text: str) -> set[float]:
    """Every number in a text, by value; a minus of typographers is one, a comma before three digits none."""
    plain = re.sub(r"(?<=[\d%])[-–−~](?=\d)", " ", re.sub(r"(?<=\d),(?=\d{3})", "", text.replace("/", " ")))
    return {abs(float(found.replace("−", "-"))) for found in _NUMBER.findall(plain)}


def said(language: Language, brief: Brief) -> dict[str, str]:
    """Every sentence of the long brief, by the function that makes it."""
    words, facts = language.brief, brief.figures
    sentences = {name: getattr(words, name)(brief) for name in OF_BRIEF}
    sentences["history_caption"] = language.plots.history_caption(facts.history)
    sentences["last_mark_caption"] = language.plots.last_mark(brief.overtaken)
    sentences["curve_caption"] = language.plots.curve_caption(facts.horizons)
    sentences["scenarios_caption"] = language.plots.scenarios_caption(facts.scenarios)
    for name in ("happened", "week", "differing"):
        sentences |= {f"{name} {place}": line for place, line in enumerate(getattr(words, name)(brief))}
    sentences |= {name: getattr(words, name)() for name in ("terms", "table_note", "grades")}
    sentences["dateline"] = words.dateline(brief, 12)
    sentences["anchor"] = words.anchor(HEAD)
    for name, items in (("swing", brief.watched), ("document", brief.documents), ("source", brief.sources)):
        sentences |= {f"{name} {place}": getattr(words, name)(one) for place, one in enumerate(items)}
    return sentences


def said_shortly(language: Language, brief: Brief) -> dict[str, str]:
    """Every sentence of the brief of one page that is not of the long one."""
    short = language.short
    sentences = {name: getattr(short, name)(brief) for name in OF_SHORT}
    sentences |= {"dateline": short.dateline(brief, 12), "meaning": short.meaning(), "longer": short.longer()}
    sentences |= {f"week {place}": line for place, line in enumerate(short.week(brief))}
    for name in ("watched", "favours", "hinders"):
        sentences |= {f"{name} {place}": getattr(short, name)(one) for place, one in enumerate(brief.watched[:2])}
    return sentences


class Balance(HTMLParser):
    """Elements that are open, and whether each was closed in its turn; what would be fetched; the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(page: str) -> Balance:
    parser = Balance()
    parser.feed(page)
    parser.close()
    return parser


def sentences(texts: Iterable[str]) -> list[str]:
    """What ends in a full stop, Western or Japanese."""
    return [
        one
        for text in texts
        for one in re.split(r"(?<=[.。])\s*(?=[A-Z\u3040-\u9fff\uac00-\ud7a3])", text)
        if one.strip()
    ]
