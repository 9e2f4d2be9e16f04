"""Every sentence that is shown, in Japanese: a module for each part of `forecast.words.language.Language`."""

from forecast.words.japanese import checks as _checks
from forecast.words.japanese.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.checks import CheckWords

code, name = "ja", "Japanese"
labels: Labels = LABELS
checks: CheckWords = _checks
