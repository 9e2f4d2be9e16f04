"""Real receivers of alerts on this machine: an HTTP server and a mail server that do as they are told."""

import asyncio
import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from db.run_rows import AlertRow

ALERT = AlertRow(
    case_id="toy",
    rule="move_day",
    subject="run 12",
    run_id=12,
    title="Arms-control talks in 365 d: 14 % → 19 %",
    body="In a day: 14 % → 19 %.\nЗавтра, 明日.",
    facts={"value": 0.19, "as_of": "2026-11-20"},
    channels=("webhook",),
    id=3,
    recorded_at=datetime(2026, 11, 20, 6, 5, tzinfo=UTC),
)

HANG, DRIP, CLOSE, REDIRECT = "hang", "drip", "close", "redirect"


@dataclass(frozen=True)
class Post:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """An answer with words."""

    status: int
    said: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    late_s: float = 0.0
    """So long after the message is taken."""


def slack(body: bytes) -> Reply:
    """What Slack answers to a message, by the limits it publishes."""
    message = json.loads(body)
    blocks = message.get("blocks", [])
    if not message.get("text"):
        return Reply(400, "no_text")
    long = [part for block in blocks for part in _texts(block) if not 1 <= len(part["text"]) <= _most(block, part)]
    kinds = {block["type"] for block in blocks} - {"header", "section", "context", "divider"}
    return Reply(400, "invalid_blocks") if long or kinds or len(blocks) > 50 else Reply(200, "ok")


def _texts(block: dict[str, Any]) -> list[dict[str, Any]]:
    return [*([block["text"]] if "text" in block else []), *block.get("fields", []), *block.get("elements", [])]


def _most(block: dict[str, Any], part: dict[str, Any]) -> int:
    assert part["type"] == ("plain_text" if block["type"] == "header" else "mrkdwn")
    return 150 if block["type"] == "header" else 2000 if part in block.get("fields", []) else 3000


def teams(body: bytes) -> Reply:
    """What a workflow of Teams answers to a message."""
    if len(body) > 28_000:
        return Reply(413, '{"error":{"code":"RequestEntityTooLarge"}}')
    message = json.loads(body)
    (card,) = message["attachments"]
    fits = message["type"] == "message" and card["contentType"] == "application/vnd.microsoft.card.adaptive"
    fits = fits and (card["content"]["type"], card["content"]["version"]) == ("AdaptiveCard", "1.4")
    return Reply(202) if fits else Reply(400, '{"error":{"code":"TriggerInputSchemaMismatch"}}')


@dataclass
class Hook:
    """An HTTP server: answers each request as the next of `answers` says, and when they are used up as `service`."""

    url: str = ""
    service: Callable[[bytes], Reply] = field(default=lambda _: Reply(204))
    answers: list[int | str | Reply] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        hook = cast("_Server", self.server).hook
        body = self.rfile.read(int(self.headers["Content-Length"]))
        hook.posts.append(Post(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        answer = hook.answers.pop(0) if hook.answers else hook.service(body)
        self.close_connection = True
        if answer == HANG:
            hook.over.wait(30)
        elif answer == DRIP:
            self._drip(hook.over)
        elif answer != CLOSE:
            to = {"Location": f"{hook.url}/elsewhere"}
            reply = answer if isinstance(answer, Reply) else Reply(302 if answer == REDIRECT else int(answer), "", to)
            hook.over.wait(reply.late_s)
            self._reply(reply)

    def _reply(self, reply: Reply) -> None:
        said = reply.said.encode()
        with suppress(OSError):  # nobody waits for it any more
            self.send_response(reply.status)
            for name, value in ({"Content-Length": str(len(said))} | dict(reply.headers)).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

    def _drip(self, over: threading.Event) -> None:
        """A byte of the answer now and then, none of which is the last."""
        try:
            for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
                self.wfile.write(bytes([letter]))
                if over.wait(0.05):
                    return
        except OSError:  # it was daily_trigger up
            over.set()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


class _Server(ThreadingHTTPServer):
    block_on_close = False
    hook: Hook


@contextmanager
def open_hook(
    *answers: int | str | Reply, tls: SSLContext | None = None, service: Callable[[bytes], Reply] | None = None
) -> Iterator[Hook]:
    """An HTTP server at a free port."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.hook = Hook(answers=list(answers), **({"service": service} if service else {}))
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.hook.url = f"{'https' if tls else 'http'}://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.hook
        finally:
            server.hook.over.set()
            server.shutdown()
            thread.join()


@dataclass(kw_only=True)
class Box:
    """A mail server: answers DATA as the next of `answers` says, and when they are used up takes the mail."""

    answers: list[str] = field(default_factory=list)
    strangers: tuple[str, ...] = ()
    """Recipients it does not know."""
    late_s: float = 0.0
    """It answers so long after it has taken a mail."""
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        if address in self.strangers:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            content = cast("bytes", envelope.original_content)
            self.mails.append(cast("EmailMessage", message_from_bytes(content, policy=policy.default)))
            self.recipients.append(list(envelope.rcpt_tos))
            self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
            await asyncio.sleep(self.late_s)
        return answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == b"open sesame", handled=False)


@contextmanager
def open_box(
    *answers: str,
    strangers: Sequence[str] = (),
    tls: SSLContext | None = None,
    wrapped: bool = False,
    late_s: float = 0.0,
) -> Iterator[Box]:
    """A mail server at a free port; with `tls` it offers STARTTLS or, `wrapped`, speaks TLS from the first byte."""
    box = Box(answers=list(answers), strangers=tuple(strangers), port=free_port(), late_s=late_s)
    controller = Controller(
        box,
        "127.0.0.1",
        box.port,
        ssl_context=tls if wrapped else None,
        tls_context=None if wrapped else tls,
        authenticator=box.authenticate,
        auth_require_tls=False,
        decode_data=False,
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def free_port() -> int:
    """One at which nobody listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def open_mute() -> Iterator[int]:
    """A port at which connections are taken and never answered."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield int(listening.getsockname()[1])


def make_certificate(folder: Path) -> Path:
    """A key and a certificate for localhost that nobody else has signed, in one file."""
    key, certificate, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def serving(certificate: Path) -> SSLContext:
    """What a server with this certificate needs."""
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
