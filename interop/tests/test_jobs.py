"""Ray's clients of jobs against a dashboard, real and ours: each question is put to both, and answered alike."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from support import net, ray_env, real_clients
from support.process import Output, wait_for
from support.ray_env import Situation
from support.real_ray import DashboardHead
from support.redaction import Token

T = TypeVar("T")

# What Ray's clients make of the two answers.
REFUSALS = {
    Situation.NONE: """\
Authentication required: Unauthorized: Missing authentication token

Token authentication is enabled but no authentication token was found.""",
    Situation.WRONG: """\
Authentication failed: Forbidden: Invalid authentication token

Token authentication is enabled but the authentication token is invalid or incorrect..""",
}
# What they add, the first when they were told to send nothing.
NOTE = " Note: RAY_AUTH_MODE is currently 'disabled' (not 'token')."
HINT = " Ensure that the token for the cluster is available in a local file (e.g., ~/.ray/auth_token or via"

#: What differs from run to run, and what to call it.
VARIABLE = {
    re.compile(r"\x1b\[[\d;]*m"): "",
    re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"): "TIME",
    re.compile(r"raysubmit_\w{16}"): "JOB",
    # Ray underlines with as many dashes as the id takes.
    re.compile(r"-{10,}"): "---",
    re.compile(r"127\.0\.0\.1:\d+"): "ADDRESS",
}

FOLLOWED = re.compile(r"(?<=disable with --no-wait\)):\n(.*?)(?=^TIME\tSUCC)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Pair:
    """A real dashboard and ours."""

    ray: str
    ours: str

    def ask(self, question: Callable[[str], T]) -> T:
        """The answer of both, which must be the same."""
        with ThreadPoolExecutor(2) as asking:
            real, ours = asking.map(question, [f"http://{self.ray}", f"http://{self.ours}"])
        assert ours == real
        return real


@pytest.fixture
def pair(dashboard_head: DashboardHead, our_jobs: str) -> Pair:
    return Pair(dashboard_head.dashboard, our_jobs)


@pytest.fixture
def open_pair(open_dashboard_head: DashboardHead, our_open_jobs: str) -> Pair:
    return Pair(open_dashboard_head.dashboard, our_open_jobs)


@pytest.fixture
def env_of(home: Path, token: Token) -> Callable[[Situation], dict[str, str]]:
    return lambda situation: ray_env.of_client(home, token, situation)


def job(command: str, address: str, *arguments: str, env: Mapping[str, str]) -> Output:
    """`ray job COMMAND`, with what differs from run to run under a name."""
    output = real_clients.ray("job", command, "--address", address, *arguments, env=env)
    return Output(output.exit_code, _normalised(output.stdout), _normalised(output.stderr))


def _normalised(text: str) -> str:
    for pattern, name in VARIABLE.items():
        text = pattern.sub(name, text)
    return text


def bearer(token: Token) -> str:
    return f"Bearer {token.reveal()}"


def with_headers(env: Mapping[str, str], **headers: str) -> dict[str, str]:
    """What `RAY_JOB_HEADERS` holds; underscores stand for hyphens."""
    return {**env, "RAY_JOB_HEADERS": json.dumps({name.replace("_", "-"): value for name, value in headers.items()})}


def test_a_job_from_the_command_line(pair: Pair, env_of) -> None:
    env = env_of(Situation.RIGHT)
    name = "interop-command-line"

    def submit(address: str) -> Output:
        return job("submit", address, "--no-wait", "--submission-id", name, "--", "echo", "hi", env=env)

    submitted = pair.ask(submit)
    assert submitted.exit_code == 0, submitted
    assert f"Job '{name}' submitted successfully" in submitted.stdout

    def status(address: str) -> Output:
        def asked() -> Output | None:
            answer = job("status", address, name, env=env)
            return None if re.search("PENDING|RUNNING", answer.stdout) else answer

        return wait_for("the job ends", asked, 60)

    ended = pair.ask(status)
    assert ended.exit_code == 0, ended
    assert f"Job '{name}' succeeded" in ended.stdout

    def logs(address: str) -> tuple[int, bool, str]:
        output = job("logs", address, name, env=env)
        return output.exit_code, "hi\n" in output.stdout, output.stderr

    assert pair.ask(logs)[:2] == (0, True)

    def listed(address: str) -> tuple[int, bool, str]:
        output = job("list", address, env=env)
        return output.exit_code, f"submission_id='{name}'" in output.stdout, output.stderr

    assert pair.ask(listed)[:2] == (0, True)


def submit_and_follow(address: str, *arguments: str, env: Mapping[str, str]) -> tuple[Output, bool]:
    """What Ray said around the log, and whether the log had the word."""
    output = job("submit", address, *arguments, "--", "echo", "hi", env=env)
    log = FOLLOWED.search(output.stdout)
    assert log, output
    return Output(output.exit_code, FOLLOWED.sub("", output.stdout), output.stderr), "hi\n" in log[1]


def test_a_job_that_is_waited_for(pair: Pair, env_of) -> None:
    env = env_of(Situation.RIGHT)
    output, has_the_word = pair.ask(lambda address: submit_and_follow(address, env=env))
    assert (output.exit_code, has_the_word) == (0, True), output
    assert "Job 'JOB' succeeded" in output.stdout
    assert "WebSocket closed for job JOB with close code 1000" in output.stderr


def test_an_upload(pair: Pair, env_of, home: Path) -> None:
    working_dir = home / "work"
    working_dir.mkdir()
    # Too random to be compressed.
    (working_dir / "few_megabytes").write_bytes(os.urandom(5 << 20))
    arguments = ["--no-wait", "--working-dir", str(working_dir), "--", "ls", "few_megabytes"]
    env = env_of(Situation.RIGHT)
    first = pair.ask(lambda address: job("submit", address, *arguments, env=env))
    assert first.exit_code == 0, first
    assert re.search(r"Uploading package gcs://_ray_pkg_\w+\.zip", first.stderr), first
    again = pair.ask(lambda address: job("submit", address, *arguments, env=env))
    assert again.exit_code == 0, again
    assert "already exists, skipping upload" in again.stderr, again


COMMANDS = {
    "submit": ["--", "echo", "hi"],
    "list": [],
    "status": ["interop-nobody"],
    "logs": ["interop-nobody"],
}


def refusal(situation: Situation, env: Mapping[str, str]) -> str:
    """What Ray's clients say when they are refused, as far as it is told here."""
    return REFUSALS[situation] + (NOTE if env["RAY_AUTH_MODE"] == "disabled" else "") + HINT


def is_refused(output: Output, situation: Situation, env: Mapping[str, str]) -> bool:
    return output.exit_code == 1 and f"ray.exceptions.AuthenticationError: {refusal(situation, env)}" in output.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("situation", REFUSALS)
def test_command_refused(pair: Pair, command: str, situation: Situation, env_of) -> None:
    env = env_of(situation)
    output = pair.ask(lambda address: job(command, address, *COMMANDS[command], env=env))
    assert is_refused(output, situation, env), output


def test_token_mode_without_a_token_asks_nobody(home: Path) -> None:
    # Nothing listens there, which a request would have found.
    output = job("list", f"http://127.0.0.1:{net.free_port()}", env=ray_env.plain(home, RAY_AUTH_MODE="token"))
    assert output.exit_code == 1, output
    assert "AuthenticationError: Token authentication is enabled but Ray couldn't find an" in output.stderr


def test_headers_of_the_environment(pair: Pair, env_of, home: Path, token: Token) -> None:
    right, wrong = bearer(token), bearer(Token("a wrong token"))
    nothing, holds_right, holds_wrong = (env_of(each) for each in (Situation.NONE, Situation.RIGHT, Situation.WRONG))
    # What they hold, and whether it is let in, or which refusal it is.
    cases: list[tuple[dict[str, str], Situation]] = [
        (with_headers(nothing, Authorization=right), Situation.RIGHT),
        (with_headers(nothing, Authorization=wrong), Situation.WRONG),
        (with_headers(nothing, X_Ray_Authorization=right), Situation.RIGHT),
        (with_headers(nothing, X_Ray_Authorization=wrong), Situation.WRONG),
        # The first that is there decides.
        (with_headers(nothing, Authorization=wrong, X_Ray_Authorization=right), Situation.WRONG),
        (with_headers(nothing, Authorization="", X_Ray_Authorization=right), Situation.RIGHT),
        (with_headers(holds_wrong, X_Ray_Authorization=right), Situation.WRONG),
        # A header of the user's own is not replaced by the token that the client holds.
        (with_headers(holds_right, Authorization=wrong), Situation.WRONG),
        (with_headers(holds_wrong, Authorization=right), Situation.RIGHT),
        (with_headers(holds_right, Other="header"), Situation.RIGHT),
        # Who brings a header needs no token in token mode, either.
        (with_headers(ray_env.plain(home, RAY_AUTH_MODE="token"), Authorization=right), Situation.RIGHT),
    ]
    outcomes = []
    for env, _ in cases:
        output = pair.ask(lambda address: answer_to_list(address, env))
        refusals = [situation for situation in REFUSALS if is_refused(output, situation, env)]
        outcomes.append(refusals[0] if refusals else Situation.RIGHT if output.exit_code == 0 else output)
    assert outcomes == [expected for _, expected in cases]


def answer_to_list(address: str, env: Mapping[str, str]) -> Output:
    """`ray job list` without the jobs, of which each has its own."""
    output = job("list", address, env=env)
    return Output(output.exit_code, output.stdout if output.exit_code else "", output.stderr)


def test_headers_of_the_environment_on_the_log(pair: Pair, env_of, token: Token) -> None:
    env = with_headers(env_of(Situation.NONE), X_Ray_Authorization=bearer(token))
    output, has_the_word = pair.ask(lambda address: submit_and_follow(address, env=env))
    assert (output.exit_code, has_the_word) == (0, True), output


@pytest.mark.parametrize("situation", Situation)
def test_a_log_is_followed_by_nobody_else(pair: Pair, situation: Situation, token: Token) -> None:
    # Ray's clients never get so far without the token: this is the handshake that they would send.
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
    }
    match situation:
        case Situation.RIGHT:
            headers["Authorization"] = bearer(token)
        case Situation.WRONG:
            headers["Authorization"] = bearer(Token("a wrong token"))

    def handshake(address: str) -> tuple[int, str | None, str]:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
        with closing(connection):
            connection.request("GET", "/api/jobs/interop-nobody/logs/tail", headers=headers)
            response = connection.getresponse()
            return response.status, response.getheader("content-type"), response.read().decode()

    expected = {
        Situation.RIGHT: (404, "Job interop-nobody does not exist"),
        Situation.WRONG: (403, "Forbidden: Invalid authentication token"),
        Situation.NONE: (401, "Unauthorized: Missing authentication token"),
    }
    status, text = expected[situation]
    assert pair.ask(handshake) == (status, "text/plain; charset=utf-8", text)


NAME = "interop"

ANSWERS = {
    "version": "4",
    "submit": "interop-first",
    "ends": "SUCCEEDED",
    "info": {
        "type": "SUBMISSION",
        "status": "SUCCEEDED",
        "entrypoint": "echo hi",
        "metadata": {"of": "interop"},
        "runtime_env": {},
        "is timed": True,
    },
    "logs": True,
    "tail": True,
    "submit a long one": "interop-second",
    "runs": True,
    "stop": True,
    "is stopped": "STOPPED",
    "stop what is done": False,
    "list": ["interop-first", "interop-second"],
    "delete": True,
    "info of none": "Request failed with status code 404: Job interop-first does not exist.",
    "logs of none": "Request failed with status code 404: Job interop-nobody does not exist.",
    "stop none": "Request failed with status code 404: Job interop-nobody does not exist.",
    "tidy up": True,
}


def answers(address: str, name: str, headers: Mapping[str, str], env: Mapping[str, str]) -> dict[str, object]:
    report = real_clients.job_client(address, name, headers, env)
    assert "answers" in report, report
    # Where Ray shows its traceback, ours says it in a line.
    assert report["answers"].pop("delete while it runs").startswith("Request failed with status code 500: ")
    return report["answers"]


def test_job_client_with_the_right_token(pair: Pair, env_of) -> None:
    env = env_of(Situation.RIGHT)
    assert pair.ask(lambda address: answers(address, NAME, {}, env)) == ANSWERS


def is_error(report: dict[str, str], situation: Situation, env: Mapping[str, str]) -> bool:
    is_of_ray = report.get("error") == "ray.exceptions.AuthenticationError"
    return is_of_ray and report["text"].startswith(refusal(situation, env))


@pytest.mark.parametrize("situation", REFUSALS)
def test_job_client_refused(pair: Pair, situation: Situation, env_of) -> None:
    env = env_of(situation)
    report = pair.ask(lambda address: real_clients.job_client(address, NAME, {}, env))
    assert is_error(report, situation, env), report


@pytest.mark.parametrize("spelling", ["Authorization", "authorization", "AUTHORIZATION"])
def test_a_header_of_the_users_own_is_not_overwritten(pair: Pair, spelling: str, env_of) -> None:
    env, headers = env_of(Situation.RIGHT), {spelling: bearer(Token("a wrong token"))}
    report = pair.ask(lambda address: real_clients.job_client(address, NAME, headers, env))
    assert is_error(report, Situation.WRONG, env), report


def test_a_header_of_the_users_own_is_enough(pair: Pair, env_of, token: Token) -> None:
    env, headers = env_of(Situation.WRONG), {"authorization": bearer(token)}
    assert pair.ask(lambda address: answers(address, "interop-header", headers, env))["ends"] == "SUCCEEDED"


@pytest.mark.parametrize("situation", Situation)
def test_where_authentication_is_disabled_all_are_let_in(open_pair: Pair, situation: Situation, env_of) -> None:
    env = env_of(situation)
    output = open_pair.ask(lambda address: job("list", address, env=env))
    assert output.exit_code == 0, output
