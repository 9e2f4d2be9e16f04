"""Every sentence that is shown, in English: a module for each part of `forecast.words.language.Language`."""

from forecast.words.english import checks as _checks
from forecast.words.english.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.checks import CheckWords

code, name = "en", "English"
labels: Labels = LABELS
checks: CheckWords = _checks
