"""What every language says of what the schedule notifies."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from forecast.facts.alerts import (
    AttestationDue,
    BackupTrouble,
    BriefDue,
    CaughtUp,
    Compared,
    FailedDay,
    HeadlineMoved,
    RecoveredDay,
    RejectedDay,
    Unobserved,
)


class AlertWords(Protocol):
    """Lists are of the title and of the lines of the body."""

    def moved(self, found: HeadlineMoved) -> list[str]:
        """The headline crossed a threshold, or moved by more than is let pass."""

    def week_heading(self, since: date) -> str:
        """What stands above the events and attestations of a week."""

    def failed(self, found: Sequence[FailedDay]) -> list[str]:
        """Days whose run failed."""

    def recovered(self, found: Sequence[RecoveredDay]) -> list[str]:
        """Days that were published after their run had failed."""

    def rejected(self, found: Sequence[RejectedDay], stands: tuple[int, date] | None) -> list[str]:
        """Days whose run was rejected; `stands` is the run that stands, and its as-of date."""

    def caught_up(self, found: CaughtUp) -> list[str]:
        """Missing days were made or skipped."""

    def stale(self, found: Sequence[Unobserved]) -> list[str]:
        """Indicators were not observed for too long."""

    def unattested(self, found: AttestationDue) -> list[str]:
        """Types of event were not attested for too long."""

    def backup_title(self, rule: str, day: date) -> str:
        """That the backup of a day failed, or could not be restored."""

    def backup_trouble(self, found: BackupTrouble) -> list[str]:
        """The same with the reason, and which backups there are to go back to."""

    def thinning_failed(self, day: date, why: str) -> list[str]:
        """Old posteriors could not be thinned, and why, which the program says in English."""

    def brief_due(self, found: BriefDue) -> list[str]:
        """The brief goes out by mail."""

    def brief_mailed(self, number: int) -> str:
        """The title of a report that was mailed at a command."""

    def trial(self, host: str, folder: str) -> list[str]:
        """A test message, which says where it was sent from."""

    def compared(self, found: Compared) -> tuple[str, str]:
        """The window of a comparison, and before → after."""

    def origin(self, raised_at: datetime, rule: str, case_id: str) -> str:
        """Where an alert comes from."""

    def see(self, command: str) -> str:
        """What to run to see it again."""

    def goes_on(self) -> str:
        """Where the rest is of a message that was cut."""
