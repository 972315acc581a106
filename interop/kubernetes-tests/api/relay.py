"""A way to the API server that can be cut, while the API server itself stays ready."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Thread


class Relay:
    """Passes connections on. While it is cut it ends each at once, and remembers when it came."""

    def __init__(self, port: int):
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._lock = Lock()
        self._is_cut = False
        self.tries: list[float] = []
        self.port = self._listener.getsockname()[1]
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
        self._end_all()

    def mend(self) -> None:
        with self._lock:
            self._is_cut = False

    def close(self) -> None:
        # Wakes the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self._end_all()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._is_cut:
                    self.tries.append(time.monotonic())
                    caller.close()
                    continue
                callee = socket.create_connection(self._target, timeout=10)
                callee.settimeout(None)
                self._open += [caller, callee]
            for source, sink in ((caller, callee), (callee, caller)):
                Thread(target=_pass_on, args=(source, sink), daemon=True).start()

    def _end_all(self) -> None:
        with self._lock:
            for end in self._open:
                _shut(end)
                end.close()
            self._open.clear()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while some := source.recv(65536):
            sink.sendall(some)
    except OSError:
        pass
    _shut(sink)


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


@contextmanager
def relay(port: int) -> Iterator[Relay]:
    between = Relay(port)
    try:
        yield between
    finally:
        between.close()
