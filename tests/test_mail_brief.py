"""The brief by mail: readable where nothing is fetched, the same numbers in text and HTML, each reader once."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from brief_worlds import install_shipped, numbers, parsed, said_shortly, store_run
from PIL import Image
from receivers import Box, open_box
from test_cli_report import Command
from test_delivery import Clock
from toy_runs import install_toy, toy_states

from db.append import append_alerts, append_attempt
from db.engine import Database
from db.read_reports import read_reports
from db.read_schedule import read_alerts, read_deliveries
from db.run_rows import DeliveryRow, EffectRow, IndicatorStateRow, NewAlert, NewAttempt
from forecast.brief import mail as brief_mail
from forecast.brief.facts import in_language
from forecast.brief.letter import Letter, as_message
from forecast.brief.mail import LIMIT, write_letter
from forecast.cli import console
from forecast.cli.app import run
from forecast.facts.brief import Brief
from forecast.schedule.briefs import BRIEF, Letters, due_brief
from forecast.schedule.delivery import deliver
from forecast.schedule.letters import compose_letter
from forecast.schedule.log import close_log
from forecast.schedule.settings import AlertSettings, Email, MailSettings, Settings
from forecast.words.language import LANGUAGES
from indicators.folder import read_case_folder
from indicators.names import read_names
from indicators.shipped import shipped_case
from models.spec import EFFECT_TARGETS

DAY = date(2020, 2, 3)
"""A Monday."""
GMAIL = 102 * 1024
"""Bytes of HTML after which Gmail cuts a mail off."""


def _email(port: int, **changed: object) -> Email:
    values = {
        "host": "localhost",
        "port": port,
        "security": "none",
        "sender": "parley@example.org",
        "timeout_seconds": 5.0,
    }
    return Email(**{**values, "to": ("kim@example.org", "lee@example.org"), **changed})  # type: ignore[arg-type]


def _settings(port: int, how_often: str = "daily", **mail: object) -> Settings:
    return Settings(alerts=AlertSettings(email=_email(port)), mail=MailSettings(brief=how_often, **mail))  # type: ignore[arg-type]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    for name in ("PARLEY_CASE", "PARLEY_SETTINGS", "PARLEY_SMTP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with install_toy(tmp_path) as database:
        yield database


def _publish(database: Database, day: date, headline: float = 0.2) -> int:
    """The scheduled run of a day."""
    at = datetime(day.year, day.month, day.day, 6, 1, tzinfo=UTC)
    run_id = store_run(database, day - timedelta(days=1), at, states=toy_states(), headline=headline, kind="official")
    attempt = NewAttempt(
        case_id="toy",
        scheduled_for=day,
        scheduled_at=at,
        as_of=day - timedelta(days=1),
        kind="official",
        holder="desk:1:a",
        started_at=at,
        ended_at=at,
        wall_s=1.0,
        outcome="published",
        run_id=run_id,
        code_version="0.1.0+toy",
        versions={},
        diagnostics={},
        error="",
        log="",
    )
    with database.write() as connection:
        append_attempt(connection, attempt, at)
    return run_id


def _look(database: Database, settings: Settings, now: datetime) -> str | None:
    """What the service does after its runs: the subject of the brief it puts on record, if any."""
    with database.write() as connection:
        due = due_brief(connection, "toy", settings, now)
        append_alerts(connection, [due] if due else [], now)
    return due.subject if due else None


def _rows(database: Database) -> tuple[DeliveryRow, ...]:
    with database.read() as connection:
        return read_deliveries(connection, [alert.id for alert in read_alerts(connection, "toy", rules=(BRIEF,))])


def _parts(mail: EmailMessage) -> tuple[str, str, dict[str, bytes]]:
    """Text, HTML, and pictures by their content id."""
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    pictures = {
        str(part["Content-ID"]).strip("<>"): part.get_content()
        for part in mail.walk()
        if part.get_content_maintype() == "image"
    }
    return *(part.get_content().replace("\r\n", "\n") for part in (text, page)), pictures


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Letter:
    """A brief of the shipped case."""
    ids = [row.id for row in read_case_folder(shipped_case()).indicators]
    states = [IndicatorStateRow(id_, 0.5, 0.5, True, date(2026, 9, 1)) for id_ in ids]
    effects = [EffectRow(target, id_, "posterior", 0.3, 0.05) for target in EFFECT_TARGETS for id_ in ids]
    with install_shipped(tmp_path_factory.mktemp("shipped")) as database:
        for month in (10, 11):
            at = datetime(2026, month, 2, 6, tzinfo=UTC)
            known = {"states": states, "effects": effects, "headline": 0.01 * month}
            store_run(database, date(2026, month, 1), at, case_id="us-dprk", **known)  # type: ignore[arg-type]
        return write_letter(database, datetime(2026, 11, 22, 7, tzinfo=UTC), language="en")


@pytest.fixture(scope="module", params=list(LANGUAGES))
def letter(request: pytest.FixtureRequest, english: Letter) -> Letter:
    """The same in every language."""
    if request.param == "en":
        return english
    forms = brief_mail.drawn(english.brief, request.param)
    return brief_mail.letter_of(forms, english.number, english.head)


# The mail


def _told(letter: Letter) -> Brief:
    """Its facts, with the names of its language."""
    return in_language(letter.brief, read_names("us-dprk", letter.language))


def _sent(letter: Letter) -> tuple[bytes, EmailMessage]:
    """As it goes over the line, and as a mail program reads it."""
    now = datetime(2026, 11, 22, 7, tzinfo=UTC)
    raw = as_message(letter, sender="parley@example.org", to="kim@example.org", key="k", now=now).as_bytes(
        policy=policy.SMTP
    )
    read = message_from_bytes(raw, policy=policy.default)
    assert isinstance(read, EmailMessage)
    return raw, read


def test_a_mail_program_that_fetches_nothing_shows_all_of_it(letter: Letter) -> None:
    _, mail = _sent(letter)
    _, html, pictures = _parts(mail)
    page = parsed(html)
    assert (page.wrong, page.open) == ([], [])
    assert not page.tags & {"svg", "style", "link", "script", "object", "iframe", "video", "base", "form"}
    assert set(page.addresses) == {f"cid:{name}" for name in pictures}
    assert len(pictures) == 3
    assert not re.search(r"url\s*\(|@import|class=|https?://", html)
    for png in pictures.values():
        with Image.open(BytesIO(png)) as image:
            assert image.format == "PNG"
            assert image.width >= 1200
    assert [part.get_content_type() for part in mail.walk()] == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", *["image/png"] * 3),
    ]
    assert len(html.encode()) < GMAIL


def test_pictures_say_in_words_what_they_show(letter: Letter) -> None:
    _, html, pictures = _parts(_sent(letter)[1])
    alts = [(name, unescape(alt)) for name, alt in re.findall(r'<img src="cid:([\w.@]+)" alt="([^"]+)"', html)]
    assert [name for name, _ in alts] == list(pictures)
    text, said, facts = letter.text, LANGUAGES[letter.language].plots, _told(letter).figures
    captions = {
        "history": said.history_caption(facts.history),
        "horizons": said.curve_caption(facts.horizons),
        "scenarios": said.scenarios_caption(facts.scenarios),
    }
    for name, alt in alts:
        caption = captions[name.partition(".")[0]]
        assert len(numbers(alt)) >= 2
        assert numbers(alt) == numbers(caption) <= numbers(text)


def test_text_and_html_have_the_same_numbers(letter: Letter) -> None:
    text, html, _ = _parts(_sent(letter)[1])
    shown = " ".join(parsed(html).text)
    assert numbers(text) == numbers(shown)
    words = LANGUAGES[letter.language].brief
    for sentence in (words.likelihood(_told(letter)), words.confidence(_told(letter)), words.compared(_told(letter))):
        assert sentence in text
    assert letter.lead in text
    for name in ("table", "changes", "watch", "quality", "method"):
        assert getattr(words.HEADINGS, name) in text
        assert getattr(words.HEADINGS, name) in shown


def test_the_mail_bears_the_head_of_the_record(letter: Letter) -> None:
    assert letter.head is not None
    for text in (letter.text, letter.html):
        assert f"parley verify --head {letter.head.short}" in text


def test_the_mail_keeps_to_the_rules_of_mails(letter: Letter) -> None:
    raw, mail = _sent(letter)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert mail["Subject"] == letter.subject == f"[Parley] {LANGUAGES[letter.language].brief.title(_told(letter))}"
    assert mail["Content-Language"] == letter.language
    assert parsedate_to_datetime(mail["Date"]) == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert re.fullmatch(r"<brief_[0-9a-f]{32}@example\.org>", mail["Message-ID"])
    assert _sent(letter)[1]["Message-ID"] == mail["Message-ID"]
    ids = {
        as_message(letter, sender="p@example.org", to=to, key=key, now=datetime.now(UTC))["Message-ID"]
        for to in ("kim@example.org", "lee@example.org")
        for key in ("k", "l")
    }
    assert len(ids) == 4, "one for each brief and reader"


def test_what_analysts_and_cases_write_is_shown_as_it_stands(letter: Letter) -> None:
    nasty = "<img src=x> & **b** `c`"
    brief = _told(letter)
    watched = tuple(replace(one, name=nasty) for one in brief.watched)
    forms = brief_mail.Forms(brief, replace(brief, watched=watched), letter.language, letter.pictures)
    odd = brief_mail.letter_of(forms, letter.number, letter.head)
    assert watched
    assert nasty in odd.text
    assert nasty in " ".join(parsed(odd.html).text)
    assert "<img src=x>" not in odd.html


def test_a_mail_that_would_be_cut_off_leaves_its_lists_out_and_says_so(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brief_mail, "LIMIT", len(letter.html.encode()) - 1)
    forms = brief_mail.Forms(letter.brief, _told(letter), letter.language, letter.pictures)
    short = brief_mail.letter_of(forms, letter.number, letter.head)
    assert len(short.html.encode()) < len(letter.html.encode()) <= LIMIT
    words = LANGUAGES[letter.language].brief
    for text in (" ".join(parsed(short.html).text), short.text):
        assert words.left_out().split("`")[0] in text
        assert words.HEADINGS.sources not in text
        assert words.HEADINGS.method in text


def test_the_headline_alone_is_bold_in_the_table(letter: Letter) -> None:
    rows = re.findall(r"<tr><th scope=\"row\".*?</tr>", letter.html)
    bold = [row.count(';font-weight:bold"') for row in rows]
    assert bold[0] == rows[0].count("<td") + 1 > 2  # with its name
    assert set(bold[1:]) == {0}


def test_a_mail_of_one_page_has_one_picture_and_says_the_same_twice(letter: Letter) -> None:
    short = brief_mail.letter_of(brief_mail.drawn(letter.brief, letter.language, short=True), 3, letter.head)
    _, mail = _sent(short)
    text, html, pictures = _parts(mail)
    page = parsed(html)
    assert (page.wrong, page.open, len(pictures)) == ([], [], 1)
    assert not page.tags & {"svg", "style", "link", "script"}
    assert set(page.addresses) == {f"cid:{name}" for name in pictures}
    assert numbers(text) == numbers(" ".join(page.text))
    assert short.subject == letter.subject
    assert short.key != replace(short, short=False).key, "the long form of it goes out too"
    for sentence in said_shortly(LANGUAGES[letter.language], _told(letter)).values():
        if "12" not in sentence:  # the number of the report is another
            assert sentence in text


# Every day, every week, on a change


@pytest.mark.parametrize(
    ("how_often", "days", "mailed"),
    [
        ("daily", (0, 1, 2), ["day 2020-02-02", "day 2020-02-03", "day 2020-02-04"]),
        ("weekly", (0, 1, 6, 7, 9), ["week 2020-W06", "week 2020-W07"]),
        ("weekly", (2, 6, 8), ["week 2020-W06", "week 2020-W07"]),
        ("never", (0, 1), []),
        ("on_change", (0, 1), []),
    ],
)
def test_it_is_due_once_on_each_occasion(
    toy: Database, how_often: str, days: tuple[int, ...], mailed: list[str]
) -> None:
    settings, found = _settings(25, how_often), []
    for day in days:
        _publish(toy, DAY + timedelta(days=day))
        now = datetime(2020, 2, 3, 7, tzinfo=UTC) + timedelta(days=day)
        found += [_look(toy, settings, now + timedelta(hours=hour)) for hour in range(3)]
    assert [subject for subject in found if subject] == mailed


def test_on_a_change_it_goes_with_the_alert(toy: Database) -> None:
    settings, now = _settings(25, "on_change"), datetime(2020, 2, 3, 7, tzinfo=UTC)
    run_id = _publish(toy, DAY)
    assert _look(toy, settings, now) is None
    moved = NewAlert(
        case_id="toy", rule="move_day", subject="x", run_id=run_id, title="", body="", facts={}, channels=()
    )
    with toy.write() as connection:
        append_alerts(connection, [moved], now)
    assert [_look(toy, settings, now) for _ in range(2)] == [f"run {run_id}", None]
    assert _look(toy, _settings(25, "daily"), now) is None, "another occasion brings the same run to nobody twice"


def test_an_old_forecast_is_not_mailed(toy: Database) -> None:
    _publish(toy, DAY)
    assert _look(toy, _settings(25), datetime(2020, 2, 10, 7, tzinfo=UTC)) is None
    assert _look(toy, _settings(25), datetime(2020, 2, 9, 7, tzinfo=UTC)) == "day 2020-02-02"


def _deliver(database: Database, settings: Settings, clock: Clock, letters: Letters | None = None) -> int:
    return deliver(database, "toy", settings, clock, letters=letters or Letters(compose_letter))


def test_each_reader_gets_it_once_and_who_was_missed_is_tried_again_alone(toy: Database) -> None:
    clock = Clock(datetime(2020, 2, 3, 7, tzinfo=UTC))
    with open_box("451 later") as box:
        settings, letters = _settings(box.port), Letters(compose_letter)
        _publish(toy, DAY)
        _look(toy, settings, clock())
        assert _deliver(toy, settings, clock, letters) == 1
        clock.go_on(seconds=30)
        assert _deliver(toy, settings, clock, letters) == 1
        for _ in range(3):
            clock.go_on(hours=5)
            assert _deliver(toy, settings, clock, letters) == 0
    assert sorted(mail["To"] for mail in box.mails) == ["kim@example.org", "lee@example.org"]
    assert [row.outcome for row in _rows(toy)] == ["failed", "sent", "sent"]
    assert not [row for row in _rows(toy) if "kim@" in row.channel + row.error]
    with toy.read() as connection:
        (report,) = read_reports(connection, "toy")
    assert {_parts(mail)[1] for mail in box.mails} == {_parts(box.mails[0])[1]}, "all readers get the same"
    assert report.language == "en"
    assert f"Report {report.id}" in _parts(box.mails[0])[0]


def test_a_service_that_starts_anew_sends_nothing_twice(toy: Database, english: Letter) -> None:
    clock = Clock(datetime(2020, 2, 3, 7, tzinfo=UTC))
    with open_box(strangers=("lee@example.org",)) as box:
        settings = _settings(box.port)
        _publish(toy, DAY)
        _look(toy, settings, clock())
        for _ in range(3):
            _deliver(toy, settings, clock, Letters(lambda *_: english))
            clock.go_on(seconds=30)
        assert [mail["To"] for mail in box.mails] == ["kim@example.org"]


def test_the_next_one_compares_with_the_last(toy: Database) -> None:
    clock = Clock(datetime(2020, 2, 3, 7, tzinfo=UTC))
    with open_box() as box:
        settings = _settings(box.port, to=("chief@example.org",), language="ja")
        for day in range(2):
            _publish(toy, DAY + timedelta(days=day), 0.2 + 0.1 * day)
            _look(toy, settings, clock())
            assert _deliver(toy, settings, clock) == 1
            clock.go_on(days=1)
    first, second = (_parts(mail)[0] for mail in box.mails)
    assert {mail["To"] for mail in box.mails} == {"chief@example.org"}
    assert "実行1" in second
    assert "実行2" not in first
    assert {mail["Content-Language"] for mail in box.mails} == {"ja"}


def test_who_wants_a_page_gets_a_page(toy: Database) -> None:
    clock = Clock(datetime(2020, 2, 3, 7, tzinfo=UTC))
    with open_box() as box:
        settings = _settings(box.port, to=("minister@example.org",), language="ko", short=True)
        _publish(toy, DAY)
        _look(toy, settings, clock())
        assert _deliver(toy, settings, clock) == 1
    (mail,) = box.mails
    text, _, pictures = _parts(mail)
    assert LANGUAGES["ko"].short.HEADINGS.watch in text
    assert len(pictures) == 1
    with toy.read() as connection:
        (report,) = read_reports(connection, "toy")
    assert (report.language, report.format) == ("ko", "html-short")


def test_a_brief_that_cannot_be_written_keeps_no_alert_from_going_out(toy: Database) -> None:
    clock = Clock(datetime(2020, 2, 3, 7, tzinfo=UTC))

    def broken(*_: object) -> Letter:
        raise ValueError("no\nfont")

    with open_box() as box:
        settings = _settings(box.port)
        _publish(toy, DAY)
        _look(toy, settings, clock())
        alert = NewAlert(
            case_id="toy", rule="failed", subject="x", run_id=None, title="t", body="b", facts={}, channels=("email",)
        )
        with toy.write() as connection:
            append_alerts(connection, [alert], clock())
        assert _deliver(toy, settings, clock, Letters(broken)) == 1
    assert {row.error for row in _rows(toy)} == {"the brief could not be written (no font)"}


def test_who_is_no_longer_a_reader_gets_nothing(toy: Database, english: Letter) -> None:
    clock = Clock(datetime(2020, 2, 3, 7, tzinfo=UTC))
    with open_box() as box:
        _publish(toy, DAY)
        _look(toy, _settings(box.port), clock())
        letters = Letters(lambda *_: english)
        assert _deliver(toy, _settings(box.port, to=("lee@example.org",)), clock, letters) == 1
        assert [mail["To"] for mail in box.mails] == ["lee@example.org"]


# At a command


def test_what_makes_the_runs_mails_the_brief_too(toy: Database, capsys: pytest.CaptureFixture[str]) -> None:
    due = datetime.now(UTC) - timedelta(hours=1)
    _publish(toy, due.date())
    with open_box() as box:
        _write_settings(box, f'[schedule]\nat = "{due:%H:%M}"\n\n[mail]\nbrief = "daily"\n')
        for _ in range(2):
            assert run(["schedule", "once"]) == 0
        assert run(["schedule", "status"]) == 0
    assert [mail["To"] for mail in box.mails if "brief_" in mail["Message-ID"]] == ["kim@example.org"]
    said = " ".join(capsys.readouterr().out.split())
    assert re.search(r"brief Brief by mail; .* d: .* %, as of [\d-]+; mail k…@example\.org#\w{6} sent", said)
    close_log()


def _write_settings(box: Box, more: str = "") -> None:
    Path("parley.toml").write_text(
        f'[alerts.email]\nhost = "localhost"\nport = {box.port}\nsecurity = "none"\nsender = "parley@example.org"\n'
        f'to = ["kim@example.org"]\n{more}'
    )


@pytest.fixture
def parley(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setattr(console, "utc_now", lambda: datetime(2020, 2, 4, 12, tzinfo=UTC))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_a_command_mails_it_and_nobody_gets_it_twice(toy: Database, parley: Command) -> None:
    _publish(toy, DAY)
    with open_box() as box:
        _write_settings(box)
        code, out, err = parley("report", "--mail")
        assert (code, err) == (0, "")
        assert re.fullmatch(r"mail: report 1, of run 1\nmail k…@example.org#\w{6}: sent\n", out)
        code, out, err = parley("report", "--out", "a.html", "--mail", *["--to", "lee@example.org"] * 2, "--json")
        assert (code, err) == (0, "")
        assert json.loads(out)["report"]["number"] == 1, "a file and a mail are forms of one brief"
        told = json.loads(out)["mail"]
        assert [(one["outcome"], one["error"]) for one in told["readers"]] == [
            ("sent", "already at 2020-02-04 12:00 UTC"),
            ("sent", ""),
        ]
        assert (told["number"], told["run_id"], told["language"]) == (1, 1, "en")
        assert parley("report", "--to", "kim@example.org", "--lang", "ja")[0] == 0
    assert [mail["To"] for mail in box.mails] == ["kim@example.org", "lee@example.org", "kim@example.org"]
    assert [row.outcome for row in _rows(toy)] == ["sent"] * 3
    with toy.read() as connection:
        recorded = {row.sha256 for row in read_reports(connection, "toy")}
    assert {told["sha256"], *(hashlib.sha256(_parts(mail)[1].encode()).hexdigest() for mail in box.mails)} <= recorded


def test_who_did_not_get_it_is_told_and_tried_at_the_next_command(toy: Database, parley: Command) -> None:
    _publish(toy, DAY)
    with open_box("550 no\x00 thanks") as box:
        _write_settings(box)
        code, _, err = parley("report", "--mail", "--to", "lee@example.org")
        assert code == 1
        told = r"error: mail k…@example.org#\w{6} failed: localhost:\d+ answered 550 no thanks; run the command .*\n"
        assert re.fullmatch(told, err)
        assert parley("report", "--mail", "--to", "lee@example.org")[0] == 0
    assert [mail["To"] for mail in box.mails] == ["lee@example.org", "kim@example.org"]
    assert [row.outcome for row in _rows(toy)] == ["abandoned", "sent", "sent"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--to", "kim"), 2, "Invalid value for '--to': 'kim' is not an address; write name@example.org"),
        (("--to", "k…@example.org"), 2, "is not an address"),
        ((), 2, "Invalid value for '--out': none is given; name a file, or give --mail or --to ADDRESS"),
        (("--mail",), 1, "error: no mail server is set; add [alerts.email] to the settings"),
    ],
)
def test_mistakes_are_told_before_anything_is_made(
    toy: Database, parley: Command, arguments: tuple[str, ...], code: int, told: str
) -> None:
    _publish(toy, DAY)
    found, out, err = parley("report", *arguments)
    assert (found, out) == (code, "")
    assert told in err
    assert err.count("\n") == 1
    with toy.read() as connection:
        assert read_reports(connection, "toy") == ()
