"""Which tests run, and which may be skipped: the tiers of the tests, tried on small ones."""

from datetime import date
from pathlib import Path

import pytest

from benchmarks.soak_tests import PAGE, PARTS, Soaked, read_counts, with_row

pytest_plugins = ("pytester",)

SOME = """
import pytest
from sizes import slow, soak

def test_quick(): ...

@pytest.mark.parametrize("size", [slow(3), soak("desk", 9), soak("model", 9)])
def test_law(size): ...
"""
SKIPPED = """
import pytest

def test_quick(): ...

@pytest.mark.parametrize("size", [1, 2])
def test_skipped(size):
    pytest.skip("no such thing here")
"""
HERE = Path(__file__).resolve().parent
CONFTEST = f"""
import sys
sys.path[:0] = {[str(HERE), str(HERE.parent)]}
pytest_plugins = ("tiers",)
"""
INI = """
[pytest]
markers =
    slow
    soak(part)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder of tests with the tiers of these."""
    pytester.makeconftest(CONFTEST)
    pytester.makeini(INI)
    return pytester


@pytest.mark.parametrize(
    ("asked", "passed"), [((), 1), (("--run-slow",), 2), (("--run-soak=desk",), 1), (("--run-soak=all",), 2)]
)
def test_what_is_not_asked_for_is_deselected(suite: pytest.Pytester, asked: tuple[str, ...], passed: int) -> None:
    suite.makepyfile(SOME)
    done = suite.runpytest_inprocess(*asked)
    assert done.parseoutcomes() == {"passed": passed, "deselected": 4 - passed}


def test_a_soak_names_a_part_that_there_is(suite: pytest.Pytester) -> None:
    suite.makepyfile(SOME.replace('"model"', '"modl"'))
    done = suite.runpytest_inprocess()
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*soak('modl',) names no part; give one of desk, schedule, evaluation, model"])


@pytest.mark.parametrize(
    ("known", "code", "spread"),
    [
        ("# none\n", 1, ()),
        ("# none\n", 1, ("-n2", "--dist=loadgroup")),
        ("test_it.py::test_skipped: no such thing here", 0, ()),
        ("test_it.py: no such thing here  # as a rule", 0, ()),
        ("test_it.py::test_quick: no such thing here", 1, ()),
    ],
)
def test_a_skip_that_is_not_known_fails(suite: pytest.Pytester, known: str, code: int, spread: tuple[str, ...]) -> None:
    suite.makepyfile(test_it=SKIPPED)
    Path("skips.txt").write_text(known, encoding="utf-8")
    done = suite.runpytest_inprocess(*spread, "--known-skips=skips.txt")
    assert (done.ret, done.parseoutcomes()) == (code, {"passed": 1, "skipped": 2})
    if code:
        done.stdout.fnmatch_lines(["test_it.py::test_skipped?1?: no such thing here", "*name each in skips.txt"])


@pytest.mark.parametrize(
    "line",
    [
        "test_it.py::test_gone: no such thing here",
        "test_gone.py: no such thing here",
        "test_it.py::test_skipped: another reason",
        "test_it.py::test_skipped",
    ],
)
def test_a_line_on_a_skip_that_cannot_be_is_refused(suite: pytest.Pytester, line: str) -> None:
    suite.makepyfile(test_it=SKIPPED)
    Path("skips.txt").write_text(f"\n{line}\n", encoding="utf-8")
    done = suite.runpytest_inprocess("--known-skips=skips.txt")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"*skips.txt, line 2: '{line}' names no test that is skipped for that reason; write*"])


def test_long_tests_come_first_and_those_that_share_nothing_are_alone(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_a="def test_quick(): ...",
        test_b="""
            import pytest

            @pytest.fixture(scope="module")
            def dear(): ...

            def test_other(): ...

            @pytest.mark.slow
            def test_sharing(dear): ...

            @pytest.mark.slow
            @pytest.mark.xdist_group("mine")
            def test_grouped(): ...

            @pytest.mark.slow
            def test_alone(tmp_path): ...
        """,
    )
    suite.makeconftest(
        CONFTEST
        + """
def pytest_collection_finish(session):
    for item in session.items:
        print("item", item.name, *(mark.args[0] for mark in item.iter_markers("xdist_group")))
"""
    )
    lines = suite.runpytest_inprocess("--run-slow", "-s").stdout.lines
    assert [line.split()[1:] for line in lines if line.startswith("item ")] == [
        ["test_grouped", "mine"],
        ["test_alone", "alone-0"],
        ["test_other"],
        ["test_sharing"],
        ["test_quick"],
    ]


def test_long_tests_of_one_file_that_share_nothing_run_side_by_side(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_it="""
            from pathlib import Path
            from time import monotonic, sleep

            import pytest

            HERE = Path(__file__).parent

            @pytest.mark.slow
            @pytest.mark.parametrize(("own", "other"), [("a", "b"), ("b", "a")])
            def test_meeting(own, other):
                (HERE / own).touch()
                until = monotonic() + 30
                while not (HERE / other).exists():
                    assert monotonic() < until
                    sleep(0.05)
        """
    )
    done = suite.runpytest_inprocess("--run-slow", "-n2", "--dist=loadgroup")
    assert done.parseoutcomes() == {"passed": 2}


# The page of the soak


def soaked(part: str) -> Soaked:
    return Soaked(part=part, day=date(2026, 1, 2), commit="0a1b2c3", passed=7, failed=1, skipped=0, minutes=42)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_has_run_has_its_row(part: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    once = with_row(page, soaked(part))
    assert f"\n| {part} | 2026-01-02 | 0a1b2c3 | 7 | 1 | 0 | 42 |\n" in once
    assert with_row(once, soaked(part)) == once
    assert sum(a != b for a, b in zip(page.splitlines(), once.splitlines(), strict=True)) == 1


def test_a_page_without_the_part_is_told_of() -> None:
    with pytest.raises(ValueError, match=r"docs/soak.md has 0 rows of the part 'attic'; it should have one"):
        with_row(PAGE.read_text(encoding="utf-8"), soaked("attic"))


def test_an_error_counts_as_a_failure(tmp_path: Path) -> None:
    counts = '<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3" /></testsuites>'
    (tmp_path / "told.xml").write_text(counts, encoding="utf-8")
    assert read_counts(tmp_path / "told.xml") == (3, 3, 3)
