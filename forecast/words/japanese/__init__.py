"""Every sentence that is shown, in Japanese: a module for each part of `forecast.words.language.Language`."""

from forecast.words.japanese import alerts as _alerts
from forecast.words.japanese import brief as _brief
from forecast.words.japanese import checks as _checks
from forecast.words.japanese import codings as _codings
from forecast.words.japanese import leaning as _leaning
from forecast.words.japanese import model as _model
from forecast.words.japanese import news as _news
from forecast.words.japanese import plan as _plan
from forecast.words.japanese import plots as _plots
from forecast.words.japanese import quality as _quality
from forecast.words.japanese import reasons as _reasons
from forecast.words.japanese import short as _short
from forecast.words.japanese import show as _show
from forecast.words.japanese import stories as _stories
from forecast.words.japanese import trust as _trust
from forecast.words.japanese import whatif as _whatif
from forecast.words.japanese import why as _why
from forecast.words.japanese.labels import LABELS
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

code, name = "ja", "Japanese"
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
