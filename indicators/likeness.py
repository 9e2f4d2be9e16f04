"""When two web addresses lead to one page, and two titles are one title: what each is told by.

Wires, browsers and sharing buttons write one address in many ways, and keyboards one title. Two that have one key are
equivalent; a key is for comparing, never for showing or storing.
"""

import re
import string
import unicodedata
from urllib.parse import unquote, unquote_plus

from indicators.texts import without_invisible

_ADDRESS = re.compile(
    r"https?:/+(?:[^/?#@]*@)?(?P<host>\[[^]/]*\]|[^/?#:]*)(?::(?P<port>\d*))?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_SIDES = ("www", "m", "mobile", "amp")
"""What a host begins with that shows the pages of the one behind it."""
_DEFAULT_PORTS = ("", "80", "443")
_TRACKING = re.compile(
    r"utm_.*|at_.*|pk_.*|mtm_.*|hsa_.*|_hs.*|[a-z]*clk?id|gclsrc|gad_source|[gw]braid|_ga|_gl|mc_[ce]id|mkt_tok|igshi?d"
    r"|ref_src|ref_url|cmp(id)?|ocid|icid|ncid|s_cid|xtor|spm|smid|sr_share|__twitter_impression|amp|outputtype",
    re.IGNORECASE,
)
"""Names in a query that say where a reader comes from, or in what form the page is to be shown."""
_PAGE_FRAGMENT = ("!", "/")  # begins a fragment that names a page of its own
_SLASHES = re.compile("/{2,}")
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_BETWEEN_WORDS = (string.punctuation + string.whitespace).encode()


def address_key(url: str) -> str:
    """What a web address is told by; "" for no address.

    Scheme, `www.` and mobile hosts, default port, trailing slash, tracking parameters and fragment do not tell; nor how
    host, percent signs and the order of parameters are written.
    """
    text = without_invisible(url).strip()
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return text.casefold()
    host, port, path, query, fragment = found.group("host", "port", "path", "query", "fragment")
    place = _host(host) if (port or "") in _DEFAULT_PORTS else f"{_host(host)}:{port}"
    page = fragment if fragment and fragment.startswith(_PAGE_FRAGMENT) else ""
    return "\n".join((place, _path(path), _query(query) if query else "", page)).rstrip("\n")


def _host(host: str) -> str:
    """The host in ASCII letters, without what stands before its name for one kind of reader."""
    host = host.casefold().rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:  # no host that could be asked; it is told by how it is written
            return host
    side, _, rest = host.partition(".")
    while side in _SIDES and "." in rest:
        host = rest
        side, _, rest = host.partition(".")
    return host


def _path(path: str) -> str:
    if "%" in path or not path.isascii():
        path = unicodedata.normalize("NFC", unquote(path, errors="surrogateescape"))
    return _SLASHES.sub("/", path).rstrip("/").removesuffix("/amp")


def _query(query: str) -> str:
    parts = [part for part in query.split("&") if part and not _TRACKING.fullmatch(part.partition("=")[0])]
    return "&".join(sorted(unquote_plus(part, errors="surrogateescape") for part in parts))


def title_key(title: str) -> str:
    """What a title is told by: its letters and digits, whatever their case, width and what stands between them."""
    if title.isascii():
        return title.casefold().encode().translate(None, _BETWEEN_WORDS).decode() or title.strip()
    text = unicodedata.normalize("NFKC", _VARIATION.sub("", without_invisible(title)))
    text = unicodedata.normalize("NFKC", text.casefold())
    words = (word if word.isalnum() else "".join(filter(_tells, word)) for word in text.split())
    return "".join(words) or text.strip()


def _tells(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")
