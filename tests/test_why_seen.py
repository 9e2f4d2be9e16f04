"""An explanation stored, added up day by day, gathered, printed, drawn and exported."""

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from conftest import made_once
from explained import coded, line, made_up
from overlaps import overlapping
from rich.cells import cell_len
from sqlalchemy.exc import IntegrityError
from toy_runs import FAILURES, add_run
from why_worlds import make_toy, opened, runs_by_name

from db.chain import verify_chain
from db.engine import Database
from db.errors import Conflict
from db.read_runs import read_run
from db.run_rows import RunRow
from db.when import When
from forecast.cli.app import run
from forecast.cli.why_tables import MOST
from forecast.errors import NotExplained
from forecast.exports.read import Wanted, read_export
from forecast.facts.why import CHANCE, DAILY, ENTRIES, NEW, OBSERVATION, Explanation, Subject
from forecast.identity import model_version
from forecast.plots.why import draw_why
from forecast.run_facts import read_instant
from forecast.schedule.explaining import Pair, explain_pair
from forecast.why.daily import add_up, read_daily
from forecast.why.explain import explain
from forecast.why.found import find
from forecast.why.grouping import BY, LINE, gather
from forecast.why.pairs import published_in_order
from forecast.why.payload import as_json, from_stored, to_stored
from forecast.why.stored import read_stored, store
from forecast.words.language import LANGUAGES
from forecast.words.numbers import signed

NOW = datetime(2020, 6, 2, 12, tzinfo=UTC)
TODAY = date(2020, 6, 2)


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory.getbasetemp(), "why-toy", make_toy)


@pytest.fixture
def desk(toy_folder: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copytree(toy_folder, tmp_path / "desk")
    with opened(tmp_path / "desk") as database:
        yield database


@pytest.fixture
def runs(desk: Database, tmp_path: Path) -> dict[str, RunRow]:
    return runs_by_name(desk, tmp_path / "desk")


def explained(desk: Database, before: RunRow, after: RunRow) -> Explanation:
    with desk.read() as connection:
        return explain(connection, desk.posteriors, before, after)


def store_all(desk: Database) -> None:
    """Every step between consecutive runs, as the schedule stores them."""
    with desk.read() as connection:
        numbers = [run.id for run in published_in_order(connection, "toy")]
    for before, after in pairwise(numbers):
        explain_pair(desk, Pair(before, after), lambda *told: None, lambda: NOW)


def same(one: Explanation, other: Explanation) -> bool:
    """Equal but for numbers that are none, and for what is rounded as it is stored."""

    def plain(found: Explanation) -> str:
        stored = to_stored(found)
        return json.dumps(stored, sort_keys=True)

    return plain(one) == plain(other)


# What is stored


@pytest.mark.parametrize("seed", range(3))
def test_what_is_stored_comes_back_as_it_was(seed: int) -> None:
    found = made_up(seed=seed, lacking=("no_overlap",) if seed == 2 else ())
    back = from_stored(json.loads(json.dumps(to_stored(found), allow_nan=False)))
    assert same(found, back)
    assert [line.points for line in back.lines] == [line.points for line in found.lines]
    assert back.identity == found.identity
    assert isnan(back.learning.pareto_k) == isnan(found.learning.pareto_k)
    assert replace(back, lines=(), learning=found.learning) == replace(found, lines=(), learning=found.learning)


def test_a_step_is_stored_once_and_chained(desk: Database, runs: dict[str, RunRow]) -> None:
    found = explained(desk, runs["report"], runs["contact"])
    number = store(desk, found, lambda: NOW)
    with pytest.raises(Conflict, match=rf"^the step from run \d+ to \d+ is row {number} already$"):
        store(desk, found, lambda: NOW)
    with desk.read() as connection:
        assert verify_chain(connection) == ()
        back = read_stored(connection, runs["report"].id, runs["contact"].id)
        assert back is not None
        assert same(back, found)
        assert same(find(connection, desk.posteriors, runs["report"], runs["contact"]), found)
        assert read_stored(connection, runs["quiet"].id, runs["contact"].id) is None
    with pytest.raises(IntegrityError, match="explanations is append-only: UPDATE refused"), desk.write() as connection:
        connection.exec_driver_sql("UPDATE explanations SET path = 'daily'")


def test_daily_lines_telescope(desk: Database, runs: dict[str, RunRow]) -> None:
    """Law 9: their sum is the whole change, and at each end what the ends said."""
    with desk.read() as connection, pytest.raises(NotExplained, match=r"^the step from run .* explains the whole"):
        read_daily(connection, runs["quiet"], runs["entries"])
    store_all(desk)
    with desk.read() as connection:
        daily = read_daily(connection, runs["quiet"], runs["entries"])
    assert daily.path == DAILY
    assert daily.links == tuple(runs[name].id for name in ("quiet", "still quiet", "report", "contact", "entries"))
    assert daily.identity < 1e-9
    assert daily.before.mean == explained(desk, runs["quiet"], runs["entries"]).before.mean
    direct = explained(desk, runs["quiet"], runs["entries"])
    for target in range(len(direct.targets)):
        for reach in range(len(direct.reaches)):
            assert daily.change(target, reach) == pytest.approx(direct.change(target, reach), abs=1e-9)
    labels = [LANGUAGES["en"].why.line_label(line) for line in daily.of(*ENTRIES)]
    assert len(labels) == len(set(labels)) or len(daily.of(*ENTRIES)) <= len(direct.of(*ENTRIES)) + 1
    add_run(desk, as_of=date(2019, 7, 1), status="rejected", failures=FAILURES)
    with desk.read() as connection:
        assert read_daily(connection, runs["quiet"], runs["entries"]).links == daily.links


def test_steps_of_different_windows_are_added_where_both_have_them() -> None:
    one, other = in_a_row([made_up(runs=(k, k + 1), seed=k) for k in (1, 2)])
    joined = add_up([one, other])
    assert joined.links == (1, 2, 3)
    assert len(joined.lines) <= len(one.lines) + len(other.lines)


@pytest.mark.parametrize("number", [2, 7, 60])
def test_chance_of_many_steps_is_that_of_both_ends(number: int) -> None:
    """What chance did to a run in between is in both its steps, once each way; more days make no more of it."""
    steps = in_a_row([made_up(runs=(k, k + 1), seed=k) for k in range(1, number + 1)])
    daily = add_up(steps)
    ends = 100 * np.hypot(np.array(steps[0].before.mcse), np.array(steps[-1].after.mcse))
    np.testing.assert_allclose(np.array(daily.expected_chance), ends)
    assert [line.error for line in daily.of(CHANCE)] == [daily.expected_chance]
    quiet = tuple(tuple(0.0 for _ in row) for row in steps[0].before.mean)
    assert add_up([replace(step, expected_chance=quiet) for step in steps]).expected_chance == quiet
    assert add_up([*steps[:-1], replace(steps[-1], expected_chance=None)]).expected_chance is None


def in_a_row(steps: list[Explanation]) -> list[Explanation]:
    """Steps that begin where the one before ends, with the changes they have."""
    joined = steps[:1]
    for step in steps[1:]:
        before = joined[-1].after
        mean = tuple(tuple(p + step.change(t, h) / 100 for h, p in enumerate(row)) for t, row in enumerate(before.mean))
        joined.append(replace(step, before=before, after=replace(step.after, mean=mean)))
    return joined


# What is gathered, printed and drawn


@pytest.mark.parametrize("by", [by for by in BY if by != LINE])
def test_gathered_lines_sum_to_the_change(by: str) -> None:
    found = made_up()
    groups = gather(found, by, {"press_tone": "Tone", "border_posture": "Posture", "harvest": "Harvest"})
    total = np.sum([np.array(group.points) for group in groups], axis=0)
    change = [[found.change(t, h) for h in range(len(found.reaches))] for t in range(len(found.targets))]
    np.testing.assert_allclose(total, np.array(change), atol=1e-9)
    named = {group.name for group in groups}
    assert {"indicator": "Tone", "source": "Gazette", "document": "Bread first", "class": ""}[by] in named


@pytest.mark.parametrize("code", list(LANGUAGES))
@pytest.mark.parametrize("seed", [1, 2])
def test_no_words_of_a_waterfall_overlap(code: str, seed: int) -> None:
    found = made_up(seed=seed, lacking=() if seed == 1 else ("no_overlap",))
    assert overlapping(draw_why(found, 0, 1, LANGUAGES[code])) == []


type Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(desk: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`parley why` at the desk: its code, what it printed, and what it said on stderr."""
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{desk.folder / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "140")

    def why(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["why", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return why


def test_the_command_prints_lines_that_add_up(command: Command, runs: dict[str, RunRow], tmp_path: Path) -> None:
    pair = str(runs["contact"].id), str(runs["entries"].id)
    code, out, _ = command(*pair, "--out", str(tmp_path / "why.png"))
    assert code == 0
    assert out.startswith("Why arms-control talks in 365 d went from")
    assert "Chance in the computation made" in out
    assert "one report in 2 rows" in out
    assert (tmp_path / "why.png").read_bytes().startswith(b"\x89PNG")
    code, out, _ = command(*pair, "--json", "--target", "contact", "--horizon", "90")
    told = json.loads(out)
    assert (told["target"], told["horizon_days"], told["deadline"]) == ("contact", 90, None)
    assert told["identity"] < 1e-9
    assert told["inputs_rebuilt"] is True
    assert set(told["monte_carlo"]) == {"points", "expected"}
    asked = [
        next(one["points"] for one in line["impact"] if (one["target"], one["horizon_days"]) == ("contact", 90))
        for line in told["lines"]
    ]
    assert sum(asked) == pytest.approx(100 * (told["after"]["mean"] - told["before"]["mean"]), abs=1e-7)
    assert {"by", "points", "error", "pareto_k", "ess"} == set(told["re_estimation"][0])


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_every_form_of_the_table_is_printed(
    desk: Database, command: Command, runs: dict[str, RunRow], by: str, lang: str
) -> None:
    store(desk, replace_runs(made_up(), runs["report"], runs["contact"]), lambda: NOW)
    pair = str(runs["report"].id), str(runs["contact"].id)
    code, out, err = command(*pair, "--by", by, "--lang", lang)
    assert (code, err) == (0, "")
    assert LANGUAGES[lang].why.label("after") in out


@pytest.mark.parametrize("width", [56, 80, 100, 160])
@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_a_narrow_terminal_shows_all_of_it(
    desk: Database,
    command: Command,
    runs: dict[str, RunRow],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    lang: str,
) -> None:
    """No line is wider than the terminal, and none of the numbers is lost to that."""
    found = replace_runs(made_up(), runs["report"], runs["contact"])
    store(desk, found, lambda: NOW)
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = command(str(runs["report"].id), str(runs["contact"].id), "--lang", lang)
    assert max(map(cell_len, out.splitlines())) <= width
    words = LANGUAGES[lang].why
    numbers = [signed(line.at(0, h)) for line in found.lines for h in range(len(found.reaches))]
    assert [number for number in numbers if number not in out] == []
    for name in ("expected", "said", "surprise"):
        assert words.label(name) in out
    assert " ".join(out.split()).count("0.3 ± 1.2") == 2


@pytest.mark.parametrize("target", ["arms_control_talks", "contact"])
def test_of_many_entries_the_largest_of_what_is_asked_for_are_told(
    desk: Database, command: Command, runs: dict[str, RunRow], target: str
) -> None:
    rng = random.Random(5)
    entries = [
        line(rng, OBSERVATION, NEW, subject=Subject(table="observations", rows=(k,)), coded=coded(f"at-{k:02}", 1.0))
        for k in range(30)
    ]
    found = replace_runs(made_up(lines=(*entries, line(rng, CHANCE, CHANCE))), runs["report"], runs["contact"])
    store(desk, found, lambda: NOW)
    pair = str(runs["report"].id), str(runs["contact"].id)
    _, out, _ = command(*pair, "--target", target, "--horizon", "30")
    place = found.targets.index(target)
    largest = sorted(entries, key=lambda one: -abs(one.at(place, 0)))
    names = [one.coded.name for one in largest if one.coded is not None]
    table = out[out.index(LANGUAGES["en"].why.label("before") + " ") :]
    assert re.findall(r"Name of at-\d\d", table) == names[:MOST]
    left = sum(one.at(place, 0) for one in largest[MOST:])
    assert re.search(rf"{30 - MOST} others +{re.escape(signed(left))}\n", table)


def test_a_file_of_facts_is_what_is_printed(command: Command, runs: dict[str, RunRow], tmp_path: Path) -> None:
    asked = (str(runs["report"].id), str(runs["contact"].id), "--by", "source", "--target", "contact")
    code, printed, _ = command(*asked, "--json", "--out", str(tmp_path / "why.json"))
    assert code == 0
    assert (tmp_path / "why.json").read_text(encoding="utf-8") == printed
    code, out, err = command(*asked, "--out", str(tmp_path / "why.json"))
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"error: {tmp_path / 'why.json'} exists; give --force to replace it")


def test_the_waterfall_is_a_kind_of_picture(
    command: Command, runs: dict[str, RunRow], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same as the command draws, of the run that is named and the one before it or of the day asked for."""
    drawn, kind = tmp_path / "why.svg", tmp_path / "kind.svg"
    command(str(runs["report"].id), str(runs["contact"].id), "--target", "contact", "--out", str(drawn))
    asked = ["--run", str(runs["contact"].id), "--target", "contact", "--out", str(kind)]
    assert run(["plot", "why", *asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    shown = told["shown"]
    assert shown["run_ids"] == [runs["report"].id, runs["contact"].id]
    assert (shown["target"], shown["horizon_days"]) == ("contact", 365)
    change = 100 * (shown["after"] - shown["before"])
    assert sum(one["points"] for one in shown["lines"]) == pytest.approx(change, abs=1e-7)
    assert "Chance in the computation made" in told["caption"]
    assert kind.read_bytes() == drawn.read_bytes()
    since = ["--since", runs["quiet"].as_of.isoformat(), "--force", "--json"]
    assert run(["plot", "why", *asked, *since]) == 0
    assert json.loads(capsys.readouterr().out)["shown"]["run_ids"] == [runs["quiet"].id, runs["contact"].id]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--since", "1999-01-01"), 1, "nothing was published as of 1999-01-01 or before"),
        (("--since", "soon"), 2, "'soon' is neither a date nor brief or week"),
        (("--horizon", "45"), 1, "not both runs forecast 45; they share 30, 90, 180, 365"),
        (("--as-of", "2020-01-01"), 2, "does not apply to why, which takes --run, --since, --target, --horizon"),
        (("--run", "999"), 1, "no run 999"),
    ],
)
def test_mistakes_about_the_waterfall_are_told_in_a_line(
    command: Command,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    assert run(["plot", "why", "--out", str(tmp_path / "a.png"), *arguments]) == code
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert message in said.err
    assert not (tmp_path / "a.png").exists()


def replace_runs(found: Explanation, before: RunRow, after: RunRow) -> Explanation:
    """One that was made up as if it were of two runs on file, by the present model."""
    return replace(
        found,
        before=replace(found.before, run_id=before.id, as_of=before.as_of),
        after=replace(found.after, run_id=after.id, as_of=after.as_of),
        model_version=model_version(),
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("1", "1"), 1, "error: run 1 is compared with itself"),
        (("1", "2", "3"), 2, "3 runs are given; give two at most"),
        (("1", "2", "--since", "week"), 2, "with --since only the later run can be named"),
        (("--since", "yesterday"), 2, "'yesterday' is neither a date nor brief or week"),
        (("--since", "1999-01-01"), 1, "nothing was published as of 1999-01-01 or before"),
        (("--by", "colour"), 2, "'colour' is not known"),
        (("--path", "round"), 2, "'round' is not known"),
        (("--target", "peace"), 2, "'peace' is not known"),
        (("--horizon", "45"), 1, "not both runs forecast 45; they share 30, 90, 180, 365"),
        (("--force",), 2, "there is no file to replace"),
        (("--out", "why.pdf"), 2, "'why.pdf' does not end in .png, .svg or .json"),
        (("999",), 1, "no run 999"),
        (("--path", "daily"), 1, "was not stored"),
    ],
)
def test_mistakes_are_told_in_a_line(command: Command, arguments: tuple[str, ...], code: int, message: str) -> None:
    done, out, err = command(*arguments)
    assert (done, out) == (code, "")
    *progress, line = err.splitlines()
    assert message in line
    assert all("…" in one for one in progress)


def test_exported_lines_add_up_to_what_the_runs_said(desk: Database, runs: dict[str, RunRow]) -> None:
    store(desk, explained(desk, runs["contact"], runs["entries"]), lambda: NOW)
    with desk.read() as connection:
        export = read_export(connection, Wanted(what="explanations", when=When(as_of=TODAY)), case_id="toy")
        names = [column.name for column in export.columns]
        rows = [dict(zip(names, row, strict=True)) for row in export.rows]
    sums: dict[tuple[object, ...], float] = {}
    for row in rows:
        place = row["target"], row["horizon_days"], row["deadline"], row["mean_before"], row["mean"]
        sums[place] = sums.get(place, 0.0) + float(str(row["points"]))
    assert len(sums) == 30
    for (*_, before, after), points in sums.items():
        assert points == pytest.approx(100 * (float(str(after)) - float(str(before))), abs=1e-7)
    assert {row["class"] for row in rows} >= {"observation", "correction", "event", "re_estimation", CHANCE}


def test_a_run_keeps_which_version_of_the_model_made_it(desk: Database, runs: dict[str, RunRow]) -> None:
    with desk.read() as connection:
        run = read_run(connection, runs["quiet"].id)
    assert run.detail["model_version"] == model_version()
    assert read_instant(run).tzinfo is not None


def test_json_holds_no_number_that_json_has_not() -> None:
    told = as_json(made_up(lacking=("lost_before",)), 0, 1)
    json.dumps(told, allow_nan=False, default=str)
    assert told["monte_carlo"] == {"points": None, "expected": None}
