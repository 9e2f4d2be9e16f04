"""What a program imports from `forecast`: few names, the real things, and nothing loaded before it is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest
from toy_runs import install_toy

import forecast
from forecast import Desk, log, open_database


def test_the_face_has_at_most_twelve_names_and_every_one_is_there() -> None:
    assert len(forecast.__all__) <= 12
    assert sorted(forecast.__all__) == forecast.__all__
    for name in forecast.__all__:
        thing = getattr(forecast, name)
        assert (thing.__name__, name in dir(forecast)) == (name, True)
        assert thing.__doc__


def test_a_name_it_has_not_is_told_with_those_it_has() -> None:
    with pytest.raises(AttributeError, match=r"^module 'forecast' has no attribute 'forecasts'; it has Desk, Parley"):
        forecast.forecasts  # noqa: B018


def test_importing_it_loads_nothing_else() -> None:
    code = "import forecast, sys; print([m for m in sys.modules if m.split('.')[0] in ('db', 'models', 'numpy')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_program_logs_as_readme_shows(tmp_path: Path) -> None:
    install_toy(tmp_path).close()
    with open_database(f"sqlite:///{tmp_path / 'parley.db'}") as database:
        receipt = log(Desk(database, "kim"), "press_tone", 1, on="2019-06-01", source="AP", grade="B2")
    assert receipt.stored
