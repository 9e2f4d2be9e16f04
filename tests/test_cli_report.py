"""`parley report`: a file and a line, the same facts as JSON, and one line where it cannot be."""

import json
import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from brief_worlds import install_shipped, store_run
from toy_runs import install_toy, toy_states

from db.engine import Database
from db.read_reports import read_reports
from db.run_rows import EffectRow, IndicatorStateRow
from forecast.cli.app import run
from indicators.folder import read_case_folder
from indicators.shipped import shipped_case
from models.spec import EFFECT_TARGETS

type Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.chdir(tmp_path)
    with install_toy(tmp_path) as database:
        yield database


@pytest.fixture
def toy(empty: Database) -> Database:
    """Two runs a month apart."""
    for month in (1, 2):
        at = datetime(2020, month, 4, tzinfo=UTC)
        store_run(empty, date(2020, month, 3), at, states=toy_states(), headline=0.1 * month)
    return empty


@pytest.fixture
def parley(capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_it_says_what_it_wrote(toy: Database, parley: Command, tmp_path: Path) -> None:
    assert parley("report", "--out", "a.html") == (0, "wrote a.html: report 1, of run 2, compared with run 1\n", "")
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    code, out, _ = parley("report", "--out", "b.MD", "--language", "ja", "--run", "1")
    assert (code, out) == (0, "wrote b.MD: report 2, of run 1\n")
    assert (tmp_path / "b.MD").read_text(encoding="utf-8").startswith("# ")


def test_json_has_all_facts(toy: Database, parley: Command) -> None:
    code, out, err = parley("report", "--out", "a.md", "--since", "2020-01-15", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["report"].keys() == {"number", "row", "file", "language", "format", "sha256", "head", "head_at"}
    assert told["run"]["id"] == 2
    assert (told["changes"]["since"]["reason"], told["changes"]["since"]["run_id"]) == ("asked", 1)
    assert told["likelihood"][0] == {
        "horizon_days": 365,
        "term": "very_unlikely",
        "mean": 0.2 * 0.365,
        "q05": 0.2 * 0.365 * 0.2,
        "q95": 0.2 * 0.365 * 2,
    }
    assert told["confidence"]["level"] in ("low", "moderate", "high")
    expected = {"levels", "attested", "watched", "track", "tested", "documents", "sources", "figures", "targets"}
    assert expected <= told.keys()
    with toy.read() as connection:
        assert read_reports(connection, "toy")[0].sha256 == told["report"]["sha256"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "a.pdf"), "Invalid value for '--out': 'a.pdf' does not end in .html or .md; write a.html"),
        (
            ("--out", "a.html", "--lang", "fr"),
            "Invalid value for '--language': 'fr' is not known; use one of en, ja, ko",
        ),
        (("--out", "a.html", "--since", "soon"), "'soon' is neither a date nor a run; write YYYY-MM-DD or a number"),
        (("--lang", "ja"), "Invalid value for '--out': none is given; name a file, or give --mail or --to ADDRESS"),
    ],
)
def test_mistakes_in_usage(toy: Database, parley: Command, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = parley("report", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--run", "9"), "no run 9; runs go from 1 to 2"),
        (("--since", "2"), "run 2, as of 2020-02-03, is not before run 2, as of 2020-02-03; name an earlier one"),
        (
            ("--since", "2001-01-01"),
            "nothing was published as of 2001-01-01 or before; `parley runs` lists what there is",
        ),
    ],
)
def test_what_is_not_there(toy: Database, parley: Command, arguments: tuple[str, ...], message: str) -> None:
    assert parley("report", "--out", "a.html", *arguments) == (1, "", f"error: {message}\n")
    assert not Path("a.html").exists()


def test_nothing_published_yet(empty: Database, parley: Command) -> None:
    line = "error: nothing has been published yet; run `parley update`\n"
    assert parley("report", "--out", "a.html") == (1, "", line)


def test_a_file_is_replaced_only_by_force(toy: Database, parley: Command) -> None:
    Path("a.md").write_text("mine")
    line = "error: a.md exists; give --force to replace it, or name another file\n"
    assert parley("report", "--out", "a.md") == (1, "", line)
    assert Path("a.md").read_text() == "mine"
    assert parley("report", "--out", "a.md", "--force")[0] == 0
    assert Path("a.md").read_text(encoding="utf-8").startswith("# Talks between Ruritania and Graustark")


def test_forms_of_one_brief_share_a_number(toy: Database, parley: Command) -> None:
    for name, language in (("a.html", "en"), ("b.html", "ja"), ("c.md", "ko"), ("d.md", "ja")):
        code, out, _ = parley("report", "--out", name, "--lang", language)
        assert (code, out) == (0, f"wrote {name}: report 1, of run 2, compared with run 1\n")
        number = {"en": "Report 1,", "ja": "報告第1号", "ko": "보고서 제1호"}
        assert number[language] in Path(name).read_text(encoding="utf-8")
    with toy.read() as connection:
        assert [row.id for row in read_reports(connection, "toy")] == [4, 3, 2, 1]


def test_a_brief_of_one_page(toy: Database, parley: Command) -> None:
    """A form of the brief it is of; which form, the record says."""
    assert parley("report", "--out", "a.html")[0] == 0
    said = (0, "wrote b.html: report 1, of run 2, compared with run 1\n", "")
    assert parley("report", "--out", "b.html", "--short", "--lang", "ko") == said
    told = json.loads(parley("report", "--out", "c.md", "--short", "--json")[1])["report"]
    assert (told["number"], told["format"]) == (1, "md-short")
    assert len(Path("b.html").read_text(encoding="utf-8")) < len(Path("a.html").read_text(encoding="utf-8"))
    with toy.read() as connection:
        rows = read_reports(connection, "toy")
    assert [(row.language, row.format) for row in rows] == [("en", "md-short"), ("ko", "html-short"), ("en", "html")]


def test_the_same_form_again_is_the_same_file(toy: Database, parley: Command) -> None:
    for name in ("a.md", "b.md"):
        assert parley("report", "--out", name)[0] == 0
    assert Path("a.md").read_bytes() == Path("b.md").read_bytes()


def test_another_run_an_entry_or_another_comparison_makes_another_brief(toy: Database, parley: Command) -> None:
    def number(*arguments: str) -> int:
        told = json.loads(parley("report", "--out", "a.md", "--force", "--json", *arguments)[1])["report"]
        assert told.keys() >= {"number", "row"}
        return int(told["number"])

    assert [number(), number("--lang", "ja"), number("--run", "1"), number()] == [1, 1, 3, 1]
    assert (
        parley("log", "harvest", "1", "--on", "2020-02-01", "--source", "AP", "--grade", "B2", "--analyst", "kim")[0]
        == 0
    )
    assert [number(), number("--lang", "ja")] == [5, 5]
    at = datetime(2020, 3, 4, tzinfo=UTC)
    store_run(toy, date(2020, 3, 3), at, states=toy_states())
    told = json.loads(parley("report", "--out", "a.md", "--force", "--json")[1])
    assert told["report"]["number"] == 7
    assert (told["changes"]["since"]["reason"], told["changes"]["since"]["report_id"]) == ("report", 5)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The shipped case with one run, in which one indicator favours talks and the others hinder them."""
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.chdir(tmp_path)
    ids = [row.id for row in read_case_folder(shipped_case()).indicators]
    states = [IndicatorStateRow(id_, 0.5, 0.5, True, date(2026, 10, 1)) for id_ in ids]
    effects = [
        EffectRow(target, id_, "posterior", 0.3 if id_ == "us_posture" else -0.1, 0.05)
        for target in EFFECT_TARGETS
        for id_ in ids
    ]
    with install_shipped(tmp_path) as database:
        at = datetime(2026, 11, 2, 6, tzinfo=UTC)
        store_run(database, date(2026, 11, 1), at, case_id="us-dprk", states=states, effects=effects, headline=0.4)
        yield database


@pytest.mark.parametrize(
    ("language", "terms"),
    [
        (
            "en",
            ("Laplace", "dry", "wet ", "orientation", "posterior", "Monte Carlo", "provisional", "anchored", "draws"),
        ),
        ("ja", ("ラプラス", "事後分布", "方向づけ", "モンテカルロ", "暫定", "抽出", "局面")),
        ("ko", ("라플라스", "사후분포", "몬테카를로", "잠정", "표본", "국면", "공백기")),
    ],
)
def test_the_box_is_free_of_the_engine(
    shipped: Database, parley: Command, language: str, terms: tuple[str, ...]
) -> None:
    assert parley("report", "--out", "a.md", "--lang", language)[0] == 0
    text = Path("a.md").read_text(encoding="utf-8")
    box = [line for line in text.splitlines() if line.startswith(">")]
    assert len(box) == 5
    assert [term for term in terms if term in "\n".join(box)] == []
    assert terms[0] in text


def test_what_to_watch_says_which_way_and_by_how_much(shipped: Database, parley: Command) -> None:
    told = json.loads(parley("report", "--out", "a.md", "--json")[1])
    text = Path("a.md").read_text(encoding="utf-8")
    watched = {one["indicator_id"]: one for one in told["watched"]}
    assert next(iter(watched)) == "us_posture"
    now = told["likelihood"][0]["mean"]
    for one in watched.values():
        state = one["step"] * one["effect"]  # all of a state's stands, of an event's less
        most = (1 - now) - (1 - now) ** math.exp(state)
        assert 0 < one["change"] / most <= 1.000001
    assert (
        f"One level up raises the headline in 365 d by about +{100 * watched['us_posture']['change']:.1f} points"
        in text
    )
    assert "One level up lowers the headline" in text
    assert "moves the rate by" not in text
