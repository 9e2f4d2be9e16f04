"""Every sentence that is shown, in Korean: a module for each part of `forecast.words.language.Language`."""

from forecast.words.korean import checks as _checks
from forecast.words.korean.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.checks import CheckWords

code, name = "ko", "Korean"
labels: Labels = LABELS
checks: CheckWords = _checks
