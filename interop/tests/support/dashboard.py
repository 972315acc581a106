"""A dashboard behind our server layer in a browser: what the tests of logging in do again and again."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from support import ours, ray_env
from support.process import Server, wait_for
from support.redaction import Token
from support.webdriver import ENTER, Browser
LOGIN = "Log in – Ray cluster"
COOKIE = "ray-authentication-token"
COUNT, ADD, SOCKET = "/api/things/count", "/api/things", "/ws"
DAYS = 24 * 3600

MISSING = "Unauthorized: Missing authentication token"
WRONG = "Forbidden: Invalid authentication token"
CROSS_ORIGIN = "Forbidden: Cross-origin request"
UNTRUSTED_HOST = (
    "Forbidden: This server does not log browsers in under this host name; whoever runs it can allow the name"
)


@dataclass(frozen=True)
class Dashboard:
    """Our server layer around pages, an API and a WebSocket."""

    server: Server
    address: str
    token: Token
    file: Path

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


class Place:
    """Where dashboards are started, and ended together."""

    def __init__(self, path: Path, stack: ExitStack):
        self._path = path
        self._stack = stack
        self._started = 0

    def dashboard(self, *options: str) -> Dashboard:
        self._started += 1
        name = f"dashboard_{self._started}"
        token = Token(f"the token of {name}")
        file = self._path / f"{name}.token"
        file.touch(0o600)
        file.write_text(f"{token.reveal()}\n")
        env = ray_env.plain(self._path / "home", RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=str(file))
        server = Server(name, [ours.probe(), "dashboard", *options], env, self._path)
        self._stack.callback(server.end)
        return Dashboard(server, server.wait_until_up(server.listening_on), token, file)


def wait_for_title(browser: Browser, title: str) -> None:
    try:
        wait_for(f"the page {title!r}", lambda: browser.title == title, 20)
    except TimeoutError as error:
        raise AssertionError(f"{error}; it is {browser.title!r} at {browser.url}: {browser.text}") from None


def enter(browser: Browser, token: Token) -> None:
    browser.find("#token").type(token.reveal() + ENTER)


def log_in(browser: Browser, dashboard: Dashboard, host: str = "127.0.0.1") -> None:
    browser.open(dashboard.url(host=host))
    wait_for_title(browser, LOGIN)
    enter(browser, dashboard.token)
    wait_for_title(browser, "Home")


def error_shown(browser: Browser) -> str:
    return wait_for("an error is shown", lambda: browser.find("#error").text or None, 20)


def ask(browser: Browser, url: str, **options: object) -> dict:
    """What a script of the page that is open is answered."""
    return browser.run(
        """
        const [url, options] = arguments;
        return fetch(url, options).then(
            async (answer) => {
                const { status, headers } = answer;
                return { status, text: await answer.text(), grpc: headers.get("grpc-status") };
            },
            (error) => ({ error: error.name }),
        );
        """,
        url,
        options,
    )


def socket(browser: Browser, url: str) -> str:
    """What a WebSocket of the page that is open says back, or how it ends."""
    return browser.run(
        """
        const socket = new WebSocket(arguments[0]);
        return new Promise((done) => {
            socket.onopen = () => socket.send("hello");
            socket.onmessage = ({ data }) => { done(data); socket.close(); };
            socket.onclose = ({ code }) => done(`closed with ${code}`);
        });
        """,
        url.replace("http:", "ws:"),
    )


def things(place_browser: Browser, dashboard: Dashboard) -> str:
    """How often something was changed, as the dashboard's own page sees it."""
    place_browser.open(dashboard.url())
    return ask(place_browser, COUNT)["text"]


def complaints(browser: Browser) -> list[str]:
    """What the console says, but for the answers that a refused request has."""
    refusals = re.compile(r"Failed to load resource: the server responded with a status of 40[13]")
    return [entry["message"] for entry in browser.log() if not refusals.search(entry["message"])]


def status_of_page(browser: Browser) -> int:
    return browser.run("return performance.getEntriesByType('navigation')[0].responseStatus")


def cookie(browser: Browser) -> dict | None:
    found = [cookie for cookie in browser.cookies() if cookie["name"] == COOKIE]
    return found[0] if found else None
