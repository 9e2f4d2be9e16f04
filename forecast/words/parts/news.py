"""What every language says of what came on file."""

from collections.abc import Sequence
from typing import Protocol

from forecast.facts.news import (
    AttestationNews,
    DocumentNews,
    EventNews,
    IndicatorNews,
    JudgementNews,
    News,
    ObservationNews,
    Overtaken,
    Week,
)
from forecast.facts.untaught import Untaught


class NewsWords(Protocol):
    """Each is a line without a full stop, or several."""

    def event_line(self, one: EventNews) -> str:
        """What, when, where, by which source, and what is known of its standing."""

    def attestation_line(self, word: Sequence[AttestationNews]) -> str:
        """One word of a person, on several types of event."""

    def observation_line(self, one: ObservationNews) -> str:
        """The indicator as the news name it, its level, and who coded it."""

    def document_line(self, one: DocumentNews) -> str: ...

    def judgement_line(self, one: JudgementNews) -> str: ...

    def indicator_line(self, one: IndicatorNews) -> str: ...

    def kinds_to_learn(self, news: News) -> str:
        """The kinds that only a full update takes in, as a list of words; "" where there are none."""

    def news_lines(self, news: News) -> list[str]:
        """A line for each entry, events first, of each kind the latest first and at most `SHOWN`."""

    def week_lines(self, week: Week) -> list[str]:
        """A line for each event, attestation and dispute, of each kind the latest first and at most `SHOWN`."""

    def overtaken_lines(self, found: Overtaken) -> list[str]:
        """First what happened, by name and source, then the run whose numbers take it in, or what to run for one."""

    def untaught_words(self, found: Untaught) -> str:
        """What of all that has happened a forecast without a fit has not learnt."""
