"""Every sentence that is shown, in Japanese: a module for each part of `forecast.words.language.Language`."""

from forecast.words.japanese import alerts as _alerts
from forecast.words.japanese.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.alerts import AlertWords

code, name = "ja", "Japanese"
labels: Labels = LABELS
alerts: AlertWords = _alerts
