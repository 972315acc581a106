"""HTTP/1.1 to the byte: what is sent is what was given, well-formed or not, and what came back is told as it came."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

# No answer of a server on this machine takes this long.
SECONDS = 10
_MOST_BYTES = 1 << 22


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    version: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes = b""

    def wire(self) -> bytes:
        lines = [f"{self.method} {self.target} {self.version}".encode()]
        lines += [name + b": " + value for name, value in self.headers]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class Answer:
    """One response. Without a status the connection ended before there was one."""

    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def header(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)


CLOSED = Answer()


def ask(address: str, request: Request, seconds: float = SECONDS) -> Answer:
    """The first answer to a request that a connection of its own begins with; TimeoutError if there is none in time."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        reader = _Reader(connection, time.monotonic() + seconds)
        try:
            connection.sendall(request.wire())
        except (BrokenPipeError, ConnectionResetError):
            # Answered before it was all there: the answer may still be read.
            pass
        return _answer(reader, request.method)


def _answer(reader: _Reader, method: str) -> Answer:
    while True:
        head = reader.until(b"\r\n\r\n")
        if head is None:
            return CLOSED
        status_line, *lines = head.decode("latin-1").split("\r\n")
        version, status, *_ = status_line.split(" ", 2)
        if not version.startswith("HTTP/1."):
            raise ValueError(f"no answer in HTTP/1: {status_line!r}")
        pairs = (line.partition(":") for line in lines)
        answer = Answer(int(status), [(name, value.strip()) for name, _, value in pairs])
        if answer.status != 100:
            break
    if method == "HEAD" or answer.status in (101, 204, 304):
        return answer
    return Answer(answer.status, answer.headers, _body(reader, answer))


def _body(reader: _Reader, answer: Answer) -> bytes:
    if "chunked" in (answer.header("transfer-encoding") or ""):
        body = b""
        while size := int(reader.line(), 16):
            body += reader.exactly(size)
            reader.line()
        reader.line()
        return body
    length = answer.header("content-length")
    return reader.rest() if length is None else reader.exactly(int(length))


class _Reader:
    def __init__(self, connection: socket.socket, deadline: float):
        self._connection = connection
        self._deadline = deadline
        self._read = b""

    def _more(self) -> bool:
        self._connection.settimeout(max(self._deadline - time.monotonic(), 0.001))
        try:
            more = self._connection.recv(1 << 16)
        except ConnectionResetError:
            return False
        self._read += more
        if len(self._read) > _MOST_BYTES:
            raise ValueError("an answer without end")
        return bool(more)

    def until(self, end: bytes) -> bytes | None:
        """What comes before `end`, or None if the connection ends first."""
        while end not in self._read:
            if not self._more():
                return None
        found, _, self._read = self._read.partition(end)
        return found

    def line(self) -> bytes:
        line = self.until(b"\r\n")
        if line is None:
            raise ValueError("the connection ended within an answer")
        return line

    def exactly(self, size: int) -> bytes:
        while len(self._read) < size:
            if not self._more():
                raise ValueError("the connection ended within an answer")
        found, self._read = self._read[:size], self._read[size:]
        return found

    def rest(self) -> bytes:
        while self._more():
            pass
        return self._read
