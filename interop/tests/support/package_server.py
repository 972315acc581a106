"""Servers of packages that write down what they are asked: HTTP and HTTPS on one port, told apart by the first byte."""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from support.certificates import Files

PACKAGE = b"the package"

#: The names in the servers' certificate. Clients are told that they lead to loopback.
NAMES = ("a.test", "b.test", "sub.a.test", "default", "localhost", "127.0.0.1")

_TLS_HANDSHAKE = b"\x16"


@dataclass(frozen=True)
class Asked:
    """A request: the URI that was asked for, by scheme, `Host` and target, and every header."""

    at: str
    headers: tuple[tuple[str, str], ...]

    def authorization(self) -> list[str]:
        """What is in the `Authorization` headers, readable; one at most, if all is well."""
        return [readable(value) for name, value in self.headers if name.lower() == "authorization"]


def readable(value: str) -> str:
    """A header, as latin-1 has its bytes, with login and password as they were before they were encoded. What is not
    UTF-8 stays visible as `\\xfc`."""
    scheme, _, encoded = value.partition(" ")
    content = base64.b64decode(encoded) if scheme == "Basic" else encoded.encode("latin-1")
    return f"{scheme} {content.decode('utf-8', 'backslashreplace')}"


@dataclass
class Servers:
    """Two ports, both of which speak for every name."""

    port: int
    other: int
    #: Which requests are answered with a redirect: `302 <location>`. All others get the package.
    redirects: Mapping[str, str] = field(default_factory=dict)
    _asked: list[Asked] = field(default_factory=list)

    def begin(self, redirects: Mapping[str, str]) -> None:
        """Forgets what was asked, and answers so from now on."""
        self._asked = []
        self.redirects = redirects

    def asked(self) -> list[Asked]:
        return list(self._asked)

    def answer_to(self, asked: Asked) -> bytes:
        self._asked.append(asked)
        redirect = self.redirects.get(asked.at)
        if redirect is None:
            return _answer("200 OK", PACKAGE)
        status, location = redirect.split(" ", 1)
        return _answer(f"{status} Redirect", b"", f"Location: {location}\r\n")


@contextmanager
def running(files: Files) -> Iterator[Servers]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(files.certificate, files.key)
    servers = Servers(0, 0)
    with _listening(tls, servers) as servers.port, _listening(tls, servers) as servers.other:
        yield servers


@contextmanager
def _listening(tls: ssl.SSLContext, servers: Servers) -> Iterator[int]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                _serve(self.request, tls, servers)
            except OSError:
                # Whoever hangs up has asked nothing more.
                pass

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Listener(("127.0.0.1", 0), Handler) as listener:
        serving = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield listener.server_address[1]
        finally:
            listener.shutdown()
            serving.join()


def _serve(connection: socket.socket, tls: ssl.SSLContext, servers: Servers) -> None:
    connection.settimeout(20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if connection.recv(1, socket.MSG_PEEK) != _TLS_HANDSHAKE:
        _answer_one(connection, "http", servers)
        return
    with tls.wrap_socket(connection, server_side=True) as secured:
        _answer_one(secured, "https", servers)
        # So that the client reads the end of it, and not an error.
        secured.unwrap()


def _answer_one(connection: socket.socket, scheme: str, servers: Servers) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        received = connection.recv(4096)
        if not received:
            return
        head += received
    line, *rest = head.decode("latin-1").split("\r\n")[:-2]
    headers = tuple((name, value) for name, _, value in (header.partition(": ") for header in rest))
    host = ",".join(value for name, value in headers if name.lower() == "host")
    asked = Asked(f"{scheme}://{host}{line.split(' ')[1]}", headers)
    connection.sendall(servers.answer_to(asked))


def _answer(status: str, body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body
