"""Every sentence that is shown, in Korean: a module for each part of `forecast.words.language.Language`."""

from forecast.words.korean import checks as _checks
from forecast.words.korean import plots as _plots
from forecast.words.korean import trust as _trust
from forecast.words.korean.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.checks import CheckWords
from forecast.words.parts.plots import PlotWords
from forecast.words.parts.trust import TrustWords

code, name = "ko", "Korean"
labels: Labels = LABELS
checks: CheckWords = _checks
plots: PlotWords = _plots
trust: TrustWords = _trust
