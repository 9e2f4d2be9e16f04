"""The program as a process of its own that does not start from nothing: it splits off from one that has imported it.

To start Python and import the program takes a second; to split off takes a fifth of one. The process finds what a new
one finds: its arguments, environment, folder and session, and the streams of whoever asks for it, closed ones included.
Their encoding goes by PYTHONIOENCODING alone, where it is set, and not by the locale. One runs at a time.

This file is a module of the tests; with `SERVE` the process that the others split off from; and with an address a
program that stands in any shell in place of ours: it hands its streams over, and ends as ours does.
"""

import gc
import json
import os
import socket
import sys

type Streams = dict[int, int]
"""By number of the stream, what is open there."""

SERVE = "--serve"
_LARGE = {"backtest", "backtest_tables", "calibrate", "calibrate_tables", "check", "plot"}
"""Commands whose own imports are so many that to end with them would take longer; they import them when they run."""
_addresses: dict[int, str] = {}
"""By process, where the one listens that its programs split off from."""


def command(at: str = "") -> list[str]:
    """What to run in place of the program: all words before its arguments; by a clock that stands at an instant."""
    return [sys.executable, "-I", "-S", __file__, _address(), at]


def begin_at(terminal: int, arguments: list[str], environment: dict[str, str], at: str = "") -> socket.socket:
    """Begin the program on a terminal, which it controls; `ended` waits for it."""
    told = {"arguments": arguments, "environment": environment, "at": at, "controls": True}
    return _ask(_address(), told, dict.fromkeys((0, 1, 2), terminal))


def ended(asked: socket.socket) -> int:
    """The exit code of what was begun, once it has ended."""
    with asked:
        return int(asked.recv(16))


def _ask(address: str, told: dict[str, object], streams: Streams) -> socket.socket:
    asked = socket.socket(socket.AF_UNIX)
    asked.connect(address)
    text = json.dumps({**told, "folder": os.getcwd(), "streams": list(streams)}).encode()
    size = len(text).to_bytes(4, "big")
    if streams:
        socket.send_fds(asked, [size], list(streams.values()))
    else:
        asked.sendall(size)
    asked.sendall(text)
    return asked


def _hear(asked: socket.socket) -> tuple[dict[str, object], Streams]:
    size, received, _, _ = socket.recv_fds(asked, 4, 3)
    with asked.makefile("rb") as file:
        told = json.loads(file.read(int.from_bytes(size, "big")))
    return told, dict(zip(told["streams"], received, strict=True))


def _address() -> str:
    """Where to ask, once in a process made for it: it ends when this one does."""
    if os.getpid() not in _addresses:
        import atexit
        from subprocess import PIPE, Popen
        from tempfile import TemporaryDirectory

        place = TemporaryDirectory(prefix="parley-warm-")
        address = os.path.join(place.name, "socket")
        server = Popen([sys.executable, "-W", "error", __file__, SERVE, address], stdin=PIPE, stdout=PIPE)
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        for step in (place.cleanup, server.wait, server.stdout.close, server.stdin.close):
            atexit.register(step)
        _addresses[os.getpid()] = address
    return _addresses[os.getpid()]


def _serve(address: str) -> None:
    """Split a process off whenever asked, until standard input ends; return in such a process."""
    import select

    _import_program()
    gc.collect()
    gc.freeze()  # what is not looked through again is not copied either
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        os.write(1, b"ready\n")
        while listener in select.select([listener, 0], [], [])[0]:
            asked, _ = listener.accept()
            with asked:
                told, streams = _hear(asked)
                process = os.fork()
                if process == 0:
                    break
                for number in streams.values():
                    os.close(number)
                asked.sendall(str(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])).encode())
        else:
            sys.exit()
    _become(told, streams)


def _import_program() -> None:
    import pkgutil
    from importlib import import_module

    import forecast.cli

    for module in pkgutil.iter_modules(forecast.cli.__path__):
        if module.name not in {"__main__", *_LARGE}:
            import_module(f"forecast.cli.{module.name}")


def _become(told: dict[str, object], streams: Streams) -> None:
    """Take on what a new process would have been given."""
    import time
    from datetime import datetime
    from fcntl import ioctl
    from termios import TIOCSCTTY

    from forecast.cli import console

    os.setsid()
    for number in (0, 1, 2):
        if number in streams:
            os.dup2(streams[number], number)
        else:
            os.close(number)
    for number in streams.values():
        os.close(number)
    if told.get("controls"):
        ioctl(0, TIOCSCTTY, 0)
    os.environ.clear()
    os.environ.update(told["environment"])
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "utf-8").partition(":")
    sys.stdin = os.fdopen(0, "r", -1, encoding, errors or None, closefd=False) if 0 in streams else None
    sys.stdout = os.fdopen(1, "w", -1, encoding, errors or None, closefd=False) if 1 in streams else None
    sys.stderr = os.fdopen(2, "w", 1, encoding, "backslashreplace", closefd=False) if 2 in streams else None
    time.tzset()
    os.chdir(str(told["folder"]))
    sys.argv = ["parley", *told["arguments"]]
    if told["at"]:
        instant = datetime.fromisoformat(str(told["at"]))
        console.utc_now = lambda: instant


def _open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _stand_in(address: str, at: str, arguments: list[str]) -> int:
    streams = {number: number for number in (0, 1, 2) if _open(number)}
    return ended(_ask(address, {"arguments": arguments, "environment": dict(os.environ), "at": at}, streams))


if __name__ == "__main__" and sys.argv[1] == SERVE:
    _serve(sys.argv[2])
    from forecast.cli.app import main

    main()
elif __name__ == "__main__":
    sys.exit(_stand_in(*sys.argv[1:3], sys.argv[3:]))
