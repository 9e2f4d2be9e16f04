"""Settings of the daily runs, from one TOML file: when, what to notify whom of, where to log and to back up.

The file is `parley.toml` in the current folder, or the one PARLEY_SETTINGS names; without it, what follows holds.
Secrets are never in the file: PARLEY_WEBHOOK_SECRET and PARLEY_SMTP_PASSWORD.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, TypeAdapter, ValidationError, field_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails, PydanticCustomError

from forecast.errors import BadSettings
from forecast.schedule.place import DEFAULT_FILE, settings_file
from forecast.words.masking import MASK, is_masked, masked, short_key
from indicators.tables import suggest
from models.settings import SamplerSettings

WEBHOOK_SECRET, SMTP_PASSWORD = "PARLEY_WEBHOOK_SECRET", "PARLEY_SMTP_PASSWORD"

UNMASKED = "is masked; write the whole address, as `parley schedule settings --out FILE` does"

_STRICT = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


def _clock_time(value: object) -> time:
    """A time of day; TOML has a type for it, but people write it in quotes."""
    found = _as_time(value)
    if found is None:
        raise PydanticCustomError("time", 'is not a time of day; write "06:00"')
    return found


def _as_time(value: object) -> time | None:
    """Hours, minutes and seconds at most, of no zone; None for anything else."""
    try:
        found = time.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        return None
    plain = isinstance(found, time) and found.tzinfo is None and not found.microsecond
    return found if isinstance(found, time) and plain else None


def _clock(at: time) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def _zone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    if str(value) not in available_timezones():
        near = suggest(str(value), tuple(sorted(available_timezones())))
        raise PydanticCustomError("zone", "is not a time zone; {near}", {"near": near})
    return ZoneInfo(str(value))


def _quiet_hours(value: object) -> tuple[time, time] | None:
    if value in ("", None):
        return None
    first, last = map(_as_time, value if isinstance(value, tuple) else str(value).partition("-")[::2])
    if first is None or last is None or first == last:
        raise PydanticCustomError("quiet", 'is no span of hours; write "22:00-06:30"')
    return first, last


def _hours(value: tuple[time, time] | None) -> str:
    return "-".join(map(_clock, value or ()))


Text = Annotated[str, Field(min_length=1)]
Hours = Annotated[float, Field(gt=0, le=24 * 366)]
Seconds = Annotated[float, Field(gt=0, le=120)]
ClockTime = Annotated[time, BeforeValidator(_clock_time), PlainSerializer(_clock)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone), PlainSerializer(str)]
Quiet = Annotated[tuple[time, time] | None, BeforeValidator(_quiet_hours), PlainSerializer(_hours)]


@dataclass(frozen=True, config=_STRICT, kw_only=True)
class ScheduleSettings:
    """When runs are made, and by what rules."""

    at: ClockTime = time(6)
    time_zone: Zone = Field(default_factory=lambda: ZoneInfo("UTC"))
    catch_up_days: Annotated[int, Field(ge=1, le=1_000_000)] = 90
    """Missing days further back than that are recorded as skipped."""
    stale_after_hours: Hours = 3.0
    """How long after its time the forecast of a day may be missing before `status` calls it stale."""
    lease_seconds: Annotated[float, Field(ge=2, le=86400)] = 120.0
    """For how long a service that is not heard keeps others from taking over."""
    fit_minutes: Annotated[float, Field(gt=0, le=1440)] = 60.0
    """A run that takes longer is ended, and has failed."""
    chains: Annotated[int, Field(ge=2, le=100)] = 4
    draws: Annotated[int, Field(ge=200, le=1_000_000)] = 1000

    @property
    def sampler(self) -> SamplerSettings:
        return SamplerSettings(chains=self.chains, draws=self.draws, tune=max(self.draws // 2, 300))


@dataclass(frozen=True, config=_STRICT, kw_only=True)
class LogSettings:
    """Where the service says what it does; files are relative to the database's folder."""

    file: Text = "logs/schedule.log"
    json_lines: bool = False
    max_mib: Annotated[float, Field(gt=0, le=1024)] = 10.0
    """Size at which a new file is begun."""
    keep: Annotated[int, Field(ge=1, le=1000)] = 5
    """Old files that are kept."""


@dataclass(frozen=True, config=_STRICT, kw_only=True)
class BackupSettings:
    """Where the service puts backups, how many it keeps, and how often it tries whether one can be restored."""

    folder: str = ""
    """Relative to the database's folder, `~` the home of who runs the service; empty: none are made."""
    every_days: Annotated[int, Field(ge=1, le=366)] = 1
    keep: Annotated[int, Field(ge=1, le=10_000)] = 14
    """The newest ones; and the one that was last restored and verified."""
    check_days: Annotated[int, Field(ge=1, le=366)] = 7

    def folder_from(self, database_folder: Path) -> Path:
        """Where backups go of the database that lies in a folder."""
        return (database_folder / os.path.expanduser(self.folder)).absolute()


@dataclass(frozen=True, config=_STRICT, kw_only=True)
class KeepSettings:
    """Whether the service thins old posteriors, as `parley keep` does."""

    thin: bool = False
    whole_days: Annotated[int, Field(ge=1, le=36_500)] = 30
    """For which every posterior is kept whole."""


@dataclass(frozen=True, config=_STRICT, kw_only=True)
class Webhook:
    """Where alerts are posted as JSON, and in which form."""

    url: str
    form: Literal["plain", "slack", "teams"] = "plain"
    """plain: signed as https://www.standardwebhooks.com says; otherwise what that service takes."""
    timeout_seconds: Seconds = 30.0

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if is_masked(value):
            raise PydanticCustomError("masked", UNMASKED)
        if not re.fullmatch(r"https?://[^\s/]\S*", value):
            raise PydanticCustomError("url", 'is not a web address; write "https://example.org/hook"')
        return value


@dataclass(frozen=True, config=_STRICT, kw_only=True)
class Email:
    """The mail server that takes alerts, and who gets them."""

    host: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    sender: str
    to: tuple[str, ...]
    timeout_seconds: Seconds = 60.0

    @field_validator("sender", "to")
    @classmethod
    def _addresses(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        check_addresses((value,) if isinstance(value, str) else value)
        if not value:
            raise PydanticCustomError("address", 'names no one; write ["name@example.org"]')
        return value

    @field_validator("user")
    @classmethod
    def _user(cls, value: str) -> str:
        if is_masked(value):
            raise PydanticCustomError("masked", UNMASKED)
        return value


def is_address(text: str) -> bool:
    return re.fullmatch(r"[^@\s]+@[^@\s]+", text) is not None and not is_masked(text)


def check_addresses(addresses: tuple[str, ...]) -> None:
    """Raise PydanticCustomError unless each is an e-mail address, and a whole one."""
    if any(map(is_masked, addresses)):
        raise PydanticCustomError("masked", UNMASKED)
    if not all(map(is_address, addresses)):
        raise PydanticCustomError("address", "is not an address; write name@example.org")


@dataclass(frozen=True, config=_STRICT, kw_only=True)
class AlertFile:
    """A file to which alerts are appended, a JSON line each; "-" is standard output, in words."""

    path: Text


@dataclass(frozen=True, config=_STRICT, kw_only=True)
class AlertSettings:
    """What is worth an alert, in which language, and by which channels. Points are of a hundred."""

    language: Literal["en", "ja", "ko"] = "en"
    horizon_days: Literal[30, 90, 180, 365] = 365
    """Of the headline's probability."""
    thresholds: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = ()
    day_points: Annotated[float, Field(gt=0, le=100)] = 2.0
    week_points: Annotated[float, Field(gt=0, le=100)] = 3.0
    stale_indicators: bool = True
    completeness_days: Annotated[int, Field(ge=1, le=36525)] = 14
    failures: bool = True
    catch_up: bool = True
    quiet: Quiet = None
    """Hours of the schedule's time zone in which nothing is sent; what came up then goes out at their end."""
    webhook: Webhook | None = None
    email: Email | None = None
    file: AlertFile | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that are set."""
        return tuple(name for name in ("webhook", "email", "file") if getattr(self, name) is not None)


@dataclass(frozen=True, config=_STRICT, kw_only=True)
class MailSettings:
    """When the brief goes out by mail, in which language, how long and to whom; the server is that of the alerts."""

    brief: Literal["never", "daily", "weekly", "on_change"] = "never"
    language: Literal["en", "ja", "ko"] = "en"
    short: bool = False
    """One page."""
    to: tuple[str, ...] = ()
    """Empty: those who get the alerts."""

    @field_validator("to")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        check_addresses(value)
        return value


@dataclass(frozen=True, config=_STRICT, kw_only=True)
class Settings:
    """All of them."""

    schedule: ScheduleSettings = Field(default_factory=ScheduleSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    backup: BackupSettings = Field(default_factory=BackupSettings)
    keep: KeepSettings = Field(default_factory=KeepSettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    mail: MailSettings = Field(default_factory=MailSettings)

    @property
    def readers(self) -> dict[str, str]:
        """Who gets the brief by mail: addresses, each by the name its channel has in the ledger."""
        email = self.alerts.email
        addresses = dict.fromkeys(self.mail.to or email.to) if email else ()
        return {f"mail {short_key(address)}": address for address in addresses}


SERVICES = {
    "slack": r"(^|\.)hooks\.slack(-gov)?\.com$",
    "teams": r"\.(logic\.azure\.(com|us|cn)|webhook\.office\.com|powerplatform\.com)$|^outlook\.office(365)?\.com$",
}
"""Hosts at which chat services take messages, each in a form of its own."""

_ADAPTER = TypeAdapter(Settings)
_SHOWN = 100
"""So many characters of a wrong value are repeated."""
_ALL_OF_THEM = "see `parley schedule settings --default`"
_BARE_TIME = r"(?m)^\s*([\w.]+)\s*=\s*(\d{1,2}:\d\d(?:\s*-\s*\d{1,2}:\d\d)?)\s*(?:#.*)?$"


def read_settings(path: Path | None = None) -> Settings:
    """Read the file given, the one PARLEY_SETTINGS names, or parley.toml; without one all is as by default.

    Raises
    ------
    BadSettings
        with every mistake of the file, or if a file that was named cannot be read
    """
    file = path or settings_file()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        if path is None and file == Path(DEFAULT_FILE):
            return Settings()
        raise _unread(file, error) from None
    except OSError as error:
        raise _unread(file, error) from None
    except UnicodeEncodeError:
        raise BadSettings(
            f"settings {str(file)!r} cannot be the name of a file; name another in PARLEY_SETTINGS"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(
            f"settings {file} are not TOML: {error}; {_unquoted(file)}see `parley schedule settings --default`"
        ) from None
    except ValueError:
        raise BadSettings(f"settings {file} hold a number of too many digits; {_ALL_OF_THEM}") from None
    except RecursionError:
        raise BadSettings(f"settings {file} are nested too deeply; {_ALL_OF_THEM}") from None
    return parse_settings(content, str(file))


def _unread(file: Path, error: OSError) -> BadSettings:
    return BadSettings(f"settings {file} cannot be read ({error.strerror}); name another in PARLEY_SETTINGS")


def parse_settings(content: Mapping[str, Any], name: str) -> Settings:
    """The settings a mapping holds; `name` is what messages call it."""
    try:
        return _coherent(_ADAPTER.validate_json(json.dumps(content, default=str)), name)  # strict, yet takes lists
    except ValidationError as error:
        found = "; ".join(" ".join(_mistake(detail).splitlines()) for detail in error.errors(include_url=False))
        raise BadSettings(
            f"settings {name}: {found} (`parley schedule settings --default` prints all of them)"
        ) from None
    except RecursionError:
        raise BadSettings(f"settings {name} are nested too deeply; {_ALL_OF_THEM}") from None


def _coherent(settings: Settings, name: str) -> Settings:
    if settings.mail.brief != "never" and settings.alerts.email is None:
        what = f'[mail] brief = "{settings.mail.brief}" needs a mail server; add [alerts.email]'
        raise BadSettings(f"settings {name}: {what} (`parley schedule settings --default` prints all of them)")
    return settings


def as_plain(settings: Settings, *, whole: bool = True) -> dict[str, Any]:
    """The settings as TOML and JSON hold them; addresses are masked unless they are wanted `whole`."""
    found: dict[str, Any] = _ADAPTER.dump_python(settings, mode="json")
    return found if whole else _masked(found)


def _masked(values: dict[str, Any]) -> dict[str, Any]:
    alerts, hidden = dict(values["alerts"]), ("url", "user", "sender", "to")
    for channel in ("webhook", "email"):
        if alerts[channel] is not None:
            alerts[channel] = {key: _mask(value) if key in hidden else value for key, value in alerts[channel].items()}
    return {**values, "alerts": alerts, "mail": {**values["mail"], "to": _mask(values["mail"]["to"])}}


def _mask(value: str | list[str]) -> str | list[str]:
    return masked(value) if isinstance(value, str) else [masked(one) for one in value]


def form_doubt(webhook: Webhook | None) -> str:
    """What is doubtful about the form of a webhook, going by its host, and what to change; "" where nothing is."""
    if webhook is None:
        return ""
    host = (urlsplit(webhook.url).hostname or "") if "[" not in webhook.url else ""
    service = next((name for name, hosts in SERVICES.items() if re.search(hosts, host)), webhook.form)
    if service == webhook.form:
        return ""
    takes = f'which takes form = "{service}" and not "{webhook.form}"'
    return f"{host} is an address of {service.capitalize()}, {takes}; change form in [alerts.webhook]"


def _mistake(detail: ErrorDetails) -> str:
    if detail["type"] == "json_invalid":  # it was made here: what it cannot be is read, for its depth
        return "they are nested too deeply"
    *tables, key = [str(part) for part in detail["loc"] if isinstance(part, str)]
    where = f"[{'.'.join(tables)}] {key}" if tables else key
    if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"{where} is not known; {suggest(key, _known(tables))}"
    if detail["type"] in ("missing", "missing_argument"):
        return f"{where} is missing"
    if detail["type"] == "dataclass_type":
        table = ".".join((*tables, key))
        return f"{where} = {_shortened(json.dumps(detail['input']))} is no table; write [{table}] and its keys below"
    given = _shortened(json.dumps(_without_secrets(key, detail["input"]), ensure_ascii=False))
    if detail["type"] == "tuple_type":
        return f"{where} = {given} is no list{'' if isinstance(detail['input'], dict) else f'; write [{given}]'}"
    said = detail["msg"].removeprefix("Input ").removeprefix("String ")
    hint = _as_share(detail["input"]) if key == "thresholds" and detail["type"] == "less_than" else ""
    return f"{where} = {given} {said[0].lower()}{said[1:]}{hint}"


def _without_secrets(key: str, value: object) -> object:
    """The address of a webhook may be torn, or the secret part of one alone."""
    if key != "url" or not isinstance(value, str):
        return value
    joined = re.sub(r"[\s\"'<>]", "", value)
    return joined if "://" in joined else f"{MASK}{joined[-4:]}"


def _shortened(given: str) -> str:
    """What was given, without addresses: what is wrong with one seldom is at its end."""
    given = masked(given)
    return given if len(given) <= _SHOWN else f"{given[:_SHOWN]} …"


def _as_share(percent: float) -> str:
    """How a probability is written that was given in per cent; "" where that cannot have been meant."""
    if not 1 <= percent < 100:
        return ""
    return f"; write {percent / 100:{'.2f' if percent == int(percent) else 'g'}} for {percent:g} %"


def _unquoted(file: Path) -> str:
    """What to do about a time of day that is not in quotes, which TOML reads only with its seconds."""
    found = re.search(_BARE_TIME, file.read_text(encoding="utf-8-sig", errors="replace"))
    return f'put times in quotes: {found[1]} = "{found[2]}"; ' if found else ""


def _known(tables: list[str]) -> tuple[str, ...]:
    """The keys of a table of the file."""
    kinds: dict[tuple[str, ...], type[Any]] = {
        (): Settings,
        ("schedule",): ScheduleSettings,
        ("log",): LogSettings,
        ("backup",): BackupSettings,
        ("keep",): KeepSettings,
        ("alerts",): AlertSettings,
        ("alerts", "webhook"): Webhook,
        ("alerts", "email"): Email,
        ("alerts", "file"): AlertFile,
        ("mail",): MailSettings,
    }
    return tuple(field.name for field in fields(kinds[tuple(tables)]))
