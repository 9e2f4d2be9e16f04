"""Every sentence that is shown, in Japanese: a module for each part of `forecast.words.language.Language`."""

from forecast.words.japanese import plots as _plots
from forecast.words.japanese.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.plots import PlotWords

code, name = "ja", "Japanese"
labels: Labels = LABELS
plots: PlotWords = _plots
