"""Bytes of a file as text: in the encoding that is named, or in the only one that makes plausible text of them."""

import codecs
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from indicators.encoding_names import ENCODINGS, GUESSED, READ, find_encoding
from indicators.plausible import IMPOSSIBLE, Judgement, judge
from indicators.tables import Problems

_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SHIFTS = {
    "iso2022_kr": re.compile(rb"\x1b\$\)C"),
    "iso2022_jp": re.compile(rb"\x1b\$[@B(]|\x1b\([BJ]"),
    "hz": re.compile(rb"~\{[\x21-\x7e]+~\}"),
}
"""What shifts plain ASCII into other letters."""
_LINE = re.compile(rb"[^\r\n]+")
_LINES_JUDGED, _BYTES_JUDGED = 400, 60_000
_SHOWN = 40
_NOT_ASCII, _CHANCES = bytes(range(0x80, 0x100)), 12
_THREE_BYTES = "\u0800"
"""From here on a character takes three bytes in UTF-8, which hardly ever are so by chance."""
_APART = 1.5
"""By how much less than others a reading must cost to be the only plausible one."""
_FAR = 2.5
"""By how much more than others a reading that somebody names must cost to be refused."""
_RARER = {
    **dict.fromkeys(("windows-1250", "windows-1254", "windows-1253", "koi8-r", "euc_jp"), 0.5),
    **dict.fromkeys(("iso-8859-2", "iso-8859-15", "koi8-u", "iso-8859-5", "cp866"), 1.0),
    **dict.fromkeys(("mac_roman", "mac_cyrillic", "johab"), 1.4),
    **dict.fromkeys(("mac_greek", "mac_latin2", "cp850", "cp852"), 3.0),
}
"""What a guess costs for being of an encoding that few files are in."""
_LIKELY, _BEARABLE = 0.9, 1.4  # mean costs of a character: of a reading that is guessed, and of any plausible one
_LIKELY_OF_MANY, _MANY = 0.7, 12
_ONE_IN, _FEW = 100, 8
_BETWEEN = re.compile(r'[,;\t|"]')
_LETTER = re.compile(r"[^\x00-\x7f\xa0]")
_CELL_ENDS = ',;\t|"\r\n'


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file."""

    text: str
    encoding: str
    named: bool
    """Whether somebody gave the name, or else the file itself says what it is."""

    @property
    def sentence(self) -> str:
        sample = "" if self.encoding == "utf-8" else sample_of(self.text)
        return f"read as {self.encoding}{f': {sample!r}' if sample else ''}"


@dataclass(frozen=True, slots=True)
class _Reading:
    encoding: str
    text: str
    judgement: Judgement

    @property
    def cost(self) -> float:
        return self.judgement.cost

    @property
    def is_likely(self) -> bool:
        """Whether it may be taken without a name."""
        most = _LIKELY if self.judgement.characters < _MANY else _LIKELY_OF_MANY
        return self.judgement.mean <= most and not self.is_strange

    @property
    def is_strange(self) -> bool:
        return self.judgement.strange * _ONE_IN > self.judgement.characters

    @property
    def surprise(self) -> float:
        """Its cost, and that of the encoding where it is a rare one."""
        return self.cost + _RARER.get(self.encoding, 0.0)


def decode(file: str, data: bytes, encoding: str | None, problems: Problems) -> Decoded | None:
    """The text of a file; None, and a problem, where it is in no encoding or may be in several.

    Parameters
    ----------
    encoding
        any spelling that `find_encoding` knows; None takes UTF-8, UTF-16, or what alone makes plausible text
    """
    told = _told(data)
    if encoding is None:
        return _guessed(file, data, told, problems)
    name = find_encoding(encoding)
    if name is None:
        problems.add("encoding", f"{encoding!r} is not one that is read; write {', '.join(ENCODINGS)}")
    elif told and name.split("-")[0:2] != told.split("-")[0:2]:
        problems.add(file, f"is {told.upper()}, not {name}; leave --encoding out")
    elif name not in ("utf-8", told) and not data.isascii() and _is_mostly_utf8(data) and not _is_chance(data):
        problems.add(file, f"is UTF-8, not {name}; leave --encoding out")
    else:
        return _named(file, data, told or name, problems)
    return None


def sample_of(text: str) -> str:
    """The first cell with a letter that is not ASCII, or what stands about that letter."""
    found = _LETTER.search(text)
    if not found:
        return ""
    start = max(text.rfind(sign, 0, found.start()) for sign in _CELL_ENDS) + 1
    ends = (text.find(sign, found.end()) for sign in _CELL_ENDS)
    return _middle(text[start : min((end for end in ends if end >= 0), default=len(text))], found.start() - start)


def _middle(cell: str, at: int) -> str:
    """The part of a cell that has a place in its middle."""
    cell, at = cell.strip(), at - len(cell) + len(cell.lstrip())
    start = max(0, min(at - _SHOWN // 2, len(cell) - _SHOWN))
    return ("…" if start else "") + cell[start : start + _SHOWN] + ("…" if start + _SHOWN < len(cell) else "")


def _told(data: bytes) -> str:
    """The encoding that a file itself tells by its first bytes, or by the zeros between its letters."""
    for bom, name in _BOMS.items():
        if data.startswith(bom):
            return name
    if b"\0" not in data[:4096]:
        shifted = data.isascii() and (b"\x1b" in data or b"~{" in data)
        return next((name for name, shift in _SHIFTS.items() if shift.search(data)), "") if shifted else ""
    head = data[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 4 * even and odd * 8 > len(head):
        return "utf-16-le"
    return "utf-16-be" if even > 4 * odd and even * 8 > len(head) else ""


def _guessed(file: str, data: bytes, told: str, problems: Problems) -> Decoded | None:
    name = told or "utf-8"
    try:
        text = data.decode(READ[name][0])
        if told or not _is_chance(data):
            return Decoded(text, name, named=False)
        wrong = f"reads as UTF-8 ({sample_of(text)!r}), perhaps by chance: give --encoding utf-8 if that is right"
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start} is 0x{data[error.start]:02x}, which is not {name}"
    else:
        problems.add(file, f"{wrong}; {_advice(_readings(data))}")
        return None
    if told or (_is_mostly_utf8(data) and not _is_chance(data)):
        problems.add(file, f"{wrong}; the rest is {name.upper()}: mend that place")
        return None
    readings = _readings(data)
    if len(readings) == 1 and readings[0].is_likely:
        return Decoded(readings[0].text, readings[0].encoding, named=False)
    problems.add(file, f"{wrong}; {_advice(readings)}")
    return None


def _is_chance(data: bytes) -> bool:
    """Whether the few letters of a text are UTF-8 by chance: none that anybody writes, and another encoding reads well.

    Two bytes of an Eastern character make one of UTF-8 now and then; a file with more of them is never all UTF-8.
    """
    if data.isascii() or len(data) - len(data.translate(None, _NOT_ASCII)) > _CHANCES:
        return False
    try:
        text = data.decode()
        doubtful = judge(text, "").strange > 0 and max(text) < _THREE_BYTES
    except UnicodeDecodeError:
        doubtful = True
    return doubtful and any(reading.is_likely for reading in _readings(data))


def _named(file: str, data: bytes, name: str, problems: Problems) -> Decoded | None:
    codec, script = READ.get(name, (name, ""))
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start} is 0x{data[error.start]:02x}, which is not {name}"
        whole = name == "utf-8" and _is_mostly_utf8(data)
        advice = "the rest is UTF-8: mend that place" if whole else _advice(_readings(data))
        problems.add(file, f"{wrong}; {advice}")
        return None
    except UnicodeError as error:
        problems.add(file, f"is not {name} ({error}); save it as CSV UTF-8")
        return None
    if data.isascii() or name.startswith("utf"):
        return Decoded(text, name, named=True)
    own = _Reading(name, text, _judge_whole(data, text, codec, script))
    better = [one for one in _readings(data) if one.is_likely and own.cost - one.cost >= _FAR]
    hardly = own.judgement.mean > _BEARABLE and (own.judgement.strange > 1 or own.judgement.characters > _FEW)
    if better or hardly or own.cost == math.inf:
        problems.add(file, f"would be {sample_of(text)!r} in {name}, which is hardly text; {_advice(better)}")
        return None
    return Decoded(text, name, named=True)


def _readings(data: bytes) -> list[_Reading]:
    """The plausible ones that are not far from the best; of several that read the same, the first of `GUESSED`."""
    sample = _sample(data)
    found: dict[str, _Reading] = {}
    for name, (codec, script) in GUESSED.items():
        judgement = _judge_sample(sample, codec, script)
        if judgement.mean > _BEARABLE:
            continue
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        reading = _Reading(name, text, judgement)
        if text not in found and not reading.is_strange and not IMPOSSIBLE.search(text.replace("\0", "")):
            found[text] = reading
    least = min((reading.surprise for reading in found.values()), default=0.0)
    near = (reading for reading in found.values() if reading.surprise - least < _APART)
    return sorted(near, key=lambda reading: reading.surprise)


def _sample(data: bytes) -> bytes:
    """Lines that are not ASCII, from all over a file: as many as tell its encoding."""
    lines = list(dict.fromkeys(line for line in _LINE.findall(data) if not line.isascii()))
    step = max(1, len(lines) // _LINES_JUDGED)
    chosen: list[bytes] = []
    size = 0
    for line in lines[::step]:
        if size > _BYTES_JUDGED:
            break
        chosen.append(line)
        size += len(line)
    return b"\n".join(chosen)


def _judge_sample(sample: bytes, codec: str, script: str) -> Judgement:
    try:
        return judge(sample.decode(codec), script)
    except UnicodeDecodeError:
        return Judgement(math.inf, 1)


def _judge_whole(data: bytes, text: str, codec: str, script: str) -> Judgement:
    """Of a sample, but for characters that are never text, which count wherever they stand."""
    if IMPOSSIBLE.search(text):
        return Judgement(math.inf, 1)
    stateful = data.isascii() or script == ""
    return judge(text[:_BYTES_JUDGED], script) if stateful else _judge_sample(_sample(data), codec, script)


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether most of what is not ASCII reads as UTF-8: text in another encoding hardly ever does."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) > 2 * wrong


def _advice(readings: Sequence[_Reading]) -> str:
    """What to do with a file that has these readings."""
    likely = [reading for reading in readings if reading.is_likely]
    if not likely:
        return "what it is in cannot be told: save it as CSV UTF-8 where it comes from, or give --encoding NAME"
    if len(likely) == 1:
        (only,) = likely
        shown = sample_of(only.text)
        return f"it may be {only.encoding} ({shown!r}): if that reads well, give --encoding {only.encoding}"
    *others, last = (f"{one.encoding} ({shown!r})" for one, shown in zip(likely, _differing(likely), strict=True))
    return f"it may be {', '.join(others)} or {last}: give the one that reads well as --encoding NAME"


def _differing(readings: Sequence[_Reading]) -> list[str]:
    """Of each reading, the first cell that the others read otherwise."""
    for lines in zip(*(one.text.splitlines() for one in readings), strict=False):
        for cells in zip(*map(_BETWEEN.split, lines), strict=False):
            if len(set(cells)) == len(cells):
                at = next((at for at, letters in enumerate(zip(*cells, strict=False)) if len(set(letters)) > 1), 0)
                return [_middle(cell, at) for cell in cells]
    return [sample_of(one.text) for one in readings]
