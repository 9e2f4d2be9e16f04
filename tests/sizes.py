"""Parameters of a test by how long it takes: a law has a size that finds it broken, and a greater one in the soak."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet


def slow(*values: object) -> "ParameterSet":
    """Values with which a test runs in .ci/run."""
    return pytest.param(*values, marks=pytest.mark.slow)


def soak(part: str, *values: object) -> "ParameterSet":
    """Values with which a test runs in that part of the soak."""
    return pytest.param(*values, marks=pytest.mark.soak(part))
