"""What was understood of a file before anything of it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """How a file was read, and what storing it would add."""

    file: str
    kind: str
    """What its rows are: observations, events …"""
    rows: int
    new: int
    """Those that are not on file yet."""
    there: int
    """Those that are on file already, or stand in the file twice."""
    doubtful: int
    """New ones that may report what another does, or are in dispute."""
    understood: tuple[str, ...]
    """How it was read, a sentence each."""
    left_out: tuple[str, ...]
    """What was not read and why, a sentence each."""
    sample: tuple[object, ...]
    """The first entries that are new."""
    mapping: Mapping[str, Any]
    """What a person said of its columns."""
