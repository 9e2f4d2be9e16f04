"""The service as a systemd unit: the text, where it goes, and what to run then.

Quoting is systemd's: `%` is doubled everywhere; a quoted word takes backslashes before quotes and backslashes; a path
that stands alone is taken as it is (`man systemd.syntax`, `systemd.exec`, `systemd.unit`).
"""

import os
import pwd
import shlex
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from db.posteriors import PLACE
from forecast.cache import cache_root
from forecast.errors import NotWritten
from forecast.rendering import render
from forecast.schedule.settings import SMTP_PASSWORD, WEBHOOK_SECRET, Settings

NAME = "parley"
SECRETS_FILE = "parley.env"
SECRETS = (WEBHOOK_SECRET, SMTP_PASSWORD)
DATABASE = "PARLEY_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit file and what to do with it."""

    text: str
    path: Path
    """Where to save it."""
    commands: tuple[str, ...]
    """What to run, in order; the first saves it."""
    secrets_file: Path
    secrets: tuple[str, ...]
    """Variables that are to stand there: those that are set now, or that a channel needs."""

    @property
    def service(self) -> str:
        """Its name for systemd."""
        return self.path.name


def build_unit(
    settings: Settings,
    database_folder: Path,
    environment: Mapping[str, str],
    *,
    folder: Path,
    user: bool,
    name: str = NAME,
) -> Unit:
    """The unit that runs the service in a folder with the PARLEY_ variables of an environment, except secrets.

    `user` makes one for the user's own systemd, which needs no rights of an administrator.

    Raises
    ------
    NotWritten
        if a path or variable has characters that no unit can hold
    """
    secrets = _secrets(settings, environment)
    own = {key: value for key, value in sorted(environment.items()) if key.startswith("PARLEY_")}
    shown = [f"{key}={value}" for key, value in own.items() if key not in secrets and key not in SECRETS]
    secrets_file = folder / SECRETS_FILE
    text = render(
        "parley.service.j2",
        user=user,
        account=_account(),
        folder=_bare(folder),
        command=_command(),
        environment=[_quoted(pair) for pair in shown],
        secret=WEBHOOK_SECRET,
        secrets_file=_bare(secrets_file, pattern=True),
        writable=[_quoted(f"-{place}") for place in _writable(settings, database_folder, folder, environment)],
    )
    path = (_user_units() if user else Path("/etc/systemd/system")) / f"{name}.service"
    return Unit(text, path, _commands(path, user), secrets_file, secrets)


def _command() -> str:
    """`parley schedule run` by the program that is running now."""
    first, *others = _program()
    if set(first) & set("\"'\\"):
        raise NotWritten(
            f"systemd starts no program with quotes or backslashes in its path, {first}; install it elsewhere"
        )
    return " ".join([_quoted(first), *(_quoted(word).replace("$", "$$") for word in (*others, "schedule", "run"))])


def _program() -> tuple[str, ...]:
    """The script, wherever the current folder is; where none was run, the one beside this Python, or its module."""
    for script in (Path(sys.argv[0]), Path(sys.executable).with_name("parley")):
        if script.name == "parley" and script.is_file():
            return (str(script.absolute()),)
    return sys.executable, "-m", "forecast.cli"


def _secrets(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Those that are set or needed; an address with a password is one."""
    alerts = settings.alerts
    needed = {WEBHOOK_SECRET: alerts.webhook is not None, SMTP_PASSWORD: bool(alerts.email and alerts.email.user)}
    found = [name for name in SECRETS if needed[name] or environment.get(name)]
    return (*found, *([DATABASE] if _has_password(environment.get(DATABASE, "")) else []))


def _has_password(url: str) -> bool:
    try:
        address = make_url(url)
    except ArgumentError:
        return "@" in url
    return address.password is not None or "password" in address.query


def _writable(settings: Settings, database_folder: Path, folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """Folders in which the service writes, none within another."""
    places = [database_folder, (database_folder / settings.log.file).parent, folder / cache_root()]
    if settings.alerts.file is not None and settings.alerts.file.path != "-":
        places.append((database_folder / settings.alerts.file.path).parent)
    if settings.backup.folder:
        places.append(settings.backup.folder_from(database_folder))
    if chosen := environment.get(PLACE):
        places.append(Path(os.path.expanduser(chosen)))
    ordered = sorted({Path(os.path.abspath(folder / place)) for place in places})
    return [place for place in ordered if not set(place.parents) & set(ordered)]


def _quoted(word: str) -> str:
    """A word of a list: in quotes where it needs them."""
    escaped = _checked(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if not word or set(word) & set(" \t\"'\\;") else escaped


def _bare(path: Path, *, pattern: bool = False) -> str:
    """A path that is the whole value: not unquoted by systemd, so that it cannot end as a line cannot."""
    text = _checked(str(path))
    if text.endswith((" ", "\\")):
        raise NotWritten(f"{path} ends in a blank or backslash, which no unit can hold; rename the folder")
    for letter in "\\*?[" if pattern else "":
        text = text.replace(letter, f"\\{letter}")
    return text


def _checked(text: str) -> str:
    """The text with its percent signs doubled."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise NotWritten(f"{text!r} has characters that no unit can hold; name a path or value without them")
    return text.replace("%", "%%")


def _account() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _user_units() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def _commands(path: Path, user: bool) -> tuple[str, ...]:
    named = () if path.stem == NAME else ("--name", path.stem)
    own, place = ("--user",) if user else (), shlex.quote(str(path))
    install = shlex.join((*_program(), "schedule", "install", *own, *named))
    if user:
        return (
            f"mkdir -p {shlex.quote(str(path.parent))} && {install} > {place}",
            "systemctl --user daemon-reload",
            f"systemctl --user enable --now {path.name}",
            "loginctl enable-linger",
        )
    save = f"{install} | sudo tee {place} > /dev/null"
    return save, "sudo systemctl daemon-reload", f"sudo systemctl enable --now {path.name}"


def words(unit: Unit, *, user: bool) -> Sequence[str]:
    """What to do with it, a paragraph each."""
    own = "--user " if user else ""
    out = [f"Save it as {unit.path} and start it:", *(f"    {command}" for command in unit.commands)]
    if user:
        out.append("The last keeps it running while you are not logged in.")
    if unit.secrets:
        out.append(f"Put {', '.join(unit.secrets)} into {unit.secrets_file}, a NAME=value a line, and run:")
        out.append(f"    chmod 600 {shlex.quote(str(unit.secrets_file))}")
    name = unit.path.stem
    look = f"`systemctl {own}status {name}` and `journalctl {own}-u {name}`"
    other = f"Another folder or case needs a unit of another name, or it replaces this one: --name {name}-2."
    return [*out, f"Then see `parley schedule status`, {look}.", other]
