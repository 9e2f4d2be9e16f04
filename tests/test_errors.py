"""One root over all errors that a user can mend, and the drawing of them is true."""

import importlib
import pickle
import pkgutil
import re

import pytest

import db
import forecast
import indicators
import models
from forecast import errors
from forecast.errors import BadSupposition, FitFailed, ParleyError
from indicators.errors import CaseError

PACKAGES = (db, indicators, models, forecast)


def classes_below(root: type) -> set[type]:
    return {root}.union(*(classes_below(child) for child in root.__subclasses__()))


def test_the_tree_at_the_top_of_the_module_is_the_tree_of_classes() -> None:
    for package in PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name and not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    drawn = re.findall(r"^[│├└─ ]*([A-Z]\w+(?:Error)?)(?: {2,}|$)", errors.__doc__ or "", re.MULTILINE)
    public = {one.__name__ for one in classes_below(ParleyError) if one.__module__.split(".")[0] != "tests"}
    assert sorted(drawn) == sorted(name for name in public if not name.startswith("_"))


@pytest.mark.parametrize("kind", sorted(classes_below(ParleyError), key=lambda kind: kind.__name__))
def test_every_error_says_its_problems_and_crosses_a_process(kind: type[ParleyError]) -> None:
    several = issubclass(kind, CaseError | BadSupposition)
    error = kind(["one", "two"]) if several else kind("one")
    assert error.problems == (("one", "two") if several else ("one",))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.problems) == (str(error), error.problems)


def test_a_failed_fit_says_where_in_the_process_that_ordered_it() -> None:
    again = pickle.loads(pickle.dumps(FitFailed("one", "where")))
    assert (str(again), again.trace) == ("one", "where")
