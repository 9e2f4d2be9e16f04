"""Every sentence that is shown, in Korean: a module for each part of `forecast.words.language.Language`."""

from forecast.words.korean import alerts as _alerts
from forecast.words.korean import brief as _brief
from forecast.words.korean import checks as _checks
from forecast.words.korean import codings as _codings
from forecast.words.korean import leaning as _leaning
from forecast.words.korean import model as _model
from forecast.words.korean import news as _news
from forecast.words.korean import plan as _plan
from forecast.words.korean import plots as _plots
from forecast.words.korean import quality as _quality
from forecast.words.korean import reasons as _reasons
from forecast.words.korean import short as _short
from forecast.words.korean import show as _show
from forecast.words.korean import stories as _stories
from forecast.words.korean import trust as _trust
from forecast.words.korean import whatif as _whatif
from forecast.words.korean import why as _why
from forecast.words.korean.labels import LABELS
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

code, name = "ko", "Korean"
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
