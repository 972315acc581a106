"""A WebDriver client (https://www.w3.org/TR/webdriver2/), as far as the suite needs one: each command is one request."""

from __future__ import annotations

import base64
from typing import Any

import requests

from support.redaction import redact

# Keys that are no characters (section "Keyboard actions").
TAB, ENTER, SPACE, SHIFT = "\ue004", "\ue007", " ", "\ue008"

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_SECONDS = 60


class WebDriverError(Exception):
    """What a driver answers when it cannot do it."""


class Remote:
    """Where the commands of one driver, or of one of its sessions, go."""

    def __init__(self, url: str):
        self._url = url
        self._http = requests.Session()
        # No proxy of the caller's stands between the suite and a driver on this machine.
        self._http.trust_env = False

    def get(self, command: str) -> Any:
        return self.send("GET", command)

    def post(self, command: str, **parameters: Any) -> Any:
        return self.send("POST", command, parameters)

    def send(self, method: str, command: str, parameters: dict[str, Any] | None = None) -> Any:
        response = self._http.request(method, f"{self._url}{command}", json=parameters, timeout=_SECONDS)
        value = response.json()["value"]
        if not response.ok:
            raise WebDriverError(redact(f"{command}: {value['error']}: {value['message']}"))
        return value

    def begin(self, capabilities: dict[str, Any]) -> Browser:
        """A new session, which is a new browser."""
        session = self.post("/session", capabilities={"alwaysMatch": capabilities})
        return Browser(f"{self._url}/session/{session['sessionId']}")

    def close(self) -> None:
        self._http.close()


class Browser(Remote):
    """A session with one window."""

    def end(self) -> None:
        try:
            self.send("DELETE", "")
        finally:
            self.close()

    def open(self, url: str) -> None:
        self.post("/url", url=url)

    @property
    def url(self) -> str:
        return self.get("/url")

    @property
    def title(self) -> str:
        return self.get("/title")

    @property
    def source(self) -> str:
        return self.get("/source")

    @property
    def text(self) -> str:
        return self.find("body").text

    def back(self) -> None:
        self.post("/back")

    def reload(self) -> None:
        self.post("/refresh")

    def find(self, css: str) -> Element:
        return self._element(self.post("/element", using="css selector", value=css))

    @property
    def focused(self) -> Element:
        return self._element(self.get("/element/active"))

    def _element(self, value: dict[str, str]) -> Element:
        return Element(self, value[_ELEMENT])

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function with this body returns in the page; a promise is waited for."""
        return self.post("/execute/sync", script=script, args=list(arguments))

    def press(self, *keys: str) -> None:
        """Presses and releases one key after the other, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def cookies(self) -> list[dict[str, Any]]:
        """Those that the page's address would be sent, also those that its scripts do not see."""
        return self.get("/cookie")

    def add_cookie(self, cookie: dict[str, Any]) -> None:
        self.post("/cookie", cookie=cookie)

    def screenshot(self) -> bytes:
        return base64.b64decode(self.get("/screenshot"))

    def log(self) -> list[dict[str, Any]]:
        """What the console says since it was last asked."""
        return self.post("/se/log", type="browser")

    def cdp(self, command: str, **parameters: Any) -> Any:
        """A command of Chromium's own protocol."""
        return self.post("/goog/cdp/execute", cmd=command, params=parameters)


class Element:
    """Something in a page."""

    def __init__(self, browser: Browser, reference: str):
        self._browser = browser
        self._command = f"/element/{reference}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and self._command == other._command

    def __hash__(self) -> int:
        return hash(self._command)

    def _get(self, what: str) -> Any:
        return self._browser.get(f"{self._command}/{what}")

    def click(self) -> None:
        self._browser.post(f"{self._command}/click")

    def type(self, text: str) -> None:
        self._browser.post(f"{self._command}/value", text=text)

    def attribute(self, name: str) -> str | None:
        return self._get(f"attribute/{name}")

    def state(self, name: str) -> Any:
        return self._get(f"property/{name}")

    @property
    def text(self) -> str:
        return self._get("text")

    @property
    def displayed(self) -> bool:
        return self._get("displayed")

    @property
    def role(self) -> str:
        return self._get("computedrole")

    @property
    def label(self) -> str:
        return self._get("computedlabel")
