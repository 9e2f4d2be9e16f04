"""Equivalent addresses and titles: what does not tell them apart, and what still does."""

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.likeness import address_key, title_key

ADDRESS = "https://example.org/news/2020/02/Talks?id=7&page=2"
SAME_PAGE = [
    "http://example.org/news/2020/02/Talks?id=7&page=2",
    "HTTPS://WWW.Example.ORG/news/2020/02/Talks?id=7&page=2",
    "https://m.example.org/news/2020/02/Talks?id=7&page=2",
    "https://amp.example.org/news/2020/02/Talks/amp?id=7&page=2",
    "https://www.m.example.org/news/2020/02/Talks/?id=7&page=2",
    "https://example.org:443/news/2020/02/Talks?id=7&page=2",
    "http://example.org:80/news//2020/02/Talks///?page=2&id=7",
    "https://example.org./news/2020/02/Talks?id=7&page=2#top",
    "https://example.org/news/2020/02/Talks?id=7&page=2#:~:text=talks",
    "https://example.org/news/2020/02/%54alks?id=7&page=2",
    "https://example.org/news/2020/02/Talks?utm_source=x&id=7&UTM_Medium=y&page=2&fbclid=1&gclid=2",
    "https://example.org/news/2020/02/Talks?id=7&page=2&&msclkid=a&mc_cid=b&igshid=c&at_campaign=d&_ga=e",
    "https://user@example.org/news/2020/02/Talks?id=7&page=2",
    "https://example.org\u200b/news/2020/02/Talks?id=7&page=2\u202e",
]
OTHER_PAGE = [
    "https://example.org/news/2020/02/talks?id=7&page=2",
    "https://example.org/news/2020/02/Talks?id=8&page=2",
    "https://example.org/news/2020/02/Talks",
    "https://example.com/news/2020/02/Talks?id=7&page=2",
    "https://en.example.org/news/2020/02/Talks?id=7&page=2",
    "https://example.org:8080/news/2020/02/Talks?id=7&page=2",
    "https://example.org/news/2020/02/Talks?id=7&page=2#/article/3",
    "https://example.org/news/2020/02/Talks?id=7&page=2#!article/3",
    "https://example.org/news/2020/02/Talk/s?id=7&page=2",
]


@pytest.mark.parametrize("url", SAME_PAGE)
def test_what_leads_to_the_same_page_is_the_same_address(url: str) -> None:
    assert address_key(url) == address_key(ADDRESS)


@pytest.mark.parametrize("url", OTHER_PAGE)
def test_what_leads_to_another_page_is_another_address(url: str) -> None:
    assert address_key(url) != address_key(ADDRESS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://例え.jp/ニュース", "http://xn--r8jz45g.jp/%E3%83%8B%E3%83%A5%E3%83%BC%E3%82%B9/"),
        ("https://example.org", "http://www.example.org/"),
        ("https://example.org/a?", "https://example.org/a"),
        ("https://example.org/cafe\u0301", "https://example.org/caf\u00e9"),
        ("https://m.com/a", "https://www.m.com/a"),
    ],
)
def test_other_ways_of_writing_one_address(one: str, other: str) -> None:
    assert address_key(one) == address_key(other)


@given(st.text(max_size=40))
def test_whatever_is_typed_has_a_key_that_a_second_look_does_not_change(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.org/{text}", f"https://example.org/?{text}#{text}"):
        assert address_key(url) == address_key(url)
    assert bool(title_key(text)) == bool(title_key(title_key(text)))


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_percent_signs_do_not_tell(path: str) -> None:
    path = unicodedata.normalize("NFC", path)
    assert address_key(f"https://example.org/x/{quote(path)}") == address_key(f"https://example.org/x/{path}")


TITLE = "Kim's offer: talks 'without conditions' - KCNA"


@pytest.mark.parametrize(
    "title",
    [
        "kim's  offer:\u00a0talks 'without conditions' \u2013 KCNA",
        "Kim\u2019s offer: talks \u2018without conditions\u2019 \u2014 KCNA",
        '\uff2bim\'s offer\uff1a talks "without conditions"\u3000- KCNA.',
        "Kim's of\u00adfer: talks \u202e'without conditions'\u200b - KCNA\ufe0f",
        "\ufeffKIM'S OFFER: TALKS 'WITHOUT CONDITIONS' | KCNA",
    ],
)
def test_what_reads_the_same_is_the_same_title(title: str) -> None:
    assert title_key(title) == title_key(TITLE)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("김정은 위원장, 대화 제의", unicodedata.normalize("NFD", "김정은 위원장 · 대화제의"), True),
        ("金委員長「対話」を提案", "金委員長｢対話｣を提案", True),
        ("ｶﾞｾﾞｯﾄ", "ガゼット", True),
        ("Straße", "STRASSE", True),
        ("김정은", "김정일", False),
        ("かき", "がき", False),
        ("हिन्दी", "हिन्दू", False),
        ("Leader 1", "Leader 2", False),
        ("✓", "✗", False),
        ("?", "!", False),
    ],
)
def test_titles_in_other_scripts(one: str, other: str, same: bool) -> None:
    assert (title_key(one) == title_key(other)) is same
