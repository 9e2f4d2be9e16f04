"""Every sentence that is shown, in English: a module for each part of `forecast.words.language.Language`."""

from forecast.words.english import alerts as _alerts
from forecast.words.english import brief as _brief
from forecast.words.english import checks as _checks
from forecast.words.english import codings as _codings
from forecast.words.english import leaning as _leaning
from forecast.words.english import model as _model
from forecast.words.english import news as _news
from forecast.words.english import plan as _plan
from forecast.words.english import plots as _plots
from forecast.words.english import quality as _quality
from forecast.words.english import reasons as _reasons
from forecast.words.english import short as _short
from forecast.words.english import show as _show
from forecast.words.english import stories as _stories
from forecast.words.english import trust as _trust
from forecast.words.english import whatif as _whatif
from forecast.words.english import why as _why
from forecast.words.english.labels import LABELS
from forecast.words.labels import Labels
from forecast.words.parts.alerts import AlertWords
from forecast.words.parts.brief import BriefWords
from forecast.words.parts.checks import CheckWords
from forecast.words.parts.codings import CodingWords
from forecast.words.parts.leaning import LeaningWords
from forecast.words.parts.model import ModelWords
from forecast.words.parts.news import NewsWords
from forecast.words.parts.plan import PlanWords
from forecast.words.parts.plots import PlotWords
from forecast.words.parts.quality import QualityWords
from forecast.words.parts.reasons import ReasonWords
from forecast.words.parts.short import ShortWords
from forecast.words.parts.show import ShowWords
from forecast.words.parts.stories import StoryWords
from forecast.words.parts.trust import TrustWords
from forecast.words.parts.whatif import WhatIfWords
from forecast.words.parts.why import WhyWords

code, name = "en", "English"
labels: Labels = LABELS
brief: BriefWords = _brief
checks: CheckWords = _checks
alerts: AlertWords = _alerts
codings: CodingWords = _codings
leaning: LeaningWords = _leaning
model: ModelWords = _model
news: NewsWords = _news
plan: PlanWords = _plan
plots: PlotWords = _plots
quality: QualityWords = _quality
reasons: ReasonWords = _reasons
short: ShortWords = _short
show: ShowWords = _show
stories: StoryWords = _stories
trust: TrustWords = _trust
whatif: WhatIfWords = _whatif
why: WhyWords = _why
