"""This project's programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support import ray_env
from support.process import Output, Server, run, run_unredacted


def tool() -> Path:
    return _binary("INTEROP_RAY_AUTH")


def probe() -> Path:
    return _binary("INTEROP_PROBE")


def _binary(variable: str) -> Path:
    path = Path(os.environ.get(variable, ""))
    if not path.is_file():
        raise RuntimeError(f"{variable} does not name a program; start the suite with `interop/run`, which builds it")
    return path


@contextmanager
def gcs(folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """`ray-auth serve`, our equivalent of the GCS. Gives its address."""
    with _server("ray-auth_serve", [tool(), "serve", "--listen", "127.0.0.1:0"], folder, env) as address:
        yield address


@contextmanager
def echo_server(folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """The Echo service behind our server layer."""
    with _server("echo_server", [probe(), "echo-server"], folder, env) as address:
        yield address


@contextmanager
def http_server(folder: Path, env: Mapping[str, str], *arguments: str) -> Iterator[str]:
    """HTTP behind our server layer: what is let in is answered `let in`. `--agent` opens what Ray's agent does."""
    with _server("http_server", [probe(), "http-server", *arguments], folder, env) as address:
        yield address


@contextmanager
def jobs_server(folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """What Ray's job clients call on a dashboard, behind our server layer."""
    with _server("jobs_server", [probe(), "jobs-server"], folder, env) as address:
        yield address


@contextmanager
def _server(name: str, argv: Sequence[str | Path], folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    server = Server(name, argv, env, folder)
    try:
        yield server.wait_until_up(server.listening_on)
    except BaseException:
        server.end()
        raise
    exit_code = server.end()
    assert exit_code == 0, f"{name} ended with {exit_code} after SIGTERM:\n{server.said()}"


def ask_probe(*arguments: str, env: Mapping[str, str]) -> Any:
    """What the probe prints, which is JSON."""
    output = run([probe(), *arguments], env)
    assert output.exit_code == 0, output
    return json.loads(output.stdout)


def check(address: str, env: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """`ray-auth check --json`: its exit code and its answer."""
    return _ask_tool("check", address, env=env)


def rotate(step: str, file: Path, *arguments: str, env: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """`ray-auth rotate STEP --json` on a keyring file: its exit code and its answer."""
    return _ask_tool("rotate", step, "--token-path", str(file), *arguments, env=env)


def status_of(address: str, env: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """`ray-auth status --address --json`: its exit code and its answer."""
    return _ask_tool("status", "--address", address, env=env)


def fetch(uri: str, target: Path, *options: str, variables: Mapping[str, str]) -> Output:
    """`ray-auth fetch --json` of a URI that it reads from stdin, once, with its finest log."""
    argv = [tool(), "fetch", "-", "--output", target, "--json", "--attempts=1", *options]
    others = {name: value for name, value in variables.items() if name != "HOME"}
    env = ray_env.plain(Path(variables["HOME"]), RAY_AUTH_LOG="trace", **others)
    return run_unredacted(argv, env, stdin=uri)


def _ask_tool(*arguments: str, env: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    output = run([tool(), *arguments, "--json"], env)
    try:
        return output.exit_code, json.loads(output.stdout)
    except ValueError:
        raise AssertionError(f"no JSON: {output}") from None
