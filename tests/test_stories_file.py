"""Stories of a case: what their file may say, how they are kept, and that they are part of what a case is."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_priors import hash_without_priors
from toy_case import toy_files, write_toy_case
from toy_indicator import REASON, table
from toy_programs import program_on

from db.chain import verify_chain
from db.engine import Database
from db.read import read_case
from forecast.desk.catalogue import add_indicators
from forecast.desk.session import Desk
from indicators.content import CaseFolder, Claim, Setting, Story
from indicators.errors import CaseError
from indicators.folder import read_case_folder
from indicators.install import install_case, plan_case
from indicators.names import read_names
from indicators.shipped import shipped_case
from indicators.stories import FILE, read_stories, stories_as_json, stories_from_json
from indicators.tables import Problems

FIRST = datetime(2020, 1, 2, 12, tzinfo=UTC)
SECOND = datetime(2020, 6, 1, 12, tzinfo=UTC)
THAW = """\
[thaw]
document = "rassendyll-2015"
name = "The border opens and the press follows"
place = "rassendyll-2015 p. 7"
reading = "inferred"
set = [
  { indicator = "border_posture", level = 2, from = 30 },
  { indicator = "press_tone", level = 1, from = 60, until = 150 },
  { indicator = "press_tone", level = 2, from = 180 },
]
against = [{ indicator = "border_posture", level = -1, from = 30 }]
claims = [{ target = "contact", direction = "up", when = "now" }, { target = "deal", direction = "none", when="later" }]
"""
HUNGER = """\
[hunger]
document = "tarlenheim-2017"
name = "Bread before talks"
place = "tarlenheim-2017"
set = [{ indicator = "harvest", level = 2, from = 1 }]
claims = [{ target = "arms_control_talks", direction = "up_or_none", when = "by_deadline" }]
"""
STORIES = f"# Told twice.\n{THAW}\n{HUNGER}"
AS_READ = (
    Story(
        id="thaw",
        document_id="rassendyll-2015",
        name="The border opens and the press follows",
        place="rassendyll-2015 p. 7",
        reading="inferred",
        settings=(
            Setting(indicator_id="border_posture", level=2, start=30, until=None),
            Setting(indicator_id="press_tone", level=1, start=60, until=150),
            Setting(indicator_id="press_tone", level=2, start=180, until=None),
        ),
        against=(Setting(indicator_id="border_posture", level=-1, start=30, until=None),),
        claims=(
            Claim(target="contact", direction="up", when="now"),
            Claim(target="deal", direction="none", when="later"),
        ),
    ),
    Story(
        id="hunger",
        document_id="tarlenheim-2017",
        name="Bread before talks",
        place="tarlenheim-2017",
        reading="explicit",
        settings=(Setting(indicator_id="harvest", level=2, start=1, until=None),),
        against=(),
        claims=(Claim(target="arms_control_talks", direction="up_or_none", when="by_deadline"),),
    ),
)


def folder_with(place: Path, stories: str | None = STORIES) -> CaseFolder:
    """The toy case with this file of stories."""
    return read_case_folder(write_toy_case(place, None if stories is None else {FILE: stories}))


@pytest.fixture
def load(database: Database, tmp_path: Path) -> Callable[..., Database]:
    """Load the toy case with a file of stories, or without one, into a database of either kind."""

    def run(stories: str | None = STORIES, at: datetime = FIRST) -> Database:
        install_case(database, folder_with(tmp_path / f"case {at:%Y-%m-%d}", stories), at)
        return database

    return run


def test_a_file_is_read_as_it_says(tmp_path: Path) -> None:
    assert folder_with(tmp_path).stories == AS_READ


def test_stories_are_no_file_that_a_case_needs(tmp_path: Path) -> None:
    assert FILE not in toy_files()
    assert folder_with(tmp_path, None).stories is None


def test_the_shipped_case_has_sixteen() -> None:
    case = read_case_folder(shipped_case())
    assert case.stories is not None
    assert len(case.stories) == len({story.id for story in case.stories}) == 16
    assert {story.document_id for story in case.stories} == {row.document_id for row in case.documents}
    assert {story.reading for story in case.stories} == {"explicit", "inferred", "advice"}
    assert all(story.settings and story.claims for story in case.stories)
    for language in ("ja", "ko"):
        names = {id_ for kind, id_ in read_names(case.case.id, language) if kind == "story"}
        assert names == {story.id for story in case.stories}


KEY = "line 2, key thaw"
BAD = [
    (
        "[thaw]",
        "[Thaw]",
        r"line 2, key Thaw: 'Thaw' is not an identifier; write lower-case letters, digits and _, begin",
    ),
    ("[thaw]", "thaw = 3\n[thaws]", r"line 2, key thaw: 3 is of the wrong kind or size; write a table \[thaw\]$"),
    ('document = "rassendyll-2015"\n', "", rf"{KEY}.document: is missing; write document = …$"),
    (
        '"rassendyll-2015"\n',
        '"rassendyl-2015"\n',
        r"line 3, key thaw.document: unknown document 'rassendyl-2015'; did you mean 'rassendyll-2015'\?$",
    ),
    ('"rassendyll-2015"\n', "2015\n", r"line 3, key thaw.document: 2015 is of the wrong kind or size; write a string"),
    ('name = "The border opens and the press follows"\n', "", rf"{KEY}.name: is missing; write name = …$"),
    ('"The border opens and the press follows"', '" "', r"line 4, key thaw.name: is empty; write a value$"),
    ('place = "rassendyll-2015 p. 7"\n', "", rf"{KEY}.place: is missing; write place = …$"),
    ('"inferred"', '"infered"', r"line 6, key thaw.reading: 'infered' is not allowed; did you mean 'inferred'\?$"),
    ('"inferred"', '""', r"line 6, key thaw.reading: is empty; write a value$"),
    ("reading =", "readng =", r"line 6, key thaw.readng: unknown key 'readng'; did you mean 'reading'\?$"),
    ("against =", "gainst =", r"line 12, key thaw.gainst: unknown key 'gainst'; did you mean 'against'\?$"),
    (
        '"border_posture", level = 2',
        '"border_postures", level = 2',
        r"line 7, key thaw.set.1.indicator: unknown indicator 'border_postures'; did you mean 'border_posture'\?$",
    ),
    (
        "level = 2, from = 30",
        "level = 2.5, from = 30",
        r"line 7, key thaw.set.1.level: 2.5 is of the wrong kind or size; write a whole number from -2 to 2$",
    ),
    ("level = 2, from = 30", "level = 3, from = 30", r"line 7, key thaw.set.1.level: 3 is of the wrong kind or size; "),
    ("level = 2, from = 30", "from = 30", r"line 7, key thaw.set.1.level: is missing; write level = …$"),
    ("level = -1", "level = true", r"line 12, key thaw.against.1.level: True is of the wrong kind or size; write a wh"),
    (
        "from = 30 },",
        "from = 0 },",
        r"line 7, key thaw.set.1.from: 0 is of the wrong kind or size; write a whole number from 1 to 3650$",
    ),
    (
        "from = 30 },",
        "from = 3651 },",
        r"line 7, key thaw.set.1.from: 3651 is of the wrong kind or size; write a whole",
    ),
    ("from = 30 },", "from = [30] },", r"line 7, key thaw.set.1.from: \[30\] is of the wrong kind or size; write a wh"),
    (", from = 30 },", " },", r"line 7, key thaw.set.1.from: is missing; write from = …$"),
    (
        "until = 150",
        "until = 59",
        r"line 7, key thaw.set.2.until: 59 lies before from 60; write 60 or a later day$",
    ),
    (
        "until = 150",
        'until = ""',
        r"line 7, key thaw.set.2.until: '' is of the wrong kind or size; write a whole number",
    ),
    ("until = 150", "to = 150", r"line 7, key thaw.set.2.to: unknown key 'to'; use one of indicator, level, from, unt"),
    (
        "from = 180",
        "from = 60",
        r"line 7, key thaw.set.3.from: press_tone has two levels from day 60 on; write one of them, or another day$",
    ),
    (
        THAW[THAW.index("set =") : THAW.index("against =")],
        "set = []\n",
        r'line 7, key thaw.set: is empty; write at least one, such as \{ indicator = "us_posture", level = 1, from =',
    ),
    (
        '[{ indicator = "border_posture", level = -1, from = 30 }]',
        "[]",
        r'line 12, key thaw.against: is empty; write at least one, such as \{ indicator = "us_posture", level = 1, fr',
    ),
    (
        '[{ indicator = "border_posture", level = -1, from = 30 }]',
        '"nothing"',
        r"line 12, key thaw.against: 'nothing' is of the wrong kind or size; write tables, each below a line \[\[thaw",
    ),
    (THAW[THAW.index("claims =") :], "", rf"{KEY}.claims: is missing; write claims = …$"),
    (
        THAW[THAW.index("claims =") :],
        "claims = []\n",
        r'line 13, key thaw.claims: is empty; write at least one, such as \{ target = "contact", direction = "up"',
    ),
    (
        '"contact"',
        '"contacts"',
        r"line 13, key thaw.claims.1.target: unknown target 'contacts'; did you mean 'contact'\?$",
    ),
    (
        'direction = "none"',
        'direction = "sideways"',
        r"line 13, key thaw.claims.2.direction: 'sideways' is not allowed; use one of up, down, none, up_or_none$",
    ),
    (
        'when = "now"',
        'when = "soon"',
        r"line 13, key thaw.claims.1.when: 'soon' is not allowed; use one of now, later, by_deadline$",
    ),
    (', when = "now"', "", r"line 13, key thaw.claims.1.when: is missing; write when = …$"),
    (
        '"deal", direction = "none", when="later"',
        '"contact", direction = "none", when = "now"',
        r"line 13, key thaw.claims.2.target: contact is claimed twice for now; keep one of the two$",
    ),
    (STORIES, "", r"holds no story; write one table per story, such as \[relief_comes\], or delete the file$"),
    (
        STORIES,
        "# None yet.\n",
        r"holds no story; write one table per story, such as \[relief_comes\], or delete the fi",
    ),
    ("level = 2,", "level = ,", r"line 8, column 43: malformed TOML \(Invalid value\); write it as TOML: key = value$"),
    (STORIES, "\udcff", r"byte 0 is 0xff, which is not UTF-8; save the file as UTF-8$"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BAD)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in STORIES
    text = STORIES.replace(old, new, 1).encode(errors="surrogateescape")
    (write_toy_case(tmp_path) / FILE).write_bytes(text)
    with pytest.raises(CaseError, match=rf"\Astories.toml: {sentence}") as told:
        read_case_folder(tmp_path)
    assert len(told.value.problems) == 1


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = STORIES.replace("level = 2", "level = 7").replace('"hunger', '"x').replace('"now"', '"soon"')
    (write_toy_case(tmp_path) / FILE).write_text(text)
    with pytest.raises(CaseError) as told:
        read_case_folder(tmp_path)
    assert [line.split(": ")[1] for line in told.value.problems] == [
        "line 7, key thaw.set.1.level",
        "line 7, key thaw.set.3.level",
        "line 13, key thaw.claims.1.when",
        "line 19, key hunger.set.1.level",
    ]


def test_what_another_file_fails_to_define_is_told_there_alone(tmp_path: Path) -> None:
    write_toy_case(tmp_path, {FILE: STORIES, "indicators.toml": ""})
    with pytest.raises(CaseError) as told:
        read_case_folder(tmp_path)
    assert not [line for line in told.value.problems if line.startswith(FILE)]


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (write_toy_case(tmp_path) / FILE).mkdir()
    with pytest.raises(CaseError, match=r"^stories.toml: cannot be read \(Is a directory\); make it a readable file$"):
        read_case_folder(tmp_path)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(STORIES)), st.integers(0, 30), st.sampled_from(["", "[", "]", "=", "\n", "-", "{}", "set"]))
def test_damage_is_either_refused_in_lines_or_harmless(tmp_path: Path, at: int, cut: int, pasted: str) -> None:
    (tmp_path / FILE).write_text(STORIES[:at] + pasted + STORIES[at + cut :])
    problems = Problems()
    read_stories(tmp_path, problems, frozenset({"press_tone"}), None)
    assert all(line.startswith("stories.toml: ") and "\n" not in line for line in problems.lines)


def test_stories_come_back_from_json_as_they_were() -> None:
    shipped = read_case_folder(shipped_case()).stories
    assert shipped is not None
    for stories in (AS_READ, shipped, ()):
        assert stories_from_json(json.loads(json.dumps(stories_as_json(stories)))) == stories
    assert stories_as_json(AS_READ)[1]["set"] == [{"indicator": "harvest", "level": 2, "from": 1}]


def test_a_case_without_stories_has_the_hash_it_has_always_had(tmp_path: Path) -> None:
    plain = folder_with(tmp_path / "plain", None)
    assert plain.case_hash == hash_without_priors(plain)
    told = folder_with(tmp_path / "told")
    assert told.case_hash != plain.case_hash
    assert replace(told, stories=None).case_hash == plain.case_hash


@pytest.mark.parametrize(
    "edit",
    [
        ("level = -1", "level = -2"),
        ("until = 150", "until = 151"),
        (", until = 150", ""),
        ('"inferred"', '"advice"'),
        ('direction = "none"', 'direction = "down"'),
        ("p. 7", "p. 8"),
        ("[thaw]", "[melt]"),
    ],
)
def test_whatever_a_story_says_makes_another_case(tmp_path: Path, edit: tuple[str, str]) -> None:
    plain = folder_with(tmp_path / "plain").case_hash
    assert folder_with(tmp_path / "other", STORIES.replace(*edit)).case_hash != plain


def test_how_it_is_written_makes_none(tmp_path: Path) -> None:
    plain = folder_with(tmp_path / "plain").case_hash
    said = HUNGER.replace("set =", 'reading = "explicit"\nset   =')
    assert folder_with(tmp_path / "turned", f"{said}\n{THAW}").case_hash == plain


def test_they_are_kept_as_the_file_has_them(load: Callable[..., Database], tmp_path: Path) -> None:
    database = load()
    folder = folder_with(tmp_path / "again")
    with database.read() as connection:
        case = read_case(connection, "toy")
        assert verify_chain(connection) == ()
        assert plan_case(connection, folder, SECOND).version is None, "the same again is no other version"
    assert case.stories is not None
    assert stories_from_json(case.stories) == AS_READ
    assert case.stories == stories_as_json(AS_READ)


def test_a_changed_story_is_a_new_version_and_the_old_one_stays(load: Callable[..., Database]) -> None:
    database = load(None)
    for month, stories in enumerate((STORIES, STORIES.replace("level = -1", "level = -2"), None), start=3):
        load(stories, SECOND.replace(month=month))
        with database.read() as connection:
            case = read_case(connection, "toy")
            assert verify_chain(connection) == ()
        assert case.id == month - 1
        assert (None if case.stories is None else len(case.stories)) == (None if stories is None else 2)


def test_what_a_desk_changes_of_the_catalogue_leaves_them(load: Callable[..., Database], tmp_path: Path) -> None:
    desk = Desk(load(), "kim", day=lambda: date(2020, 3, 1))
    add_indicators(desk, table(), REASON)
    with desk.database.read() as connection:
        case = read_case(connection, "toy")
        assert (case.analyst, case.stories) == ("kim", stories_as_json(AS_READ))
    install_case(desk.database, folder_with(tmp_path / "next", HUNGER), datetime.now(UTC))
    with desk.database.read() as connection:
        case = read_case(connection, "toy")
    assert (case.analyst, case.stories) == (None, stories_as_json(AS_READ[1:]))
    assert case.folder_hash is not None, "what the desk added is still there"


def test_init_tells_that_they_change_and_what_is_wrong_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parley = program_on(tmp_path, monkeypatch, capsys)
    assert parley("init", "--zone", "UTC", "--case", str(write_toy_case(tmp_path / "old")))[0] == 0
    place = write_toy_case(tmp_path / "new", {FILE: STORIES})
    told = json.loads(parley("init", "--case", str(place), "--dry-run", "--json")[1])
    assert told["changes"]["case"] == [{"what": "changed", "name": "settings", "parts": ["stories"]}]
    code, out, _ = parley("init", "--case", str(place))
    assert (code, out.splitlines()[1]) == (0, "case: 1 changed: settings (stories)")
    assert parley("verify")[0] == 0
    write_toy_case(place, {FILE: STORIES.replace("until = 150", "until = 15")})
    code, out, err = parley("init", "--case", str(place))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: stories.toml: line 7, key thaw.set.2.until: 15 lies before from 60; write 60 or")
