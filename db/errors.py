"""What can go wrong in storage, and the root of all errors that a user can mend; `forecast.errors` draws the tree."""


class ParleyError(Exception):
    """One line: what is wrong with its value; what would be right; what to run."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that is wrong, a line each."""
        return (str(self),)


class StoreError(ParleyError):
    """Base of every storage error."""


class DatabaseMissing(StoreError):
    """There is no database at the address, or it holds no tables."""


class DatabaseTooNew(StoreError):
    """The schema is later than this program knows."""


class DatabaseTooOld(StoreError):
    """The schema is earlier than this program needs."""


class DatabaseUnwritable(StoreError):
    """The database file or its folder cannot be written."""


class DatabaseLocked(StoreError):
    """Another process kept the write lock beyond the timeout."""


class Conflict(StoreError):
    """The row contradicts one that is already stored."""


class PosteriorsShared(StoreError):
    """Another database uses the folder of posteriors: what is removed for one would be missed by the other."""


class LeaseHeld(StoreError):
    """Another holder of the lease is alive."""


class LeaseLost(StoreError):
    """The lease has passed to another holder."""


class BrokenChain(StoreError):
    """Stored rows no longer match their hash chain."""
