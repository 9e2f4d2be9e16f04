"""Parley as a library: what a program needs to enter, forecast and read, loaded when it is asked for.

from forecast import Desk, log, open_database

with open_database("sqlite:///parley.db") as database:
    receipt = log(Desk(database, "kim"), "us_posture", 1, on="2026-11-20", source="AP", grade="B2")
"""

from importlib import import_module

TYPE_CHECKING = (
    False  # of `typing`, which takes so long to import that Ctrl-C may come before the program can answer it
)
if TYPE_CHECKING:
    from db.engine import open_database as open_database
    from db.errors import ParleyError as ParleyError
    from db.when import When as When
    from forecast.desk.actions import add_event as add_event
    from forecast.desk.actions import attest as attest
    from forecast.desk.actions import log as log
    from forecast.desk.actions import retract as retract
    from forecast.desk.actions import revise as revise
    from forecast.desk.session import Desk as Desk
    from forecast.engine.update import update as update
    from forecast.record.summary import read_summary as read_summary

_HOMES = {
    "Desk": "forecast.desk.session",
    "ParleyError": "db.errors",
    "When": "db.when",
    "add_event": "forecast.desk.actions",
    "attest": "forecast.desk.actions",
    "log": "forecast.desk.actions",
    "open_database": "db.engine",
    "read_summary": "forecast.record.summary",
    "retract": "forecast.desk.actions",
    "revise": "forecast.desk.actions",
    "update": "forecast.engine.update",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
