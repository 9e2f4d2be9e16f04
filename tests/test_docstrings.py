"""The examples in the docstrings of public mathematics are run, and its functions name formula or source."""

import doctest
import inspect
from types import ModuleType

import pytest

from models import raking, reliability, scores, states

MODULES = [raking, reliability, scores, states]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_example_gives_what_it_says(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("module", [raking, reliability, scores], ids=lambda module: module.__name__)
def test_every_public_function_of_scores_and_weights_has_an_example(module: ModuleType) -> None:
    public = [f for name, f in inspect.getmembers(module, inspect.isfunction) if not name.startswith("_")]
    own = [f for f in public if f.__module__ == module.__name__]
    assert own
    assert not [f.__name__ for f in own if ">>> " not in (f.__doc__ or "")]
