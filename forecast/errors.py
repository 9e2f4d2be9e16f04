"""Errors a user can mend: one root over those of storage, of a case's data and of forecasting.

ParleyError                   one line: what is wrong with its value; what would be right; what to run
├── StoreError                storage: a value or rule the tables refuse, a posterior that cannot be read
│   ├── DatabaseMissing       no database there, or one without tables
│   ├── DatabaseTooNew        made by a later version of the program
│   ├── DatabaseTooOld        made by an earlier version; `parley init` migrates it
│   ├── DatabaseUnwritable    the file or its folder cannot be written
│   ├── DatabaseLocked        another process holds the write lock for too long
│   ├── Conflict              the row contradicts one that is there already
│   ├── PosteriorsShared      another database uses the folder of posteriors: nothing is removed there
│   ├── LeaseHeld             someone else makes the scheduled runs
│   ├── LeaseLost             someone else has taken over making them
│   ├── BadPosterior          a posterior that is to be copied is missing or altered
│   └── BrokenChain           stored rows no longer match their hashes
├── AnswerLost                what was done stands, and the answer could not be written
├── Interrupted               Ctrl-C, with what stands and what goes on from there
├── CaseError                 a case folder, a file or an entry with mistakes: every problem at once
└── ForecastError
    ├── NoForecast            nothing published yet, or nothing as of that date
    ├── NoBacktest            no stored backtest answers to what was asked
    ├── NoPosterior           no posterior to make a provisional forecast with
    ├── NotExplained          two runs whose difference cannot be split
    ├── BadStatement          what is supposed cannot be read
    ├── BadSupposition        what is supposed cannot be, or not together: every problem at once
    ├── NotAnswered           a saved scenario to which no answer can be stored
    ├── NotOnFile             there is no such row, or it can no longer be corrected
    ├── UnknownId             no indicator, document or event has that name as of the date
    ├── NotEnough             the data as of that date cannot carry a forecast
    ├── FitFailed             a scheduled run could not be made
    ├── NoWorkers             tasks cannot be run where they were sent
    ├── BadSettings           the settings file cannot be read, or says what it must not
    ├── NotSent               a message did not go out
    │   ├── NotTaken          its receiver will not have it, however often it is sent
    │   └── PerhapsSent       it was handed over whole, and no answer came
    ├── NothingToDraw         what was asked for holds nothing that could be drawn
    ├── NothingToExport       no row answers to what was asked
    └── NotWritten            a file cannot be written where it was asked for
"""

from collections.abc import Sequence

from db.errors import ParleyError as ParleyError  # the root lies lowest, where storage can stand on it


class ForecastError(ParleyError):
    """What a forecast, or a question about one, cannot do without."""


class NoForecast(ForecastError):
    """There is no run to show."""


class NoBacktest(ForecastError):
    """There is no backtest to show."""


class NoPosterior(ForecastError):
    """There is no posterior to make a provisional forecast with."""


class NotExplained(ForecastError):
    """The difference between two runs cannot be split."""


class BadStatement(ForecastError):
    """What is supposed cannot be read."""


class BadSupposition(ForecastError):
    """What is supposed cannot be, or not together; every problem is a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        self._problems = tuple(problems)
        super().__init__("\n".join(self._problems))

    def __reduce__(self) -> tuple[type["BadSupposition"], tuple[tuple[str, ...]]]:
        """Made anew from its problems where it crosses a process."""
        return type(self), (self._problems,)

    @property
    def problems(self) -> tuple[str, ...]:
        return self._problems


class NotAnswered(ForecastError):
    """There is no answer to a saved scenario."""


class NotOnFile(ForecastError):
    """There is no such row, or it is superseded or retracted already."""


class UnknownId(ForecastError):
    """Nothing of that name is on file as of the date."""


class NotEnough(ForecastError):
    """The rows known as of the date do not make a forecast."""


class FitFailed(ForecastError):
    """A run could not be made; the first line says why, `trace` where."""

    def __init__(self, line: str, trace: str = "") -> None:
        super().__init__(line)
        self.trace = trace


class NoWorkers(ForecastError):
    """Tasks found no worker, or lost it time and again."""


class BadSettings(ForecastError):
    """The settings file cannot be read, or a value in it is not right."""


class NotSent(ForecastError):
    """The message did not go out, or no answer says that it did.

    The receiver may have asked to be left alone for so many seconds, which `wait_s` holds.
    """

    def __init__(self, line: str, wait_s: float = 0.0) -> None:
        super().__init__(line)
        self.wait_s = wait_s


class NotTaken(NotSent):
    """The receiver refuses the message for good: sent again, it would be refused again."""


class PerhapsSent(NotSent):
    """The message was handed over whole and not answered: sent again, it might arrive twice."""


class NothingToDraw(ForecastError):
    """What was asked for holds nothing that could be drawn."""


class NothingToExport(ForecastError):
    """No row answers to what was asked."""


class NotWritten(ForecastError):
    """A file cannot be written there; nothing was changed."""
