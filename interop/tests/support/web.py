"""What stands around a dashboard on the web: pages of others, and proxies in front of it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Of one connection, and not of what is sent over it.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "date", "server"}


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str
    body: bytes


@contextmanager
def page_of_others() -> Iterator[str]:
    """A site with one page and no headers that would allow or forbid anything. Gives its address."""

    class Handler(_Quiet):
        def do_GET(self) -> None:
            self.give(200, [("Content-Type", "text/html")], b"<!doctype html><title>elsewhere</title>")

    with _serving(Handler) as address:
        yield address


@dataclass
class Proxy:
    """A proxy that keeps what stands under a prefix, and takes the prefix away."""

    server: str
    prefix: str = ""
    address: str = ""
    #: Method and path of each request, as the browser sent it.
    asked: list[tuple[str, str]] = field(default_factory=list)
    #: Answers that the proxy gives itself, by path behind the prefix.
    own: dict[str, Callable[[], Answer]] = field(default_factory=dict)

    def count(self, method: str, path: str) -> int:
        return self.asked.count((method, self.prefix + path))


@contextmanager
def proxy(server: str, prefix: str = "") -> Iterator[Proxy]:
    front = Proxy(server, prefix)

    class Handler(_Quiet):
        def _pass_on(self) -> None:
            front.asked.append((self.command, self.path))
            if not self.path.startswith(prefix):
                return self.give(404, [("Content-Type", "text/html")], b"<!doctype html><title>not here</title>")
            path = self.path.removeprefix(prefix)
            path = path if path.startswith("/") else f"/{path}"
            if own := front.own.get(path):
                answer = own()
                return self.give(answer.status, [("Content-Type", answer.kind)], answer.body)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            upstream = http.client.HTTPConnection(server, timeout=30)
            try:
                upstream.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in _HOP_BY_HOP:
                        upstream.putheader(name, value)
                upstream.endheaders(body)
                response = upstream.getresponse()
                headers = [header for header in response.getheaders() if header[0].lower() not in _HOP_BY_HOP]
                self.give(response.status, headers, response.read())
            finally:
                upstream.close()

        do_GET = do_HEAD = do_POST = _pass_on

    with _serving(Handler) as front.address:
        yield front


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def give(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    # A browser keeps connections open that it may never use.
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A browser that hangs up is no error here: the test says what it misses."""


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
