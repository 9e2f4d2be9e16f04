"""What can go wrong in storage.

    StoreError                  any of them; also a value or rule the tables refuse
    ├── DatabaseMissing         no database there, or one without tables
    ├── DatabaseTooNew          made by a later version of the program
    ├── DatabaseTooOld          made by an earlier version; ``parley init`` migrates it
    ├── DatabaseUnwritable      the file or its folder cannot be written
    ├── DatabaseLocked          another process holds the write lock for too long
    ├── Conflict                the row contradicts one that is there already
    ├── LeaseHeld               someone else makes the scheduled runs
    ├── LeaseLost               someone else has taken over making them
    └── BrokenChain             stored rows no longer match their hashes

Each message is one line: what is wrong with its value; what would be right or what to run.
"""


class StoreError(Exception):
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


class LeaseHeld(StoreError):
    """Another holder of the lease is alive."""


class LeaseLost(StoreError):
    """The lease has passed to another holder."""


class BrokenChain(StoreError):
    """Stored rows no longer match their hash chain."""
