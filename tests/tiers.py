"""Which tests run, in which order and where, and which of them may be skipped.

Quick tests always run. Those marked `slow` run with --run-slow. Those marked `soak` are repeats of a law with other
seeds, more kills or more worlds; they run alone, with --run-soak PART. A test that is not asked for is deselected: a
test that is skipped is one that this machine cannot run.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from benchmarks.soak_tests import PARTS

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

ALL = "all"


class Known(NamedTuple):
    """A skip that is expected: of a test or of all in a file, for the reason given there."""

    where: str
    reason: str

    def covers(self, nodeid: str, reason: str) -> bool:
        return reason == self.reason and (
            nodeid == self.where or nodeid.startswith((f"{self.where}::", self.where + "["))
        )


UNKNOWN = pytest.StashKey[list[str]]()
"""Lines on the skips that no line of the file names."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="run the tests marked slow as well")
    soak = f"run only this part of the soak: {', '.join(PARTS)}, or {ALL}"
    parser.addoption("--run-soak", choices=(*PARTS, ALL), metavar="PART", help=soak)
    known = "fail if a test is skipped that no line of this file names"
    parser.addoption("--known-skips", type=Path, metavar="FILE", help=known)


# Which tests


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow, part = config.getoption("--run-slow"), config.getoption("--run-soak")
    asked = [item for item in items if _is_asked_for(item, slow=slow, part=part)]
    if len(asked) < len(items):
        kept = set(asked)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    for number, item in enumerate(item for item in asked if _is_long(item) and _shares_nothing(item)):
        item.add_marker(pytest.mark.xdist_group(f"alone-{number}"))
    if getattr(config.option, "loadgroup", False):
        for item in asked:
            _write_group(item)
    first = {item.path for item in asked if _is_long(item)}
    asked.sort(key=lambda item: (not item.get_closest_marker("xdist_group"), item.path not in first))
    items[:] = asked


def _is_asked_for(item: pytest.Item, *, slow: bool, part: str | None) -> bool:
    mark = item.get_closest_marker("soak")
    if mark is None:
        return part is None and (slow or item.get_closest_marker("slow") is None)
    if mark.args not in {(name,) for name in PARTS}:
        raise pytest.UsageError(f"{item.nodeid}: soak{mark.args} names no part; give one of {', '.join(PARTS)}")
    return part in (*mark.args, ALL)


def _write_group(item: pytest.Item) -> None:
    """Give the scheduler, which knows no more of a test than its id, the group: xdist writes it where pytest no longer
    reads."""
    group = item.get_closest_marker("xdist_group")
    if group is not None and hasattr(item, "_id"):
        item._id = type(item._id).parse(f"{item.nodeid}@{group.args[0]}")


def _is_long(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("slow", "soak"))


def _shares_nothing(item: pytest.Item) -> bool:
    """Whether any worker may run it without making again what other tests of its file have made."""
    if item.get_closest_marker("xdist_group"):
        return False
    found = item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]
    return all(fixtures[-1].scope in ("function", "session") for fixtures in found)


# Where


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> "LoadScopeScheduling | None":
    """With --dist loadgroup workers take a test that is in a group with its group, any other with its file.

    The longest come first: what is left in the end is small enough to come out even.
    """
    from xdist.scheduler import LoadGroupScheduling

    class ByGroupOrFile(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            group: str = super()._split_scope(nodeid)
            return nodeid.split("::", 1)[0] if group == nodeid else group

    return ByGroupOrFile(config, log) if config.getvalue("dist") == "loadgroup" else None


# Skips


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--known-skips")
    if path is not None:
        read_known(path, config.rootpath)


def pytest_sessionfinish(session: pytest.Session) -> None:
    path, reporter = (
        session.config.getoption("--known-skips"),
        session.config.pluginmanager.get_plugin("terminalreporter"),
    )
    if path is None or reporter is None or hasattr(session.config, "workerinput"):
        return
    reports = reporter.stats.get("skipped", [])
    unknown = unknown_skips(reports, read_known(path, session.config.rootpath))
    session.config.stash[UNKNOWN] = unknown
    if unknown and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    unknown = config.stash.get(UNKNOWN, [])
    if unknown:
        terminalreporter.section("skips that are not known", red=True)
        for line in unknown:
            terminalreporter.line(line)
        terminalreporter.line(f"let them run here, or name each in {config.getoption('--known-skips')}")


def unknown_skips(reports: Iterable[pytest.TestReport], known: Iterable[Known]) -> list[str]:
    """A line `where: reason` for every report of a skip that is not known."""
    lines = []
    for report in reports:
        nodeid = (
            report.nodeid.rpartition("@")[0] if report.nodeid.rfind("@") > report.nodeid.rfind("]") else report.nodeid
        )
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not any(one.covers(nodeid, reason) for one in known):
            lines.append(f"{nodeid}: {reason}")
    return lines


def read_known(path: Path, root: Path) -> list[Known]:
    """The lines `file[::test]: reason` of a file; what stands behind # is for readers.

    Raises
    ------
    pytest.UsageError
        if a line names no reason, or a file, a test or a reason that is not there
    """
    found = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = text.partition("#")[0].strip()
        if not line:
            continue
        where, _, reason = line.partition(": ")
        file, _, test = where.partition("::")
        source = (root / file).read_text(encoding="utf-8") if (root / file).is_file() else ""
        if not reason or reason not in source or f"def {test}" not in source:
            raise pytest.UsageError(
                f"{path}, line {number}: {line!r} names no test that is skipped for that reason; "
                "write `file::test: reason` or `file: reason` as in the source, or take the line out"
            )
        found.append(Known(where, reason))
    return found
