"""How long work tells how far it is."""

from collections.abc import Callable

type Progress = Callable[[str, int, int, str], None]
"""(stage, done, total, remark); total 0 where the length is not known."""


def silent(stage: str, done: int, total: int, remark: str) -> None:
    """Progress that nobody watches."""
