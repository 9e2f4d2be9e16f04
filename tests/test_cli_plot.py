"""`parley plot`: a picture and its sentence, or one line that says what is wrong, and then no file."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from brief_worlds import LOADED as SHIPPED_LOADED
from brief_worlds import install_shipped, store_run
from conftest import PUBLISHED_AS_OF, let_enter
from toy_runs import FAILURES, LOADED, add_run, install_toy

from db.engine import Database
from forecast.cli.app import run
from forecast.plots.kinds import KINDS, OPTIONS, Asked

PNG, SVG = b"\x89PNG\r\n\x1a\n", b"<?xml"
FORECAST = ("history", "horizons", "scenarios")
type Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.chdir(tmp_path)
    with install_toy(tmp_path) as database:
        yield database


@pytest.fixture
def drawn(toy: Database) -> Database:
    """With a published run of two dates."""
    add_run(toy, as_of=date(2019, 12, 1), kind="backfill")
    add_run(toy)
    return toy


@pytest.fixture
def parley(capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.mark.parametrize("kind", FORECAST)
@pytest.mark.parametrize(("ending", "start"), [("png", PNG), ("SVG", SVG)])
def test_it_writes_a_picture_and_says_what_it_shows(
    drawn: Database, parley: Command, tmp_path: Path, kind: str, ending: str, start: bytes
) -> None:
    code, out, err = parley("plot", kind, "--out", f"{kind}.{ending}")
    assert (code, err) == (0, "")
    first, caption = out.splitlines()
    assert first == f"wrote {kind}.{ending}"
    assert "2020-01-01" in caption
    assert caption.endswith(".")
    assert (tmp_path / f"{kind}.{ending}").read_bytes().startswith(start)


def test_json_says_the_same(drawn: Database, parley: Command, tmp_path: Path) -> None:
    _, out, _ = parley("plot", "history", "--out", "one.svg", "--target", "crisis", "--horizon", "90")
    code, facts, err = parley("plot", "history", "--out", "two.svg", "--target", "crisis", "--horizon", "90", "--json")
    assert (code, err) == (0, "")
    said: dict[str, Any] = json.loads(facts)
    assert said["caption"] == out.splitlines()[1]
    assert (said["file"], said["kind"], said["width_inches"]) == ("two.svg", "history", 7.1)
    shown = {"target": "crisis", "horizon_days": 90, "deadline": None, "first": "2019-12-01", "last": "2020-01-01"}
    assert said["shown"] == shown | {"n": 2, "run_ids": [1, 2], "context": None, "structures": [], "recomputed": []}
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


@pytest.mark.parametrize(("language", "begins"), [("ja", "推移を描くにはまだ"), ("ko", "추이를 그리기에는 아직")])
def test_picture_and_sentence_speak_the_language_that_is_asked_for(
    drawn: Database, parley: Command, tmp_path: Path, language: str, begins: str
) -> None:
    asked = ("plot", "history", "--target", "crisis", "--horizon", "90", "--lang", language)
    _, out, _ = parley(*asked, "--out", "one.svg")
    code, facts, err = parley(*asked, "--out", "two.svg", "--json")
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == json.loads(facts)["caption"]
    assert out.splitlines()[1].startswith(begins)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert {"ja": "確率", "ko": "확률"}[language] in (tmp_path / "one.svg").read_text(encoding="utf-8")


def test_the_options_choose_what_is_shown(drawn: Database, parley: Command) -> None:
    def shown(*arguments: str) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(parley("plot", *arguments, "--out", "a.svg", "--force", "--json")[1])["shown"]
        return said

    assert shown("history", "--kind", "manual", "--as-recorded", LOADED.isoformat())["run_ids"] == [2]
    assert shown("history", "--from", "2019-11-01", "--to", "2019-12-31")["run_ids"] == [1]
    assert shown("history", "--horizon", "2022-01-01")["deadline"] == "2022-01-01"
    assert shown("horizons", "--as-of", "2019-12-31")["run_ids"] == [1]
    assert shown("scenarios", "--run", "1")["run_id"] == 1
    assert shown("judgements", "--target", "crisis", "--as-of", "2016-01-01")["documents"] == ["rassendyll-2015"]
    states = shown("states", "--indicator", "press_tone", "--from", "2018-01-01", "--as-of", "2019-06-01")
    assert (states["indicators"], states["first"], states["last"]) == (["press_tone"], "2018-01-01", "2019-06-01")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("histry --out a.png", "Invalid value for 'KIND': 'histry' is not known; did you mean 'history'?"),
        (
            "history --out a.pdf",
            "Invalid value for '--out': 'a.pdf' does not end in .png or .svg; write a.png; see",
        ),
        (
            "history --out a.png --target crises",
            "Invalid value for '--target': 'crises' is not known; did you mean 'cris",
        ),
        (
            "history --out a.png --kind offical",
            "Invalid value for '--kind': 'offical' is not known; did you mean 'offic",
        ),
        (
            "history --out a.png --horizon soon",
            "Invalid value for '--horizon': 'soon' is not a horizon; write days, such",
        ),
        (
            "horizons --out a.png --target crisis",
            "Invalid value for '--target': does not apply to horizons, which takes --run, --as-of, --as-recorded",
        ),
        (
            "reliability --out a.png --run 1",
            "Invalid value for '--run': does not apply to reliability, which takes --back",
        ),
        (
            "history --out a.png --from 2020-01-02 --to 2020-01-01",
            "Invalid value for '--to': 2020-01-01 is before --from 2020-01-02; name a later day",
        ),
        (
            "scenarios --out a.png --run 1 --as-of 2020-01-01",
            "Invalid value for '--run': a run has its own as-of date; give one of --run and --as-of",
        ),
        ("history --out a.png --lang fr", "Invalid value for '--language': 'fr' is not known; use one of en, ja, ko"),
        ("history", "Missing option '--out'"),
    ],
)
def test_mistakes_in_usage_say_what_is_right(
    drawn: Database, parley: Command, tmp_path: Path, arguments: str, said: str
) -> None:
    code, out, err = parley("plot", *arguments.split())
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {said}")
    assert err.endswith("see `parley plot --help`\n")
    assert not [*tmp_path.glob("*a.p*")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("history --out a.png --from 2021-01-01", "no published run as of 2021-01-01 or later; published: 2 runs ("),
        ("history --out a.png --horizon 60", "no run here forecast arms-control talks in 60 d; there are forecasts in"),
        ("horizons --out a.png --run 9", "no run 9; runs go from 1 to 2"),
        (
            "states --out a.png --as-of 2019-06-01 --indicator tune",
            "unknown indicator 'tune'; use one of border_posture, harvest, press_tone",
        ),
        ("history --out missing/a.png", "the folder missing does not exist; make it, or name a file in one that does"),
        ("history --out there.png", "there.png exists; give --force to replace it, or name another file"),
    ],
)
def test_what_is_not_there_is_told_in_a_line(
    drawn: Database, parley: Command, tmp_path: Path, arguments: str, said: str
) -> None:
    (tmp_path / "there.png").write_bytes(b"mine")
    code, out, err = parley("plot", *arguments.split())
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1
    assert (tmp_path / "there.png").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["there.png"]


def test_force_replaces(drawn: Database, parley: Command, tmp_path: Path) -> None:
    (tmp_path / "there.png").write_bytes(b"mine")
    code, _, err = parley("plot", "horizons", "--out", "there.png", "--force")
    assert (code, err) == (0, "")
    assert (tmp_path / "there.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("kind", [*FORECAST, "effects", "diagnostics"])
def test_before_the_first_forecast_it_names_what_to_run(toy: Database, parley: Command, kind: str) -> None:
    add_run(toy, status="rejected", failures=FAILURES)
    code, out, err = parley("plot", kind, "--out", "a.png")
    assert (code, out) == (1, "")
    assert "run `parley update" in err
    assert err.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_told(
    drawn: Database, parley: Command, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    tmp_path.chmod(0o777)
    let_enter(tmp_path)
    for file in tmp_path.glob("parley.db*"):
        file.chmod(0o666)
    request.getfixturevalue("unprivileged")
    code, out, err = parley("plot", "horizons", "--out", str(closed / "a.png"))
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {closed / 'a.png'} cannot be written (Permission denied); name another file")
    assert [*closed.iterdir()] == []


def test_every_option_is_one_of_the_command_and_of_what_is_asked() -> None:
    assert {option for kind in KINDS.values() for option in kind.options} == set(OPTIONS)
    assert set(OPTIONS.values()) == set(Asked.__slots__) - {"today", "case_id", "progress", "language", "database"}


def test_help_names_every_kind_and_option(parley: Command) -> None:
    _, out, _ = parley("plot", "--help")
    words = re.sub(r"\s+", " ", out)
    assert all(name in words for name in (*KINDS, *OPTIONS, "--out", "--lang", "--force", "--json"))


@pytest.mark.slow
def test_every_kind_is_drawn_from_a_real_fit_by_a_machine_that_never_drew(published_copy: Path, tmp_path: Path) -> None:
    """Warnings are errors, and nothing is said of a cache of fonts that is made."""
    environment = {
        **os.environ,
        "PARLEY_DATABASE_URL": f"sqlite:///{published_copy / 'parley.db'}",
        "MPLCONFIGDIR": str(tmp_path / "fonts"),
    }
    for kind in KINDS:
        if kind in ("reliability", "why", "tornado", "next"):
            continue  # of a backtest, which the toy case has none of; of a second run; of today
        place = tmp_path / f"{kind}.png"
        command = ["-m", "forecast.cli", "plot", kind, "--out", str(place), "--as-of", PUBLISHED_AS_OF.isoformat()]
        done = subprocess.run(
            [sys.executable, "-W", "error", *command], env=environment, capture_output=True, text=True, timeout=300
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert place.read_bytes().startswith(PNG)


def test_a_first_forecast_stands_before_what_a_backtest_would_have_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parley: Command
) -> None:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.chdir(tmp_path)
    with install_shipped(tmp_path) as database:
        for day in range(1, 10):
            store_run(database, date(2026, 11, day), SHIPPED_LOADED + timedelta(days=day), case_id="us-dprk")
            if day not in (1, 3, 8):
                continue
            told = json.loads(parley("plot", "history", "--out", f"{day}.png", "--json")[1])
            assert ("no track record" in told["caption"]) == (day < 8)
            assert told["shown"]["n"] == day
            if day < 8:
                assert told["shown"]["context"]["kind"] == "strict"
                assert told["shown"]["context"]["n"] > 30
            else:
                assert told["shown"]["context"] is None
        code, out, _ = parley("plot", "history", "--out", "by.png", "--horizon", "2029-01-09", "--to", "2026-11-01")
        assert (code, "Too few dates for a history yet" in out) == (0, True)


def test_without_a_backtest_a_first_forecast_is_drawn_by_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parley: Command
) -> None:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.chdir(tmp_path)
    with install_toy(tmp_path) as database:
        add_run(database)
        code, out, _ = parley("plot", "history", "--out", "one.svg")
    assert code == 0
    assert "Too few dates for a history yet. Run 1 (manual), as of 2020-01-01" in out
    drawing = Path("one.svg").read_text(encoding="utf-8")
    for words in ("documents only", "history only", "in 30 d", "by 2022-01-01", "25 %"):
        assert words in drawing
    assert "as-of date" not in drawing


def test_scenarios_are_told_apart_from_targets_of_their_names(drawn: Database, parley: Command) -> None:
    _, out, _ = parley("plot", "scenarios", "--out", "s.svg", "--horizon", "90")
    assert "In 90 d: arms-control talks 15 %, S2 10 %" in out
