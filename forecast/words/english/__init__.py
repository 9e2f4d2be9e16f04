"""Every sentence that is shown, in English: a module for each part of `forecast.words.language.Language`."""

from forecast.words.english import plots as _plots
from forecast.words.english.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.plots import PlotWords

code, name = "en", "English"
labels: Labels = LABELS
plots: PlotWords = _plots
