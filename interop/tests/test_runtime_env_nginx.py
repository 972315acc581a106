"""`ray-auth fetch` against real nginx with TLS and logins: whole packages, every way of giving a password, refusals and
their advice, redirects from behind the password. Ray's own download of the same package is the control.
"""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from support import downloads, folder, nginx, ours
from support.certificates import Authority
from support.nginx import Nginx
from support.package_server import NAMES
from support.process import wait_for
from support.runtime_env import shown

LOGIN, PASSWORD = "agent", "correct-s3cr3t"
WRONG = "wrong-s3cr3t"
OF_B = "of-b-s3cr3t"

#: Passwords that somewhere on the way would have a meaning of their own.
PASSWORDS = {
    "colon": "p:q:s3cr3t",
    "at-sign": "p@q@s3cr3t",
    "slash": "p/q?r#s3cr3t",
    "percent": "p%40%s3cr3t",
    "blanks": " p q s3cr3t ",
    "quotes": "\"p'q\\s3cr3t",
    "hash": "#p#s3cr3t",
    "letters": "pä€漢-s3cr3t",
    "long": "s3cr3t" * 40,
}

FILES = {"package/module.py": b"ANSWER = 42\n", "package/data/table.bin": bytes(range(256)) * 300}


@dataclass(frozen=True)
class Fetched:
    """What the tool answered, and where it was to write."""

    exit_code: int
    answer: dict[str, Any]
    target: Path
    log: str

    def failure(self) -> tuple[int, str, str]:
        """Its exit code, kind and text; and nothing was left behind."""
        assert list(self.target.parent.iterdir()) == []
        return self.exit_code, self.answer["error"]["kind"], self.answer["error"]["text"]


@dataclass(frozen=True)
class Place:
    """nginx, and a caller who believes it."""

    server: Nginx
    authority: Path
    folder: Path

    def uri(self, path: str = "package.zip", user_info: str = "") -> str:
        return f"https://{user_info}a.test:{self.server.port}/{path}"

    def netrc(self, *entries: tuple[str, str, str]) -> dict[str, str]:
        """The variables of a caller with these entries of host, login and password."""
        quoted = [[part.replace("\\", "\\\\").replace('"', '\\"') for part in entry] for entry in entries]
        lines = (f'machine {host} login "{login}" password "{password}"\n' for host, login, password in quoted)
        path = self.folder / "netrc"
        path.touch(mode=0o600)
        path.write_text("".join(lines))
        return {"NETRC": str(path)}

    def fetch(self, uri: str, *options: str, **variables: str) -> Fetched:
        """Fetches, and sees to it that neither the tool nor nginx has written down a secret."""
        target = Path(tempfile.mkdtemp(dir=self.folder)) / "package.zip"
        home = {"HOME": str(self.folder)}
        leads = [f"--resolve={name}=127.0.0.1" for name in NAMES if name != "127.0.0.1"]
        options = (f"--ca-cert={self.authority}", *leads, *options)
        output = ours.fetch(uri, target, *options, variables=home | variables)
        assert shown(output.stdout + output.stderr) == []
        assert shown(self.server.log() + self.server.error_log()) == []
        return Fetched(output.exit_code, json.loads(output.stdout), target, output.stderr)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Nginx, Path]]:
    logins = {LOGIN: PASSWORD, **PASSWORDS}
    with folder.with_home() as path:
        files = Authority("nginx").files(path / "certificates", *NAMES)
        with nginx.running(path, files, logins, {"agent-of-b": OF_B}) as running:
            for name in ("package.zip", "folder/package.zip"):
                package = running.package(name)
                package.parent.mkdir(exist_ok=True)
                with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
                    for file, content in FILES.items():
                        archive.writestr(file, content)
            yield running, files.authority
            assert shown(running.log() + running.error_log()) == []


@pytest.fixture
def place(server: tuple[Nginx, Path], tmp_path: Path) -> Place:
    return Place(*server, tmp_path)


def contents(package: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("way", ["netrc", "default", "userinfo", "login"])
def test_a_package_comes_whole(place: Place, way: str) -> None:
    user_info, credential, entries = {
        "netrc": ("", "netrc_machine", [("a.test", LOGIN, PASSWORD)]),
        "default": ("", "netrc_default", []),
        "userinfo": (f"{LOGIN}:{PASSWORD}@", "userinfo", []),
        "login": (f"{LOGIN}@", "netrc_machine", [("a.test", LOGIN, PASSWORD), ("a.test", "somebody", WRONG)]),
    }[way]
    variables = place.netrc(*entries)
    if way == "default":
        Path(variables["NETRC"]).write_text(f"default login {LOGIN} password {PASSWORD}\n")
    fetched = place.fetch(place.uri(user_info=user_info), **variables)
    assert fetched.exit_code == 0, fetched
    assert contents(fetched.target) == FILES
    original = place.server.package("package.zip").read_bytes()
    assert fetched.answer == {
        "uri": f"https://{'***@' if user_info else ''}a.test:{place.server.port}/package.zip",
        "output": str(fetched.target),
        "bytes": len(original),
        "sha256": hashlib.sha256(original).hexdigest(),
        "redirects": 0,
        "credential": credential,
        "attempts": 1,
    }
    # There was something to search for secrets; whom it let in is the server's own business to write down.
    assert "hyper_util::client" in fetched.log
    wait_for("nginx's log of it", lambda: f" - {LOGIN} [" in place.server.log())


@pytest.mark.parametrize("name", PASSWORDS)
def test_any_password_arrives_as_it_is(place: Place, name: str) -> None:
    password = PASSWORDS[name]
    variables = place.netrc(("a.test", name, password))
    assert place.fetch(place.uri(), **variables).exit_code == 0
    uri = place.uri(user_info=f"{name}:{quote(password, safe='')}@")
    assert place.fetch(uri).exit_code == 0


@pytest.mark.parametrize(
    ("variables", "advice"),
    [
        ({}, "no credential was sent: if it is private, give one in a netrc file, or in RAY_RUNTIME_ENV_BEARER_TOKEN"),
        ({"entry": WRONG}, "the netrc entry for this host was sent: see whether it is right, and may read this"),
        ({"user_info": WRONG}, "the user information in the URI was sent: see whether it is right, and may read this"),
        ({"bearer": WRONG}, "the bearer token was sent: see whether it is right, and may read this"),
    ],
    ids=["none", "netrc", "userinfo", "bearer"],
)
def test_a_refusal_says_what_was_sent(place: Place, variables: dict[str, str], advice: str) -> None:
    environment = place.netrc(("a.test", LOGIN, variables["entry"])) if "entry" in variables else {}
    if "bearer" in variables:
        environment["RAY_RUNTIME_ENV_BEARER_TOKEN"] = variables["bearer"]
    user_info = f"{LOGIN}:{variables['user_info']}@" if "user_info" in variables else ""
    code, kind, text = place.fetch(place.uri(user_info=user_info), **environment).failure()
    assert (code, kind) == (1, "status")
    assert text == f"https://a.test:{place.server.port} answered 401 Unauthorized; {advice}"


def test_a_redirect_within_the_server_keeps_the_credential(place: Place) -> None:
    # nginx itself sends from a folder's name to the folder, once the password was right.
    fetched = place.fetch(place.uri("folder", f"{LOGIN}:{PASSWORD}@"))
    assert (fetched.exit_code, fetched.answer["redirects"]) == (0, 1), fetched
    assert contents(fetched.target) == FILES


def test_a_redirect_to_another_server_needs_a_netrc_entry_for_that(place: Place) -> None:
    here, there = ("a.test", LOGIN, PASSWORD), ("b.test", "agent-of-b", OF_B)
    fetched = place.fetch(place.uri("to-b/"), **place.netrc(here, there))
    assert (fetched.exit_code, fetched.answer["redirects"]) == (0, 1), fetched
    assert contents(fetched.target) == FILES
    code, kind, text = place.fetch(place.uri("to-b/"), **place.netrc(here)).failure()
    assert (code, kind) == (1, "status")
    assert text == (
        f"https://b.test:{place.server.other} answered 401 Unauthorized; no credential was sent: it was redirected "
        f"there from https://a.test:{place.server.port}, whose credentials do not go along; if it is private, give a "
        "netrc entry for b.test itself, which goes over https only"
    )


def test_a_redirect_into_the_clear_is_refused_and_nobody_asked_there(place: Place) -> None:
    variables = place.netrc(("a.test", LOGIN, PASSWORD))
    # Another path for this test alone, so that its line in the log is known.
    code, kind, text = place.fetch(place.uri("to-plain/once"), **variables).failure()
    assert (code, kind) == (1, "downgrade_refused"), text
    assert place.fetch(place.uri("package.zip?next"), **variables).exit_code == 0
    wait_for("nginx's log of the next one", lambda: "?next" in place.server.log())
    between = place.server.log().partition("/to-plain/once")[2].partition("?next")[0]
    assert between.count("\n") == 1, between


def test_nothing_of_netrc_goes_to_the_server_in_the_clear(place: Place) -> None:
    uri = f"http://a.test:{place.server.plain}/package.zip"
    code, kind, _ = place.fetch(f"{uri}?refused", **place.netrc(("a.test", LOGIN, PASSWORD))).failure()
    assert (code, kind) == (2, "plaintext_refused")
    allowed = place.fetch(f"{uri}?allowed", "--allow-plaintext", **place.netrc(("a.test", LOGIN, PASSWORD)))
    assert allowed.exit_code == 0
    assert contents(allowed.target) == FILES
    wait_for("nginx's log of it", lambda: "?allowed" in place.server.log())
    assert "?refused" not in place.server.log()


def test_a_big_package_is_the_same_at_the_end_and_held_to_its_digest(place: Place) -> None:
    big = place.server.package("big.zip")
    big.write_bytes(random.Random(60).randbytes(50 << 20))
    digest = hashlib.sha256(big.read_bytes()).hexdigest()
    variables = place.netrc(("a.test", LOGIN, PASSWORD))
    fetched = place.fetch(place.uri("big.zip"), f"--sha256={digest}", **variables)
    assert (fetched.exit_code, fetched.answer["bytes"], fetched.answer["sha256"]) == (0, 50 << 20, digest)
    assert hashlib.sha256(fetched.target.read_bytes()).hexdigest() == digest
    other = hashlib.sha256(b"another").hexdigest()
    code, kind, text = place.fetch(place.uri("big.zip"), f"--sha256={other}", **variables).failure()
    assert (code, kind) == (1, "checksum")
    assert digest in text and other in text


def test_ray_itself_fetches_the_same_package(place: Place) -> None:
    variables = place.netrc(("a.test", LOGIN, PASSWORD))
    fetched = place.fetch(place.uri(), **variables)
    assert fetched.exit_code == 0
    with downloads.ray_agent(place.authority, place.server.port) as ask:
        target = place.folder / "rays"
        target.mkdir()
        unpacked = ask(variables=variables, uri=place.uri(), folder=str(target))["unpacked"]
        file = place.folder / "rays.zip"
        assert ask(variables=variables, uri=place.uri(), file=str(file)) == {}
        wrong = place.netrc(("a.test", LOGIN, WRONG))
        refused = ask(variables=wrong, uri=place.uri(), file=str(place.folder / "refused.zip"))
    assert refused["error"] == "requests.exceptions.HTTPError"
    assert file.read_bytes() == fetched.target.read_bytes()
    # Ray takes the only folder at the top away.
    for name, content in contents(fetched.target).items():
        assert Path(unpacked, name.removeprefix("package/")).read_bytes() == content
