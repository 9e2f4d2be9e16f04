"""Errors a user can mend.

ForecastError
├── NoForecast    nothing published yet, or nothing as of that date
├── NoBacktest    no stored backtest answers to what was asked
├── NoPosterior   no posterior to make a provisional forecast with
├── NotOnFile     there is no such row, or it can no longer be corrected
├── NotEnough     the data as of that date cannot carry a forecast
├── BadSettings   the settings file cannot be read, or says what it must not
├── NoWorkers     tasks cannot be run where they were sent
└── NotWritten    a file cannot be written where it was asked for
"""


class ForecastError(Exception):
    """One line: what is wrong with its value; what would be right; what to run."""


class NoForecast(ForecastError):
    """There is no run to show."""


class NoBacktest(ForecastError):
    """There is no backtest to show."""


class NoPosterior(ForecastError):
    """There is no posterior to make a provisional forecast with."""


class NotOnFile(ForecastError):
    """There is no such row, or it is superseded or retracted already."""


class NotEnough(ForecastError):
    """The rows known as of the date do not make a forecast."""


class NoWorkers(ForecastError):
    """Tasks found no worker, or lost it time and again."""


class NotWritten(ForecastError):
    """A file cannot be written there; nothing was changed."""


class BadSettings(ForecastError):
    """The settings file cannot be read, or a value in it is not right."""
