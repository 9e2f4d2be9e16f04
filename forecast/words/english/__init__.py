"""Every sentence that is shown, in English: a module for each part of `forecast.words.language.Language`."""

from forecast.words.english import alerts as _alerts
from forecast.words.english.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.alerts import AlertWords

code, name = "en", "English"
labels: Labels = LABELS
alerts: AlertWords = _alerts
