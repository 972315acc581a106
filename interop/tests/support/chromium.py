"""Chromium, kept to this machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support import ray_env
from support.process import Server
from support.webdriver import Browser, Remote

# Names that lead here. Others lead nowhere.
DASHBOARD, EVIL, REBIND = "dashboard.test", "evil.test", "rebind.test"

_RESOLVER = ", ".join(
    [
        *(f"MAP {name} 127.0.0.1" for name in (DASHBOARD, EVIL, REBIND)),
        "MAP * ~NOTFOUND",
        "EXCLUDE 127.0.0.1",
        "EXCLUDE localhost",
    ]
)
_SWITCHES = [
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    f"--host-resolver-rules={_RESOLVER}",
]


def _program(variable: str, *names: str) -> str:
    named = os.environ.get(variable)
    for name in [named] if named else names:
        if path := shutil.which(name):
            return path
    raise RuntimeError(f"{named or ' or '.join(names)} not found; install it, or name it in {variable}")


@contextmanager
def driver(folder: Path) -> Iterator[Remote]:
    """The program that starts browsers and tells them what to do."""
    program = _program("INTEROP_CHROMEDRIVER", "chromedriver")
    server = Server("chromedriver", [program, "--port=0"], ray_env.plain(folder / "home"), folder)
    try:
        port = server.wait_until_up(lambda: _port_in(server.said()))
        remote = Remote(f"http://127.0.0.1:{port}")
        try:
            yield remote
        finally:
            remote.close()
    finally:
        server.end()


def _port_in(said: str) -> str | None:
    found = re.search(r"started successfully on port (\d+)", said)
    return found and found[1]


@contextmanager
def browser(driver: Remote, profile: Path, **options: Any) -> Iterator[Browser]:
    """A browser that has never been anywhere."""
    chromium = _program("INTEROP_CHROMIUM", "chromium", "chromium-browser", "google-chrome")
    begun = driver.begin(
        {
            "goog:chromeOptions": {
                "binary": chromium,
                "args": [*_SWITCHES, f"--user-data-dir={profile}"],
                **options,
            },
            "goog:loggingPrefs": {"browser": "ALL"},
        }
    )
    try:
        yield begun
    finally:
        begun.end()
