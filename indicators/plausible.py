"""How plausible it is that characters are text, and not bytes read in an encoding that they are not in.

Each character that is not ASCII costs what it surprises, in its place and for the script that an encoding is made for:
about half for a letter of ordinary text, and several for one that hardly ever stands there, such as a capital inside a
word or Hangul between Latin letters. Sums of costs are comparable between readings of the same bytes.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from indicators.frequent import ALPHABETS, CYRILLIC, GREEK, HANGUL, JAPANESE, LATIN, SIMPLIFIED, TRADITIONAL

IMPOSSIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\uf8ff\ufdd0-\ufdef\ufffd-\uffff\U000e0000-\U0010ffff]"
)
"""Control characters, private use, halves of characters: text that is no text."""

_GARBAGE = 4.0
_STRANGE = 2.0
_RARE = 1.2
_ODD = 1.3  # the mean of a long word that is hardly one
_UNKNOWN = 0.5
_USUAL = 0.15
_SIGN = 0.3
_WORD = re.compile(r"[^\W\d_]+")
_RUN = re.compile(r"[^\x00-\x7f]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CLITIC = re.compile(r"(?:s|t|d|m|re|ve|ll)\b", re.IGNORECASE)
_STEM = re.compile(r"(?:[^\W\d_]{4}|\b[A-Z]\w*|\b(?:it|he|she|who|let|how|i|we|you|men|don|isn|can|won|day|all))$")
_ELIDED = re.compile(r"\b(?:[cdjlmnsto]|qu|jusqu|lorsqu|puisqu|all|dell|nell|un)$", re.IGNORECASE)
_VOWELS = frozenset("aeiouyàâæáãäåèéêëìíîïòóôõöøùúûüýÿœąęěőűůıāēīūăй")
_THREE = re.compile(r"[^\W\d_]{3}")
_MISPLACED = re.compile("ñ(?![aeiouáéíóú])|ń(?=[aeiouyąęó])")
_UNIT = re.compile("[a-zA-Z]{0,2}[²³]|[a-zA-Zªº]{1,2}")
_SIGMA = re.compile(r"ς(?!$)|σ$")
_ACCENTED = frozenset("άέήίόύώΐΰ")
_CLUSTER, _LONG = 4, 5
_VOICED = "ﾞﾟｰｧｨｩｪｫｬｭｮｯ"  # of half width; none begins a word
_OPENING, _CLOSING, _DASHES = "‘“«„‚‹¿¡", "’”»“›", "–—―"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What reading bytes as some text would cost."""

    cost: float
    characters: int
    """That are not ASCII."""
    strange: int = 0
    """How many words and signs are hardly text."""

    @property
    def mean(self) -> float:
        return self.cost / self.characters if self.characters else 0.0


def judge(text: str, script: str) -> Judgement:
    """The cost of a text for the script of an encoding, one of "latin", "cyrillic", "greek", "chinese", "japanese",
    "korean"; "" is any of them."""
    text = unicodedata.normalize("NFC", text)
    if IMPOSSIBLE.search(text):
        return Judgement(math.inf, 1)
    costs = [
        (_word_cost(word[0], script) + _neighbours_cost(word[0]), len(_NOT_ASCII.findall(word[0])))
        for word in _WORD.finditer(text)
        if not word[0].isascii()
    ]
    signs = (sign.start() for sign in _NOT_ASCII.finditer(text) if not sign[0].isalnum())
    costs.extend((_sign_cost(text, at, script), 1) for at in signs)
    unpaired = _unpaired(text)
    return Judgement(
        cost=sum(cost for cost, _ in costs) + _STRANGE * unpaired,
        characters=sum(number for _, number in costs),
        strange=sum(cost >= (_STRANGE if number < _CLUSTER else _ODD) * number for cost, number in costs) + unpaired,
    )


@lru_cache(maxsize=1 << 16)
def _script(letter: str) -> str:
    code = ord(letter)
    if not letter.isalpha():
        return "wide" if letter.isalnum() else ""  # ² or ①
    if code < 0x250 or 0x1E00 <= code < 0x1F00:
        return "latin"
    for name, ranges in _RANGES.items():
        if any(low <= code <= high for low, high in ranges):
            return name
    return unicodedata.name(letter, "other").partition(" ")[0].casefold()


_RANGES = {
    "greek": ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    "cyrillic": ((0x400, 0x52F),),
    "hangul": ((0xAC00, 0xD7A3), (0x1100, 0x11FF), (0x3131, 0x318E)),
    "kana": ((0x3041, 0x30FF), (0x31F0, 0x31FF)),
    "half": ((0xFF66, 0xFF9F),),
    "han": ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF), (0x3005, 0x3007)),
    "wide": ((0xFF10, 0xFF5A),),
}
_EAST = frozenset(("hangul", "kana", "half", "han", "wide"))


def _word_cost(word: str, script: str) -> float:
    """Of a word with letters that are not ASCII."""
    scripts = {_script(letter) for letter in word}
    if not scripts <= _EAST | {"latin"}:
        return _alphabetic_cost(word, scripts, script)
    if scripts == {"latin", "wide"}:
        return _raised_cost(word)
    if not scripts & _EAST:
        return _latin_cost(word) + _case_cost(word) + _foreign_cost(word, script in ("", "latin"))
    return sum(_eastern_cost(letter, script) for letter in word if ord(letter) > 0x7F) + _half_cost(word)


def _raised_cost(word: str) -> float:
    """km² is text, ½uvre is not."""
    number = len(_NOT_ASCII.findall(word))
    return _SIGN * number if _UNIT.fullmatch(word) else _GARBAGE * number


def _alphabetic_cost(word: str, scripts: set[str], script: str) -> float:
    strange = [letter for letter in word if not letter.isascii()]
    (own, *others) = scripts
    if others or own not in (script, "cyrillic", "greek"):
        return (_UNKNOWN if not (others or script) else _GARBAGE) * len(strange)
    folded = word.lower()
    if len(word) == 1:
        return 1.0 if folded in "аиоуявскбжіοη" else _STRANGE
    if folded[0] in "ьъ" or _SIGMA.search(folded):
        return _STRANGE * len(strange)
    shares = CYRILLIC if own == "cyrillic" else GREEK
    cost = sum(0.45 * math.log2(max(shares.values()) / shares.get(letter, 0.02)) for letter in folded)
    if own == "greek" and not word.isupper() and not _ACCENTED & set(folded):
        cost += 1.0
    return cost + _case_cost(word) + _foreign_cost(word, script in ("", own))


def _foreign_cost(word: str, at_home: bool) -> float:
    return 0.0 if at_home else _RARE * sum(not letter.isascii() for letter in word)


def _latin_cost(word: str) -> float:
    strange = [letter for letter in word.casefold() if not letter.isascii()]
    cost = sum(LATIN.get(letter, _STRANGE) for letter in strange)
    if not any(set(strange) <= set(alphabet) for alphabet in ALPHABETS):
        cost += _STRANGE * len(strange)
    if len(word) > 2 and len(strange) > 0.8 * len(word):
        cost += _STRANGE * len(strange)
    if len(word) == 1:
        cost += 1.0 if word in "àéèíóúôåöÀÉÈÍÓÚÔÅÖ" else _STRANGE
    cost += len(_MISPLACED.findall(word.casefold()))
    runs = "".join("v" if letter in _VOWELS else "c" for letter in word.casefold())
    return cost + ("c" * _CLUSTER in runs) + ("v" * _CLUSTER in runs)


def _case_cost(word: str) -> float:
    """Capitals follow capitals, or begin a word; long words of them are few."""
    if len(word) >= _LONG and word.isupper():
        return 1.0
    return _GARBAGE * sum(a.islower() and b.isupper() and not (a.isascii() and b.isascii()) for a, b in pairwise(word))


def _eastern_cost(letter: str, script: str) -> float:
    own = _script(letter)
    if own == "latin":
        return _STRANGE
    cost = _EASTERN.get(script or "any", _no_east)(letter, own)
    return _SIGN if own == "wide" and script else cost


def _no_east(_letter: str, _own: str) -> float:
    return _GARBAGE


def _any(letter: str, own: str) -> float:
    return min(cost(letter, own) for cost in (_chinese, _japanese, _korean))


def _chinese(letter: str, own: str) -> float:
    if own != "han":
        return _STRANGE
    if letter in SIMPLIFIED or letter in TRADITIONAL:
        return _USUAL
    return _RARE if _writes("gb2312", letter) or _writes("big5", letter) else _STRANGE


def _japanese(letter: str, own: str) -> float:
    if own == "kana":
        return 0.1
    if own == "half":
        return 1.5
    if own != "han":
        return _STRANGE
    return _USUAL if letter in JAPANESE else 1.0


def _korean(letter: str, own: str) -> float:
    if own == "hangul":
        return _USUAL if letter in HANGUL else 1.4 if _writes("euc_kr", letter) else _STRANGE
    return 1.5 if own == "han" else _STRANGE


_EASTERN: dict[str, Callable[[str, str], float]] = {
    "chinese": _chinese,
    "japanese": _japanese,
    "korean": _korean,
    "any": _any,
}


@lru_cache(maxsize=1 << 16)
def _writes(codec: str, letter: str) -> bool:
    """Whether a narrower set of characters, of what is usual, has the letter."""
    try:
        letter.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _half_cost(word: str) -> float:
    """Of kana of half width: bank data is written in words of them, not one by one nor among other letters."""
    scripts = [_script(letter) for letter in word]
    number = scripts.count("half")
    mixed = number and (number < len(word) or number < 3 or word[0] in _VOICED)
    return _GARBAGE * number if mixed else 0.0


def _neighbours_cost(word: str) -> float:
    """Of Eastern letters inside a word of Latin ones, or one alone behind it."""
    cost = 0.0
    for letter in _RUN.finditer(word):
        before, after = word[: letter.start()][-1:], word[letter.end() :][:1]
        if _script(letter[0][0]) in _EAST and letter[0][0].isalpha():
            alone = len(letter[0]) == 1 or bool(after)
            inside = before.islower() and after.islower()
            cost += _GARBAGE if inside else _STRANGE if alone and (before.islower() or after.islower()) else 0.0
    return cost


def _sign_cost(text: str, at: int, script: str) -> float:
    """Of a sign that is no letter, in its place."""
    sign, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    inside = before.isalpha() and after.isalpha()
    if unicodedata.category(sign).startswith("M"):
        return _UNKNOWN
    if sign in _OPENING + _CLOSING + _DASHES + "…" and {_script(near) for near in before + after} & _EAST:
        return 0.2
    if sign in "’‘" and inside:
        stem = _STEM.search(text[max(0, at - 9) : at])
        fits = (_CLITIC.match(text, at + 1) and stem) or _ELIDED.search(text[max(0, at - 7) : at]) or after.isupper()
        return 0.2 if fits else _STRANGE
    if sign in _OPENING + _CLOSING:
        opens = sign in _OPENING and not before.isalnum() and (after.isalnum() or not after.strip())
        closes = sign in _CLOSING and before.strip() != "" and not after.isalnum()
        return 0.2 if opens or closes else _STRANGE
    if sign in _DASHES:
        if inside and after.islower():
            return 1.0 if _THREE.match(text, at + 1) else _GARBAGE
        return 0.2 if before.isspace() == after.isspace() else _STRANGE if after.isalpha() else 1.0
    if _is_eastern_sign(sign):
        if before.islower() or after.islower() or script not in ("", "chinese", "japanese", "korean"):
            return _GARBAGE
        return _SIGN if {_script(near) for near in before + after} & _EAST else _RARE
    if sign in "§№•" and after.isalpha():
        return _GARBAGE
    if sign in "…•·°§€£©®™±½²³µ×\xa0\xad№":
        if inside and sign != "·":
            return _GARBAGE
        beside = sign in "€£±µ" and (before.isalpha() or after.isalpha())
        return _STRANGE if beside else 0.7 if sign in "°\xa0" else 1.0
    return _GARBAGE if before.isalpha() or after.isalpha() else _STRANGE


def _unpaired(text: str) -> int:
    return sum(abs(text.count(a) - text.count(b)) for a, b in ("«»", "‹›"))


def _is_eastern_sign(sign: str) -> bool:
    code = ord(sign)
    return 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFFEF or sign in "ー〜○●◎△▲▼□■◆◇★☆※→←↑↓①②③④⑤⑥⑦⑧⑨⑩㈜"
