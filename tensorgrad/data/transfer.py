"""A transfer that is watched: by people, and for servers that send a byte now and then so as never to be timed out."""

from __future__ import annotations

import socket
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from .files import DataError

SLOWEST = 1000  # bytes per second


class Watch:
    """Ends a transfer that lives but does not move.

    The timeout of a socket begins anew with every byte. Here a thread looks after each `seconds` whether at least
    SLOWEST bytes have come for each of them, and shuts the connection if not. It does so, too, for what comes before the
    first byte of the contents: redirections, headers, and other ways to keep somebody waiting.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.slow = seconds, False
        self._sockets: list[Any] = []
        self._done = threading.Event()
        self.restart()

    def restart(self) -> None:
        """Begin a new span of time."""
        self._bytes, self._until = 0, time.monotonic() + self.seconds

    def moved(self, n: int) -> None:
        """n bytes have come."""
        self._bytes += n
        if self._bytes >= SLOWEST * self.seconds:
            self.restart()

    def check(self) -> None:
        """Raise DataError if the connection was shut here: what was read then looks like an end."""
        if self.slow:
            raise DataError(f"sends less than {SLOWEST} bytes a second, and was left after {self.seconds:g} seconds of that")

    def __enter__(self) -> Watch:
        threading.Thread(target=self._look, daemon=True, name="download watch").start()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._done.set()
        if error is not None and self.slow:
            self.check()

    def _look(self) -> None:
        while not self._done.wait(max(self._until - time.monotonic(), 0)):
            if time.monotonic() >= self._until:
                self.slow = True
                for s in self._sockets:
                    with suppress(OSError):
                        socket.socket.shutdown(s, socket.SHUT_RDWR)  # under TLS, too, at once and without a farewell
                return

    # ---- connections ------------------------------------------------------------------------------------------------

    def opener(self) -> Any:
        """Opens http and https and nothing else, follows redirections to these only, and shows us each connection."""
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(), _http(urllib.request.HTTPHandler, self), _http(urllib.request.HTTPSHandler, self),
            urllib.request.HTTPDefaultErrorHandler(), _Redirections(), urllib.request.HTTPErrorProcessor(),
        ):  # fmt: skip
            opener.add_handler(handler)
        return opener

    def connection(self, http_class: Any) -> Any:
        """A maker of connections that are watched once they are made."""

        def make(*args: Any, **kwargs: Any) -> Any:
            made = http_class(*args, **kwargs)
            connect = made.connect

            def connect_and_note() -> None:
                connect()
                self._sockets.append(made.sock)

            made.connect = connect_and_note
            return made

        return make


def _http(handler: Any, watch: Watch) -> Any:
    class Watched(handler):
        def do_open(self, http_class: Any, req: Any, **kwargs: Any) -> Any:
            return super().do_open(watch.connection(http_class), req, **kwargs)

    return Watched()


class _Redirections(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise DataError(f"Redirection to url {newurl!r} is not allowed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


# ---- for people -------------------------------------------------------------------------------------------------------


class bar:
    """A tqdm bar of bytes, or nothing."""

    def __init__(self, title: str, total: int | None, done: int, shown: bool | None) -> None:
        self.bar: Any = None
        if sys.stderr.isatty() if shown is None else shown:
            try:
                from tqdm import tqdm
            except ImportError:
                return
            self.bar = tqdm(total=total, initial=done, desc=title, unit="B", unit_scale=True)

    def update(self, n: int) -> None:
        if self.bar is not None:
            self.bar.update(n)

    def __enter__(self) -> bar:
        return self

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.close()


__all__ = ["Watch", "bar"]
