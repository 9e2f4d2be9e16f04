"""Text is read in the encoding it is in, or refused with the plausible ones: never as something that is no text."""

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators.encoding_names import ENCODINGS, GUESSED, READ, find_encoding
from indicators.encodings import Decoded, decode
from indicators.plausible import judge
from indicators.sheets import read_grid
from indicators.tables import Problems

HEADER = "indicator,observed_on,level,grade,source\nkcna_tone,2026-11-03,-1,B2,"
WESTERN = [
    "Kim’s statement – “no talks”",
    "Café de la paix – déclaration",
    "Ministère des Affaires étrangères",
    "Große Koalition für Gespräche mit Nordkorea",
    "Declaración conjunta del señor ministro español",
    "Utrikesdepartementets uttalande på måndagen",
    "Bündnis für den Frieden, Übergang",
]
CENTRAL = [
    "Oświadczenie Ministerstwa Spraw Zagranicznych – żądania są nieuzasadnione, Łódź",
    "Prohlášení ministerstva: příští jednání začne v úterý, řekl mluvčí",
    "A külügyminisztérium közleménye: a tárgyalások elkezdődtek, jövőre folytatják",
]
TURKISH = ["Dışişleri Bakanlığı açıklaması: görüşmeler başladı"]
CYRILLIC = [
    "ТАСС: заявление МИД",
    "Россия и КНДР провели переговоры о поставках",
    "Переговоры возможны, сообщил представитель министерства",
]
GREEK = ["Υπουργείο Εξωτερικών: ανακοίνωση για τις συνομιλίες"]
CHINESE = ["中国外交部声明", "外交部发言人就朝鲜半岛局势表示“反对”", "《环球时报》社评：半岛问题的关键"]
TAIWANESE = ["外交部發表聲明", "南韓總統表示願意會談", "北韓試射飛彈，日本表示抗議"]
JAPANESE = [
    "東京新聞「米朝協議は再開するか」、２０２６年",
    "朝鮮中央通信の談話",
    "北朝鮮がミサイルを発射",
    "ソウルで会談",
]
KOREAN = ["조선중앙통신 담화: 대화와 대결", "북한, 미사일 발사", "외무성 대변인 성명", "연합뉴스"]
TEXTS = {
    "cp1252": WESTERN,
    "mac_roman": [text for text in WESTERN if "Ü" not in text],
    "cp1250": CENTRAL,
    "cp1254": TURKISH,
    "cp1251": CYRILLIC,
    "koi8_r": CYRILLIC,
    "mac_cyrillic": CYRILLIC,
    "cp1253": GREEK,
    "gb18030": CHINESE,
    "gbk": CHINESE,
    "big5": TAIWANESE,
    "cp932": JAPANESE,
    "euc_jp": [*JAPANESE, "発表", "発表 安保理"],  # whose first word is UTF-8 by chance
    "iso2022_jp": JAPANESE,
    "cp949": KOREAN,
    "johab": KOREAN,
    "utf-8": [*WESTERN, *CYRILLIC, *JAPANESE, *KOREAN],
    "utf-8-sig": KOREAN,
    "utf-16": [*CHINESE, *KOREAN],
    "utf-16-le": [*CHINESE, *WESTERN],
    "utf-16-be": JAPANESE,
    "utf-32": KOREAN,
}
PAIRS = [(codec, text) for codec, texts in TEXTS.items() for text in texts]


def _decode(data: bytes, encoding: str | None = None) -> tuple[Decoded | None, list[str]]:
    problems = Problems()
    return decode("may.csv", data, encoding, problems), problems.lines


@pytest.mark.parametrize(("codec", "text"), PAIRS)
def test_text_is_read_by_name_and_guessed_right_or_not_at_all(codec: str, text: str) -> None:
    data = (HEADER + text + "\n").encode(codec)
    named, wrong = _decode(data, codec)
    assert named, wrong
    assert named.text == HEADER + text + "\n"
    guessed, (*lines,) = _decode(data)
    if guessed:
        assert guessed.text == HEADER + text + "\n"
        assert guessed.sentence.startswith(f"read as {guessed.encoding}")
    else:
        (line,) = lines
        assert "it may be " in line


def test_most_texts_are_guessed() -> None:
    """A reader who refused all of them would never be wrong."""
    known = [_decode((HEADER + text + "\n").encode(codec))[0] is not None for codec, text in PAIRS]
    assert sum(known) >= 0.9 * len(known)


@pytest.mark.parametrize(("codec", "text"), PAIRS)
def test_another_name_is_refused_or_gives_plausible_text(codec: str, text: str) -> None:
    data = (HEADER + text + "\n").encode(codec)
    for name, (_, script) in GUESSED.items():
        read, lines = _decode(data, name)
        if read is None:
            (line,) = lines
            assert "UTF-" in line or "--encoding" in line or "CSV UTF-8" in line
        elif read.text != HEADER + text + "\n":
            assert _is_bearable(read, script)


@pytest.mark.parametrize(
    ("codec", "wrong", "text"),
    [
        ("cp1252", "euc_kr", "Café de la paix – déclaration"),
        ("cp1252", "shift_jis", "Kim’s statement"),
        ("mac_roman", "shift_jis", "Kim’s statement – “no talks”"),
        ("cp1251", "shift_jis", "ТАСС: заявление МИД"),
        ("cp1251", "euc_kr", "ТАСС: заявление МИД"),
        ("cp1251", "koi8-r", "Россия и КНДР провели переговоры о поставках"),
        ("cp949", "gb18030", "조선중앙통신 담화: 대화와 대결"),
        ("gb18030", "cp949", "外交部发言人就朝鲜半岛局势表示反对"),
        ("cp932", "cp949", "北朝鮮がミサイルを発射"),
    ],
)
def test_an_implausible_name_is_refused_with_the_plausible_one(codec: str, wrong: str, text: str) -> None:
    data = (HEADER + text + "\n").encode(codec)
    right, _ = _decode(data)
    assert right
    read, (line,) = _decode(data, wrong)
    assert read is None
    assert f"{right.encoding} ('{text[:10]}" in line
    assert f"give --encoding {right.encoding}" in line


@pytest.mark.parametrize(
    ("spellings", "name"),
    [
        ("UTF8 utf-8 utf_8_sig UTF-8-BOM cp65001", "utf-8"),
        ("utf16 UTF-16 unicode", "utf-16"),
        ("cp1252 windows-1252 Windows1252 win1252 1252", "windows-1252"),
        ("latin1 latin-1 ISO-8859-1 iso8859_1 l1", "iso-8859-1"),
        ("macroman Mac-Roman macintosh x-mac-roman", "mac_roman"),
        ("cp1251 windows-1251 win-1251 cyrillic", "windows-1251"),
        ("koi8r KOI8-R koi8_r", "koi8-r"),
        ("gbk GB2312 gb18030 cp936 euc-cn", "gb18030"),
        ("Big5 cp950 big5-hkscs", "big5"),
        ("sjis Shift-JIS MS932 windows-31j cp932", "shift_jis"),
        ("EUC-JP eucjp ujis", "euc_jp"),
        ("ISO-2022-JP jis", "iso2022_jp"),
        ("euckr KS_C_5601-1987 uhc cp949", "euc_kr"),
        ("johab cp1361", "johab"),
        ("cp1254 windows-1254 1254", "windows-1254"),
        ("latin2 ISO-8859-2", "iso-8859-2"),
    ],
)
def test_every_usual_spelling_is_known(spellings: str, name: str) -> None:
    assert [find_encoding(spelling) for spelling in spellings.split()] == [name] * len(spellings.split())


def test_a_name_that_is_none_lists_those_that_are() -> None:
    for name in ("klingon", "idna", "base64", "unicode_escape", "", "\0", "utf-7"):
        assert find_encoding(name) is None
        assert _decode(b"x", name or "?")[1][0].endswith(f"is not one that is read; write {', '.join(ENCODINGS)}")
    assert {find_encoding(name) for name in READ} == set(READ)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([None, *ENCODINGS]))
def test_any_bytes_are_plausible_text_or_refused(data: bytes, encoding: str | None) -> None:
    read, lines = _decode(HEADER.encode() + data, encoding)
    assert (read is None) == (len(lines) == 1)
    if read and not (HEADER.encode() + data).isascii() and not read.encoding.startswith("utf"):
        assert _is_bearable(read, READ.get(read.encoding, ("", ""))[1])


def _is_bearable(read: Decoded, script: str) -> bool:
    """Of a name that somebody gives, a few letters are believed unless they cannot be text."""
    found = judge(read.text, script)
    return found.mean <= 1.4 or (found.cost < math.inf and found.characters <= 8 and found.strange <= 1)


def test_which_of_several_is_not_guessed() -> None:
    read, (line,) = _decode((HEADER + "une première").encode("cp1252"))
    assert read is None
    assert line == (
        "may.csv: byte 77 is 0xe8, which is not utf-8; it may be windows-1252 ('une première') or windows-1250 "
        "('une premičre'): give the one that reads well as --encoding NAME"
    )


def test_what_is_text_in_no_encoding_is_refused() -> None:
    assert _decode(HEADER.encode() + b"a\xa6b\xb6c\xd7d\xf7e")[1][0].endswith(
        "what it is in cannot be told: save it as CSV UTF-8 where it comes from, or give --encoding NAME"
    )


@pytest.mark.parametrize(
    ("data", "encoding", "sentence"),
    [
        ("é".encode("utf-16"), "latin1", "may.csv: is UTF-16, not iso-8859-1; leave --encoding out"),
        ("é,".encode("utf-16-le") * 9, "cp1252", "may.csv: is UTF-16-LE, not windows-1252; leave --encoding out"),
        ("é".encode(), "big5", "may.csv: is UTF-8, not big5; leave --encoding out"),
        ("a,é\n".encode("utf-16") + b"\0", None, "is 0x00, which is not utf-16; the rest is UTF-16: mend that place"),
    ],
)
def test_unicode_is_known_by_itself(data: bytes, encoding: str | None, sentence: str) -> None:
    assert _decode(data, encoding)[1][0].endswith(sentence)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.sampled_from(PAIRS), min_size=1, max_size=6), st.sampled_from(sorted(TEXTS)), st.sampled_from(",;\t|")
)
def test_rows_in_any_encoding_and_separator_are_right_or_refused(
    tmp_path: Path, chosen: list[tuple[str, str]], codec: str, separator: str
) -> None:
    table = [["indicator", "observed_on", "level", "grade", "source"]]
    table += [["kcna_tone", "2026-11-03", "-1", "B2", text] for own, text in chosen if own == codec] or [["x"] * 5]
    lines = "".join(separator.join(f'"{cell}"' for cell in row) + "\r\n" for row in table)
    (tmp_path / "may.txt").write_bytes(lines.encode(codec))
    problems = Problems()
    grid = read_grid(tmp_path / "may.txt", problems)
    if grid:
        assert [list(grid.header), *(cells for _, cells in grid.records)] == table
        assert grid.separator == separator
    assert (grid is None) == bool(problems.lines)
