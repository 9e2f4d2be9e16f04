"""`parley what-if`, `stories` and `next` as they are typed, on a real fit of a toy case that has stories."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from conftest import PUBLISHED_AS_OF, SMALL_FIT, made_once
from icalendar import Calendar
from toy_case import write_toy_case

from db.migrate import create_database
from db.when import When
from forecast.cli import console
from forecast.cli.app import run
from forecast.words.language import LANGUAGES, Language
from indicators.folder import read_case_folder
from indicators.install import install_case

TODAY = PUBLISHED_AS_OF + timedelta(30)
STORIES = """\
[thaw]
document = "rassendyll-2015"
name = "A milder press opens talks"
place = "rassendyll-2015 p. 3"
set = [{ indicator = "press_tone", level = 2, from = 10 }]
against = [{ indicator = "press_tone", level = -2, from = 10 }]
claims = [{ target = "arms_control_talks", direction = "up", when = "later" }]

[stalemate]
document = "rassendyll-2015"
name = "Regiments change nothing"
place = "rassendyll-2015 p. 4"
reading = "inferred"
set = [{ indicator = "border_posture", level = -2, from = 1, until = 60 }]
claims = [{ target = "contact", direction = "none", when = "now" }]
"""
LANGUAGE = pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
SEE = ("--see", "press_tone=1 B2")
type Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def told_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a toy case that has stories, and a forecast of it by a real fit; tests copy it."""

    def publish(folder: Path) -> None:
        from forecast.engine.update import update

        case = read_case_folder(write_toy_case(folder / "case", {"stories.toml": STORIES}))
        with create_database(f"sqlite:///{folder / 'parley.db'}") as database:
            install_case(database, case, datetime(2016, 1, 1, tzinfo=UTC))
            assert update(database, When(as_of=PUBLISHED_AS_OF), settings=SMALL_FIT).status == "published"

    return made_once(tmp_path_factory.getbasetemp(), "told", publish)


@pytest.fixture
def parley(
    told_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """A desk a month after its forecast, with fewer draws than the product takes."""
    copytree(told_folder, tmp_path / "desk")
    monkeypatch.chdir(tmp_path / "desk")
    for name, value in {
        "PARLEY_DATABASE_URL": f"sqlite:///{tmp_path / 'desk' / 'parley.db'}",
        "PARLEY_CACHE": str(tmp_path / "cache"),
        "PARLEY_ANALYST": "kim",
        "COLUMNS": "100",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(console, "utc_now", lambda: datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC))
    monkeypatch.setattr("forecast.plan.answer.TAUGHT_DRAWS", 200)
    for name, number in {"stories.DRAWS": 100, "stories.MORE_DRAWS": 200, "without.DRAWS": 200}.items():
        monkeypatch.setattr(f"forecast.plan.{name}", number)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def flat(text: str) -> str:
    return re.sub(r"\s", "", text)


@LANGUAGE
def test_an_answer_says_what_its_json_says(parley: Command, language: Language) -> None:
    asked = ("what-if", *SEE, "--do", "harvest=2", "--lang", language.code)
    code, out, _ = parley(*asked)
    told = json.loads(parley(*asked, "--json")[1])
    assert code == 0
    assert (told["mode"], told["status"]) == ("both", "exact")
    assert all(flat(text) in flat(out) for text in (told["title"], *told["sentences"], *told["untouched"]))
    assert told["statements"][0]["text"].count("Tone of the Graustark press") == 1


def test_the_number_asked_for_is_told_alone(parley: Command) -> None:
    code, out, _ = parley("what-if", *SEE, "--target", "crisis", "--horizon", "90")
    assert code == 0
    assert "crisis in 90 d" in out
    assert "in 365 d" not in out
    told = json.loads(parley("what-if", *SEE, "--target", "crisis", "--horizon", "30", "--json")[1])
    assert (told["target"], told["deadline"], told["horizon_days"]) == ("crisis", None, 30)


def test_a_scenario_is_kept_listed_loaded_compared_and_withdrawn(parley: Command) -> None:
    code, out, _ = parley("what-if", *SEE, "--save", "mild", "--reason", "asked by the desk")
    assert code == 0
    assert "saved mild" in out
    assert parley("what-if", "--do", "harvest=2", "--save", "rich", "--reason", "x", "--analyst", "lee")[0] == 0
    code, out, err = parley("what-if", *SEE, "--save", "mild", "--reason", "again")
    assert (code, out) == (1, "")
    assert "a scenario 'mild' is on file already; take another name, or give --revise" in err
    listed = json.loads(parley("what-if", "--list", "--json")[1])["saved"]
    assert [(one["name"], one["analyst"], one["answer"]["status"]) for one in listed] == [
        ("mild", "kim", "exact"),
        ("rich", "lee", "exact"),
    ]
    alone = json.loads(parley("what-if", "--load", "mild", "--json")[1])
    assert alone["name"] == "mild"
    assert alone["shifts"] == listed[0]["answer"]["shifts"]
    told = json.loads(parley("what-if", "--load", "mild", "--load", "rich", "--json")[1])
    assert [one["name"] for one in told["scenarios"]] == ["mild", "rich"]
    assert "A: mild; B: rich" in parley("what-if", "--load", "mild", "--load", "rich")[1]
    code, out, _ = parley("what-if", "--withdraw", "rich", "--reason", "over")
    assert (code, out) == (0, "withdrew rich; its versions and answers stay on record\n")
    code, _, err = parley("what-if", "--load", "rich")
    assert code == 1
    assert "there is no scenario 'rich'" in err
    assert "mild" in parley("what-if", "--list")[1]


def test_a_level_that_was_set_before_today_is_loaded_as_still_set(
    parley: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parley("what-if", "--do", "harvest=2 from tomorrow", "--save", "rich", "--reason", "x")[0] == 0
    later = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC) + timedelta(20)
    monkeypatch.setattr(console, "utc_now", lambda: later)
    told = json.loads(parley("what-if", "--load", "rich", "--json")[1])
    assert told["statements"][0]["day"] == later.date().isoformat()


def test_a_tornado_is_printed_and_drawn(parley: Command) -> None:
    code, out, _ = parley("what-if", "--tornado", "--target", "contact", "--horizon", "90", "--out", "t.png")
    assert code == 0
    assert out.startswith("Contact in 90 d with one indicator set")
    assert out.endswith("wrote t.png\n")
    assert Path("t.png").read_bytes().startswith(b"\x89PNG")
    code, out, err = parley("what-if", "--tornado", "--out", "t.png")
    assert (code, out) == (1, "")
    assert "t.png exists; give --force" in err
    told = json.loads(parley("what-if", "--tornado", "--out", "t.json", "--json")[1])
    assert json.loads(Path("t.json").read_text(encoding="utf-8")) == told


@LANGUAGE
def test_stories_say_what_their_json_says(parley: Command, language: Language) -> None:
    asked = ("stories", "--lang", language.code, "--as-of", "2017-01-01")
    code, out, _ = parley(*asked)
    told = json.loads(parley(*asked, "--json")[1])
    assert code == 0
    assert (told["as_of"], told["retrospective"]) == ("2017-01-01", True)
    assert [one["id"] for one in told["stories"]] == ["thaw", "stalemate"]
    assert all(flat(text) in flat(out) for text in (told["title"], *told["sentences"]))
    claims = [claim for one in told["stories"] for claim in one["claims"]]
    assert all(claim["without_author"] is not None for claim in claims)
    assert sum(told["counts"]["all_judgements"].values()) == len(claims)


def test_a_story_alone_is_told_whole_and_can_be_supposed(parley: Command) -> None:
    code, out, _ = parley("stories", "--story", "thaw", "--out", "s.json")
    assert code == 0
    assert "A milder press opens talks" in out
    assert "Regiments" not in out
    assert [one["id"] for one in json.loads(Path("s.json").read_text(encoding="utf-8"))["stories"]] == ["thaw"]
    told = json.loads(parley("what-if", "--story", "thaw", "--json")[1])
    assert (told["mode"], told["status"]) == ("do", "exact")
    code, out, err = parley("stories", "--story", "thow")
    assert (code, out) == (1, "")
    assert "unknown story 'thow'; did you mean 'thaw'?" in err


@LANGUAGE
def test_what_is_next_says_what_its_json_says(parley: Command, language: Language) -> None:
    code, out, _ = parley("next", "--lang", language.code)
    told = json.loads(parley("next", "--lang", language.code, "--json")[1])
    assert code == 0
    assert all(flat(text) in flat(out) for text in (told["title"], *told["sentences"]))


def test_what_is_next_is_written_as_it_is_asked_for(parley: Command) -> None:
    Path("costs.toml").write_text("[harvest]\nminutes = 20\nlead_days = 2\n", encoding="utf-8")
    by = TODAY + timedelta(40)
    asked = ("next", "--target", "contact", "--horizon", "90", "--by", f"{by}", "--costs", "costs.toml")
    code, out, _ = parley(*asked, "--out", "n.json", "--ics", "n.ics")
    assert code == 0
    assert out.endswith("wrote n.json\nwrote n.ics\n")
    told = json.loads(Path("n.json").read_text(encoding="utf-8"))
    assert (told["target"], told["horizon_days"]) == ("contact", 90)
    assert {one["by"] for one in told["signposts"]} == {by.isoformat()}
    assert {one["cost"] for one in told["candidates"] if one["indicator"] == "harvest"} == {20.0}
    events = Calendar.from_ical(Path("n.ics").read_bytes()).walk("VEVENT")
    assert len(events) == len(told["calendar"])
    assert parley("next", "--out", "n.svg")[0] == 0
    assert Path("n.svg").read_bytes().startswith(b"<?xml")
    code, out, err = parley("next", "--ics", "n.ics")
    assert (code, out) == (1, "")
    assert "n.ics exists; give --force" in err
    assert parley("next", "--ics", "n.ics", "--force")[0] == 0


@pytest.mark.parametrize("kind", ["tornado", "next"])
def test_pictures_are_kinds_of_plot(parley: Command, kind: str) -> None:
    code, out, _ = parley("plot", kind, "--target", "contact", "--horizon", "90", "--out", "p.png", "--lang", "ko")
    assert code == 0
    assert Path("p.png").read_bytes().startswith(b"\x89PNG")
    told = json.loads(parley("plot", kind, "--out", "q.png", "--lang", "ko", "--json")[1])
    assert (told["kind"], told["shown"]["as_of"]) == (kind, str(TODAY))
    assert re.search("[가-힣]", out)
    assert parley("plot", kind, "--out", "r.png", "--as-of", "2018-01-01")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("what-if", "'--see': nothing is supposed; give --see or --do, such as --see 'us_posture=1 B2'"),
        ("what-if --see nonsense", "'--see': 'nonsense' is neither a level nor an event"),
        ("what-if --do nonsense", "'--do': 'nonsense' is neither a level nor an event"),
        ("what-if --list --see press_tone=1", "'--see': does not go with --list; leave one of them out"),
        ("what-if --tornado --do press_tone=1", "'--do': does not go with --tornado; leave one of them out"),
        ("what-if --tornado --save a --reason b", "'--save': does not go with --tornado; leave one of them out"),
        ("what-if --withdraw a", "'--reason': is missing; say why the scenario is withdrawn"),
        ("what-if --withdraw a --reason b --out c.json", "'--out': does not go with --withdraw; leave one of"),
        ("what-if --see press_tone=1 --save a", "'--reason': is missing; say why the scenario is kept"),
        ("what-if --see press_tone=1 --revise", "'--save': is missing; name the scenario that is to be revised"),
        ("what-if --see press_tone=1 --reason b", "'--reason': is for what is put on file; give it with --save"),
        ("what-if --see press_tone=1 --force", "'--out': is missing; there is no file to replace"),
        ("what-if --see press_tone=1 --out a.png", "'--out': 'a.png' is a picture, which only --tornado has; write a"),
        ("what-if --see press_tone=1 --out a.pdf", "'--out': 'a.pdf' does not end in .json, .png or .svg; write a."),
        ("what-if --load a --load b --see press_tone=1", "'--see': does not go with two --load; leave one of them"),
        ("what-if --load a --load b --load c", "'--load': 3 scenarios are given; give one, or two side by side"),
        ("what-if --see press_tone=1 --target crises", "'--target': 'crises' is not known; did you mean 'crisis'?"),
        ("what-if --see press_tone=1 --lang fr", "'--language': 'fr' is not known; use one of en, ja, ko"),
        ("next --force", "'--force': there is no file to replace; give --out or --ics FILE too"),
        ("next --out a.pdf", "'--out': 'a.pdf' does not end in .png, .svg or .json; write a.png"),
        ("next --ics a.txt", "'--ics': 'a.txt' does not end in .ics; write a.ics"),
        ("next --by soon", "'--by': 'soon' is not a date; write YYYY-MM-DD"),
        ("next --target crises", "'--target': 'crises' is not known; did you mean 'crisis'?"),
        ("stories --force", "'--force': there is no file to replace; give --out FILE too"),
        ("stories --out a.png", "'--out': 'a.png' does not end in .json; write a.json"),
        ("stories --as-of then", "'--as-of': 'then' is not a date; write YYYY-MM-DD"),
    ],
)
def test_a_mistake_in_usage_is_one_line_and_nothing_is_written(parley: Command, arguments: str, said: str) -> None:
    code, out, err = parley(*arguments.split())
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert f"see `parley {arguments.split()[0]} --help`" in err
    assert not [path for path in Path().iterdir() if path.suffix in (".json", ".png", ".ics", ".pdf", ".txt")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("what-if", "--see", "harvst=1", "--see", "press=1"),
            ["indicator 'harvst'", "indicator 'press'"],
        ),
        (("what-if", *SEE, "--horizon", "100"), ["nothing is forecast over 100; take one of 30, 90, 180, 365"]),
        (("next", "--by", "2010-01-01"), ["by 2010-01-01: that day is not ahead; name one after"]),
        (("next", "--costs", "none.toml"), ["none.toml: there is no such file; name one that is there"]),
        (("stories", "--as-of", "2009-01-01"), ["as of 2009-01-01 the record, which begins on 2010-01-01"]),
    ],
)
def test_what_cannot_be_is_told_at_once(parley: Command, arguments: tuple[str, ...], said: list[str]) -> None:
    code, out, err = parley(*arguments)
    assert (code, out) == (1, "")
    lines = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(lines) == len(said)
    assert all(what in line for line, what in zip(lines, said, strict=True))
