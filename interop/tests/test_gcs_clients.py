"""Real Ray's clients of a GCS against ours. Each expectation is also put to a real one, so that none is made up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support import ours, ray_env, real_clients
from support.process import Output
from support.ray_env import Situation
from support.redaction import Token

# What Ray's clients say of the one answer to a missing and to a wrong token.
REFUSAL = "RPC error: InvalidAuthToken: Authentication token is missing or incorrect"

ANSWERS = {
    "put": 1,
    "put again, keeping": 0,
    "get kept": "1\x00\xff",
    "put again, overwriting": 0,
    "get overwritten": "3",
    "put b": 1,
    "put empty": 1,
    "get empty": "",
    "get missing": None,
    "get in no namespace": None,
    "multi-get": {"interop/a": "3", "interop/b": "4"},
    "exists": True,
    "exists missing": False,
    "keys": ["interop/a", "interop/b", "interop/empty"],
    "keys of no such prefix": [],
    "del": 1,
    "del again": 0,
    "get deleted": None,
    "del by prefix": 2,
    "keys after": [],
    "check_alive": [False],
}


@pytest.fixture(params=["ray", "ours"])
def gcs(request: pytest.FixtureRequest) -> str:
    """The address of a GCS."""
    return request.getfixturevalue("gcs_server" if request.param == "ray" else "our_gcs")


# The real GCS alone has none of the entries that the command-line tool reads, so here a whole head stands for Ray.
@pytest.fixture(params=["ray", "ours"])
def cluster(request: pytest.FixtureRequest) -> str:
    """The address of what the command-line tool takes for a cluster."""
    return request.getfixturevalue("head").gcs if request.param == "ray" else request.getfixturevalue("our_gcs")


@pytest.fixture
def env_of(home: Path, token: Token) -> Callable[[Situation], dict[str, str]]:
    return lambda situation: ray_env.of_client(home, token, situation)


def test_gcs_client_with_the_right_token(gcs: str, env_of) -> None:
    report = real_clients.gcs_client(gcs, env_of(Situation.RIGHT))
    answers = report["answers"]
    assert {name: answers.get(name) for name in ANSWERS} == ANSWERS
    assert len(bytes.fromhex(answers["cluster_id"])) == 28
    assert answers["nodes"] >= 0


@pytest.mark.parametrize("situation", [Situation.WRONG, Situation.NONE])
def test_gcs_client_refused(gcs: str, situation: Situation, env_of) -> None:
    report = real_clients.gcs_client(gcs, env_of(situation))
    assert report.get("error") == "ray.exceptions.AuthenticationError", report
    assert report["text"].startswith(REFUSAL)
    # Ray's own hint, which it gives when it sent nothing.
    assert ("RAY_AUTH_MODE is currently 'disabled'" in report["text"]) == (situation is Situation.NONE)


def test_one_token_file_serves_both(home: Path) -> None:
    shared = Token("the token of the file")
    file = home / "auth_token"
    file.write_text(f"{shared.reveal()}\n")
    file.chmod(0o600)
    env = ray_env.plain(home, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=str(file))
    with ours.gcs(home.parent, env) as address:
        assert "answers" in real_clients.gcs_client(address, env)


COMMANDS: dict[str, Callable[[str, dict[str, str]], Output]] = {
    "health-check": lambda address, env: real_clients.ray("health-check", "--address", address, env=env),
    "status": lambda address, env: real_clients.ray("status", "--address", address, env=env),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_command_with_the_right_token(cluster: str, command: str, env_of) -> None:
    output = COMMANDS[command](cluster, env_of(Situation.RIGHT))
    assert output.exit_code == 0, output
    if command == "status":
        assert "No cluster status" in output.stdout


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("situation", [Situation.WRONG, Situation.NONE])
def test_command_refused(cluster: str, command: str, situation: Situation, env_of) -> None:
    output = COMMANDS[command](cluster, env_of(situation))
    assert output.exit_code == 1, output
    assert f"AuthenticationError: {REFUSAL}" in output.stderr


def test_health_check_of_a_component_never_reported(cluster: str, env_of) -> None:
    output = real_clients.ray("health-check", "--address", cluster, "--component", "serve", env=env_of(Situation.RIGHT))
    assert (output.exit_code, output.stdout) == (1, ""), output
