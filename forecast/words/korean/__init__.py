"""Every sentence that is shown, in Korean: a module for each part of `forecast.words.language.Language`."""

from forecast.words.korean import plots as _plots
from forecast.words.korean.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.plots import PlotWords

code, name = "ko", "Korean"
labels: Labels = LABELS
plots: PlotWords = _plots
