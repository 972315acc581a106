"""Downloads of the table of remote URIs, by curl, real Ray and ours: what each was given, sent, and left behind."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import folder, ours, package_server, ray_env, runtime_env
from support.certificates import Authority
from support.package_server import NAMES, PACKAGE, Asked, Servers
from support.process import Companion, run_unredacted
from support.real_ray import PYTHON
from support.runtime_env import shown

#: What the table's column for curl was observed with. Other releases differ: 8.16 reads `NETRC`, for example.
CURL_VERSION = "7.88.1"

#: The curl in the `PATH`, or another program.
_CURL = os.environ.get("INTEROP_CURL") or "curl"

_AGENT = Path(__file__).parent.parent / "children/runtime_env_agent.py"


@dataclass(frozen=True)
class Ended:
    """How a download ended, and whatever the program said."""

    error: str | int | None
    exit_code: int | None = None
    said: str = ""


@dataclass(frozen=True)
class Seen:
    """What a download of one case looked like from outside."""

    asked: list[Asked]
    ended: Ended
    #: The names in the folder that it was to write to, and the content of the package if that is there.
    left: list[str]
    package: bytes | None

    def as_in_table(self) -> dict[str, Any]:
        requests = runtime_env.requests((asked.at, asked.authorization()) for asked in self.asked)
        outcome: dict[str, Any] = {"requests": requests}
        if self.ended.error is not None:
            outcome["error"] = self.ended.error
        if shown(self.ended.said):
            outcome["shows_secret"] = True
        return outcome

    def is_whole_or_not_there(self) -> bool:
        return (self.left, self.package) == (([], None) if self.ended.error is not None else (["package"], PACKAGE))


#: Downloads a case with these variables to this file.
Download = Callable[[Mapping[str, Any], dict[str, str], Path], Ended]


@dataclass(frozen=True)
class Place:
    """The servers, and a file with the certificate that they are believed by."""

    servers: Servers
    authority: Path

    def see(self, case: Mapping[str, Any], download: Download) -> Seen:
        """Downloads one case, whose home folder nothing was ever kept in."""
        case = runtime_env.with_ports(case, self.servers.port, self.servers.other)
        self.servers.begin(case.get("redirects", {}))
        with folder.with_home() as place:
            target = place / "out" / "package"
            target.parent.mkdir()
            ended = download(case, runtime_env.variables(case, place), target)
            left = sorted(os.listdir(target.parent))
            return Seen(self.servers.asked(), ended, left, target.read_bytes() if target.exists() else None)


@contextmanager
def place() -> Iterator[Place]:
    with folder.with_home() as path:
        files = Authority("servers of packages").files(path / "certificates", *NAMES)
        with package_server.running(files) as servers:
            yield Place(servers, files.authority)


def curl_version() -> str | None:
    """The version of the curl that is here, if one is."""
    program = shutil.which(_CURL)
    if program is None:
        return None
    return run_unredacted([program, "--version"], ray_env.plain(Path("/"))).stdout.split()[1]


def curl(place: Place) -> Download:
    """curl, given by options what Ray is given by variables: it knows neither of them."""
    servers = place.servers
    leads = [f"{name}:{port}:127.0.0.1:{servers.port}" for name in NAMES for port in (80, 443)]

    def download(case: Mapping[str, Any], variables: dict[str, str], target: Path) -> Ended:
        options = ["--netrc-optional"]
        if "NETRC" in variables:
            options += ["--netrc-file", variables["NETRC"].replace("~", variables["HOME"])]
        if "RAY_RUNTIME_ENV_BEARER_TOKEN" in variables:
            options += ["--oauth2-bearer", variables["RAY_RUNTIME_ENV_BEARER_TOKEN"]]
        for name in NAMES:
            options += ["--connect-to", f"{name}:{servers.other}:127.0.0.1:{servers.other}"]
        for lead in leads:
            options += ["--connect-to", lead]
        argv: list[str | Path] = [_CURL, "--disable", "--silent", "--show-error", "--globoff", "--location"]
        argv += ["--cacert", place.authority, *options, "--remove-on-error", "--output", target, case["uri"]]
        output = run_unredacted(argv, ray_env.plain(Path(variables["HOME"])))
        return Ended(output.exit_code or None, output.exit_code, output.stdout + output.stderr)

    return download


@contextmanager
def ray_agent(authority: Path, port: int) -> Iterator[Callable[..., dict[str, str]]]:
    """Ray's own downloads, called as the runtime_env agent calls them: asked with what `children/runtime_env_agent.py`
    takes, it says how one ended. One process does them all, one after the other."""
    addresses = {"names": [name for name in NAMES if name != "127.0.0.1"], "port": port}
    with folder.with_home() as path:
        env = ray_env.plain(path / "home", REQUESTS_CA_BUNDLE=str(authority), INTEROP_ADDRESSES=json.dumps(addresses))
        agent = Companion("runtime_env_agent", [PYTHON, _AGENT], env, path)
        try:
            yield lambda **question: json.loads(agent.answer_to(json.dumps(question)))
        finally:
            agent.end()


@contextmanager
def ray(place: Place) -> Iterator[Download]:
    with ray_agent(place.authority, place.servers.port) as ask:

        def download(case: Mapping[str, Any], variables: dict[str, str], target: Path) -> Ended:
            answer = ask(variables=variables, uri=case["uri"], file=str(target))
            return Ended(answer.get("error"), said=answer.get("text", ""))

        yield download


def tool(place: Place) -> Download:
    """`ray-auth fetch`, which says what it can in its log. The URI goes to stdin."""
    servers = place.servers

    def download(case: Mapping[str, Any], variables: dict[str, str], target: Path) -> Ended:
        options = [f"--resolve={name}=127.0.0.1:{servers.port}" for name in NAMES if name != "127.0.0.1"]
        options += [f"--{name.replace('_', '-')}" for name in ("strict", "allow_plaintext") if case.get(name)]
        output = ours.fetch(case["uri"], target, f"--ca-cert={place.authority}", *options, variables=variables)
        error = json.loads(output.stdout).get("error", {}).get("kind")
        return Ended(error, output.exit_code, output.stdout + output.stderr)

    return download

