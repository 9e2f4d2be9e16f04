"""Names of encodings: which are tried, which are read by name, and the usual spellings of them."""

import codecs
import re

GUESSED = {
    "windows-1252": ("cp1252", "latin"),
    "mac_roman": ("mac_roman", "latin"),
    "windows-1250": ("cp1250", "latin"),
    "windows-1254": ("cp1254", "latin"),
    "iso-8859-2": ("iso8859_2", "latin"),
    "iso-8859-15": ("iso8859_15", "latin"),
    "windows-1251": ("cp1251", "cyrillic"),
    "koi8-r": ("koi8_r", "cyrillic"),
    "koi8-u": ("koi8_u", "cyrillic"),
    "mac_cyrillic": ("mac_cyrillic", "cyrillic"),
    "iso-8859-5": ("iso8859_5", "cyrillic"),
    "cp866": ("cp866", "cyrillic"),
    "windows-1253": ("cp1253", "greek"),
    "mac_greek": ("mac_greek", "greek"),
    "mac_latin2": ("mac_latin2", "latin"),
    "cp850": ("cp850", "latin"),
    "cp852": ("cp852", "latin"),
    "gb18030": ("gb18030", "chinese"),
    "big5": ("cp950", "chinese"),
    "shift_jis": ("cp932", "japanese"),
    "euc_jp": ("euc_jp", "japanese"),
    "euc_kr": ("cp949", "korean"),
    "johab": ("johab", "korean"),
}
"""Codec and script of the encodings that are tried; of several that read the same text the first is named."""
_NAMED = {
    "utf-8": ("utf-8-sig", ""),
    "utf-16": ("utf-16", ""),
    "utf-16-le": ("utf-16-le", ""),
    "utf-16-be": ("utf-16-be", ""),
    "utf-32": ("utf-32", ""),
    "iso-8859-1": ("iso8859_1", "latin"),
    "iso-8859-7": ("iso8859_7", "greek"),
    "iso-8859-9": ("iso8859_9", "latin"),
    "iso2022_jp": ("iso2022_jp_ext", "japanese"),
    "iso2022_kr": ("iso2022_kr", "korean"),
    "windows-1257": ("cp1257", "latin"),
    "cp437": ("cp437", "latin"),
    "hz": ("hz", "chinese"),
}
READ = {**_NAMED, **GUESSED}
_SPELLINGS = {
    "utf-8": "utf8 utf8sig utf8bom unicode11utf8 cp65001 65001",
    "utf-16": "unicode ucs2 utf16bom",
    "utf-16-le": "utf16le unicodelittle",
    "utf-16-be": "utf16be unicodebig",
    "windows-1252": "cp1252 1252 western westerneuropean",
    "iso-8859-1": "latin1 l1 iso88591",
    "iso-8859-15": "latin9 iso885915",
    "iso-8859-2": "latin2 iso88592",
    "mac_roman": "macroman macintosh mac xmacroman macoscentral",
    "windows-1250": "cp1250 1250 centraleuropean",
    "windows-1251": "cp1251 1251 cyrillic",
    "mac_cyrillic": "maccyrillic xmaccyrillic",
    "cp866": "ibm866 dos866 866",
    "gb18030": "gbk gb2312 cp936 936 ms936 euccn xgbk gb231280 simplifiedchinese",
    "big5": "cp950 950 ms950 big5tw big5hkscs traditionalchinese",
    "shift_jis": "shiftjis sjis cp932 932 ms932 mskanji windows932 windows31j xsjis japanese",
    "euc_jp": "eucjp ujis xeucjp eucjpms",
    "iso2022_jp": "iso2022jp jis csiso2022jp",
    "euc_kr": "euckr cp949 949 ms949 uhc windows949 ksc5601 ksc56011987 ksx1001 xwindows949 korean",
    "johab": "cp1361 1361 ksx1001johab",
}
ENCODINGS = ("utf-8", "utf-16", *GUESSED, "iso-8859-1", "iso2022_jp")
"""Names to choose from; others that Python knows are read as well."""


def find_encoding(name: str) -> str | None:
    """The name of an encoding by any usual spelling of it; None where none is meant."""
    key = re.sub(r"[^a-z0-9]", "", name.casefold())
    for spelling in dict.fromkeys((key, key.removeprefix("windows"), key.removeprefix("win"), key.removeprefix("cs"))):
        if spelling in _BY_SPELLING:
            return _BY_SPELLING[spelling]
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):  # a null character
        return None
    return found.name if found.name in _PLAIN_CODECS else None


def _spelled() -> dict[str, str]:
    own = {re.sub(r"[^a-z0-9]", "", name): name for name in READ}
    own |= {re.sub(r"[^a-z0-9]", "", codec): name for name, (codec, _) in READ.items()} | own
    own |= {name.removeprefix("windows-"): name for name in READ if name.startswith("windows-")}
    return own | {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings.split()}


_BY_SPELLING = _spelled()
_PLAIN_CODECS = frozenset(
    [
        f"cp{n}"
        for n in (720, 737, 775, 855, 857, 858, 860, 861, 862, 863, 864, 865, 869, 874, 1006, 1125, 1255, 1256, 1258)
    ]
    + [f"iso8859-{n}" for n in (3, 4, 6, 8, 10, 11, 13, 14, 16)]
    + [
        "koi8-t",
        "kz1048",
        "ptcp154",
        "tis-620",
        "mac-greek",
        "mac-turkish",
        "mac-iceland",
        "mac-croatian",
        "mac-romanian",
    ]
    + [
        "shift_jis_2004",
        "shift_jisx0213",
        "euc_jis_2004",
        "euc_jisx0213",
        "iso2022_jp_2004",
        "iso2022_jp_2",
        "hp-roman8",
    ]
)
