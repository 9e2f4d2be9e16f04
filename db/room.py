"""Whether a disk is full."""

import errno
from pathlib import Path
from shutil import disk_usage

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ROOM = 1 << 20
"""With fewer bytes than that a disk is full: neither a page nor a posterior can be counted on to fit."""


def is_full(error: BaseException, folder: Path) -> bool:
    """Whether writing into the folder failed for want of room, which libraries in between do not always say."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    try:
        return disk_usage(folder).free < _ROOM
    except OSError:
        return False
