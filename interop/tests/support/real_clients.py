"""Real Ray's clients, each in a program of its own: Ray reads its environment once, when it is imported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.process import Companion, Output, Server, run
from support.real_ray import PYTHON, RAY

_TESTS = Path(__file__).parent.parent


def ray(*arguments: str, env: Mapping[str, str]) -> Output:
    """Ray's command-line tool."""
    return run([RAY, *arguments], env)


def gcs_client(address: str, env: Mapping[str, str]) -> dict[str, Any]:
    """What a `GcsClient` was answered, or how it failed."""
    return _child("gcs_client.py", address, env=env)


def gcs_client_that_gives_up(address: str, env: Mapping[str, str]) -> Output:
    """What a process said in which `GcsClient` gets no connection: Ray ends it then, sooner here than it usually would."""
    soon = {"RAY_gcs_rpc_server_reconnect_timeout_s": "2", "RAY_gcs_rpc_server_connect_timeout_s": "1"}
    return run([PYTHON, _TESTS / "children/gcs_client.py", address], _importing({**env, **soon}), seconds=100)


@contextmanager
def gcs_client_that_stays(folder: Path, name: str, env: Mapping[str, str]) -> Iterator[Companion]:
    """A process with `GcsClient`s that stay: asked with the address of a GCS, it says OK or the error."""
    client = Companion(name, [PYTHON, _TESTS / "children/gcs_client_on_command.py"], _importing(env), folder)
    try:
        yield client
    finally:
        client.end()


def job_client(address: str, name: str, headers: Mapping[str, str], env: Mapping[str, str]) -> dict[str, Any]:
    """What a `JobSubmissionClient` that was given `headers` was answered about jobs of that name, or how it failed."""
    return _child("job_client.py", address, name, env={**env, "INTEROP_JOB_HEADERS": json.dumps(dict(headers))})


def echo_client(style: str, address: str, env: Mapping[str, str]) -> dict[str, Any]:
    """What a grpcio client (`sync` or `aio`) with Ray's interceptors was answered, by kind of call."""
    return _child("echo_client.py", style, address, env=env)


@contextmanager
def echo_server(folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """The Echo service behind Ray's own server interceptors. Gives its address."""
    server = Server("ray_echo_server", [PYTHON, _TESTS / "children/echo_server.py"], _importing(env), folder)
    try:
        yield server.wait_until_up(server.listening_on)
    finally:
        server.end()


def _child(program: str, *arguments: str, env: Mapping[str, str]) -> dict[str, Any]:
    output = run([PYTHON, _TESTS / "children" / program, *arguments], _importing(env), seconds=100)
    assert output.exit_code == 0, output
    return json.loads(output.stdout)


def _importing(env: Mapping[str, str]) -> dict[str, str]:
    """With this folder's own modules at hand."""
    return {**env, "PYTHONPATH": str(_TESTS)}
