"""Every sentence that is shown, in Korean: a module for each part of `forecast.words.language.Language`."""

from forecast.words.korean import alerts as _alerts
from forecast.words.korean.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.alerts import AlertWords

code, name = "ko", "Korean"
labels: Labels = LABELS
alerts: AlertWords = _alerts
