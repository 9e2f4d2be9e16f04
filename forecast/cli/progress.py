"""Progress of long work on stderr: a bar on a terminal, a line per stage elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from db.progress import Progress

COLD = "half a minute or more the first time on this machine; later runs reuse it"


@contextmanager
def watch(*, warm: bool) -> Iterator[Progress]:
    """Yield a progress function for `forecast.engine.update.update`."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[remark]}"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        yield _reporter(bars, console, warm)


def _reporter(bars: Bars, console: Console, warm: bool) -> Progress:
    current: dict[str, TaskID] = {}

    def report(stage: str, done: int, total: int, remark: str) -> None:
        if stage == "compiling" and not warm:
            remark = COLD
        if stage not in current:
            for task in current.values():
                bars.update(task, total=1, completed=1)
            current.clear()
            current[stage] = bars.add_task(stage, total=total or None, remark=remark)
            if not console.is_terminal:
                console.print(f"{stage} … {remark}".rstrip(), highlight=False)
        if total:
            bars.update(current[stage], total=total, completed=done, remark=f"{done}/{total}  {remark}")
        else:
            bars.update(current[stage], remark=remark)

    return report


@contextmanager
def watched() -> Iterator[Progress]:
    """A bar on a terminal, and nothing elsewhere."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=None)
        yield lambda stage, done, total, _: bars.update(task, description=stage, completed=done, total=total or None)
