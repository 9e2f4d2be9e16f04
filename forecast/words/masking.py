"""Addresses as they may be shown: that of a webhook is a secret, and a mailbox concerns only those who write to it.

Whatever shows a setting, or repeats what a server said, does it through `masked`.
"""

import re
from collections.abc import Iterable
from hashlib import sha256

MASK = "…"
"""Stands for what is left out; no address that is masked passes for a whole one."""
_ENOUGH = 16
"""Of a path of more characters the last four are shown, so that two addresses can be told apart."""
_TOLD = 6
"""A part of an address this short may be a word like any other, and is not looked for in texts."""
_WEB = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*):/{1,2}(?P<rest>[^\s\"'<>]+)", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w/.@…-])(?P<host>(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?)(?P<path>/[^\s\"'<>]{8,})", re.IGNORECASE)
_MAIL = re.compile(r"(?P<first>[^\s@\"'<>(),;:=…])[^\s@\"'<>(),;:…]*@(?P<host>[^\s@\"'<>(),;:]*[^\s@\"'<>(),;:.])")


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """A text whose web addresses are shown as scheme, host and at most four characters, e-mail addresses as k…@host.

    What is among `secrets` is not shown at all, wherever it stands.
    """
    for secret in sorted({part for part in secrets if len(part) >= _TOLD}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _WEB.sub(_web, text)
    text = _BARE.sub(lambda found: f"{found['host']}{_tail(found['path'])}", text)
    return _MAIL.sub(lambda found: f"{found['first']}{MASK}@{found['host']}", text)


def is_masked(address: str) -> bool:
    return MASK in address


def short_key(address: str) -> str:
    """A masked address that differs where the addresses do."""
    return f"{masked(address)}#{sha256(address.encode()).hexdigest()[:6]}"


def _web(found: re.Match[str]) -> str:
    place, tail = re.split(r"(?=[/?#])|$", found["rest"], maxsplit=1)
    return f"{found['scheme']}://{place.rpartition('@')[2]}{_tail(tail)}"


def _tail(path: str) -> str:
    if path in ("", "/") or re.fullmatch(rf"/{MASK}.{{0,4}}", path):
        return path
    return f"/{MASK}{path[-4:] if len(path) > _ENOUGH else ''}"
