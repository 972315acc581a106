"""One keyring file, made and rotated by our tool, and read by real Ray and by ours: who can call whom after each step.

The rotation is the one that the guide describes for a cluster with real Ray in it, and what fails in it is what the
guide says. It is taken once; each row of the table is a test.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support import folder, ours, ray_env, real_clients, real_ray
from support.process import Companion, run_unredacted, wait_for
from support.redaction import redact, register

# In this order. At "restarted" Ray's server was started again, with the promoted file.
STAGES = ["before", "staged", "promoted", "restarted", "retired"]

OURS = "our server"
RAY = "Ray's server"
# Is never restarted, and not asked before the file has changed: it read its token when it started.
RAY_LEFT_BEHIND = "Ray's server, left behind"

NEW_RAY = "Ray's client, started now"
RAY_SINCE = {stage: f"Ray's client, of {stage}" for stage in ["before", "staged", "promoted"]}
# Has imported Ray since "before", and has not called anybody: Ray's clients read the token when they first do.
RAY_IDLE = "Ray's client, of before, idle until restarted"
CLIENT = "our client"
RETRYING = "our client, retry_with_accepted"
# It has a copy of the file as it was when staged: its machine is slow to promote.
BEHIND = "our client, left at staged"
BEHIND_RETRYING = "our client, left at staged, retry_with_accepted"

# By stage; "-" is not asked. Where the guide has a name for what fails, it stands beside.
TABLE = {
    # Ours accepts both tokens from stage to retire.
    (OURS, NEW_RAY): "OK OK OK OK OK",
    (OURS, CLIENT): "OK OK OK OK OK",
    (OURS, RETRYING): "OK OK OK OK OK",
    # A Ray process sends what it read until it ends: those that were not restarted after `promote` are refused.
    (OURS, RAY_SINCE["before"]): "OK OK OK OK refused",
    (OURS, RAY_SINCE["staged"]): "-  OK OK OK refused",
    (OURS, RAY_SINCE["promoted"]): "-  -  OK OK OK",
    (OURS, RAY_IDLE): "-  -  -  OK OK",
    # I2.
    (OURS, BEHIND): "-  OK OK OK refused",
    (OURS, BEHIND_RETRYING): "-  OK OK OK OK",
    # Ray's server accepts one token: its callers are refused between their `promote` and its restart …
    (RAY, CLIENT): "OK OK refused OK OK",
    (RAY, RETRYING): "OK OK OK OK OK",
    (RAY, NEW_RAY): "OK OK refused OK OK",
    # … or between its restart and their `promote`, or theirs.
    (RAY, BEHIND): "-  OK OK refused refused",
    (RAY, BEHIND_RETRYING): "-  OK OK OK OK",
    (RAY, RAY_SINCE["before"]): "OK OK OK refused refused",
    (RAY, RAY_SINCE["promoted"]): "-  -  refused OK OK",
    # Without the restart it stays so, and after `retire` no other token is left to try.
    (RAY_LEFT_BEHIND, CLIENT): "-  -  refused refused refused",
    (RAY_LEFT_BEHIND, RETRYING): "-  -  OK OK refused",
    (RAY_LEFT_BEHIND, NEW_RAY): "-  -  refused refused refused",
    (RAY_LEFT_BEHIND, RAY_SINCE["before"]): "-  -  OK OK OK",
}

# What the two sorts of client say of a refusal.
RAY_REFUSED = "ray.exceptions.AuthenticationError"
OURS_REFUSED = "UNAUTHENTICATED"


def expected(client: str, cell: str) -> str:
    if cell != "refused":
        return cell
    return RAY_REFUSED if client in (NEW_RAY, RAY_IDLE, *RAY_SINCE.values()) else OURS_REFUSED


@dataclass
class Seen:
    """What came of the rotation."""

    #: By stage, server and client.
    outcomes: dict[tuple[str, str, str], str] = field(default_factory=dict)
    #: The file's text, redacted, by stage.
    files: dict[str, str] = field(default_factory=dict)
    #: What the tool said when real Ray was named as a process to be verified, by step.
    verifying_ray: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)


class Cluster:
    """A real server, one of ours, and clients of both, with one file for all."""

    def __init__(self, place: Path, stack: ExitStack):
        self._place = place
        self._stack = stack
        self._home = place / "home"
        self._file = self._home / ".ray/auth_token"
        self._staged_copy = self._home / ".ray/staged"
        self._ray = stack.enter_context(ExitStack())
        self._companions: dict[str, Companion] = {}
        self.seen = Seen()
        self._generate()
        self._env = self._env_with(self._file)
        self._addresses = {
            OURS: stack.enter_context(ours.gcs(place, self._env)),
            RAY_LEFT_BEHIND: stack.enter_context(real_ray.gcs_server(self._folder("left-behind"), self._env)),
        }
        self.restart_ray()

    def _generate(self) -> None:
        output = run_unredacted([ours.tool(), "get-auth-token", "--generate"], ray_env.plain(self._home))
        assert output.exit_code == 0, output.redacted()
        register(output.stdout, "the old token")

    def _env_with(self, file: Path) -> dict[str, str]:
        return ray_env.plain(self._home, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=str(file))

    def _folder(self, name: str) -> Path:
        path = self._place / name
        path.mkdir()
        return path

    def restart_ray(self) -> None:
        """Ends Ray's server, and starts it with the file as it is now."""
        self._ray.close()
        self._addresses[RAY] = self._ray.enter_context(real_ray.gcs_server(self._place, self._env))

    def stage(self) -> None:
        self._step("stage")
        register(self._file.read_text().split("next ")[1].splitlines()[0], "the new token")
        shutil.copy2(self._file, self._staged_copy)

    def promote(self) -> None:
        self._step("promote", verified=True)

    def retire(self) -> None:
        self._step("retire", verified=True)

    def _step(self, step: str, *, verified: bool = False) -> None:
        arguments = ["--verify", self._addresses[OURS]] if verified else []
        if verified:
            before = self._file.read_bytes()
            self.seen.verifying_ray[step] = self._rotate(step, "--verify", self._addresses[RAY])
            assert self._file.read_bytes() == before, f"{step} was taken although real Ray cannot be asked"
        exit_code, answer = self._rotate(step, *arguments)
        assert (exit_code, answer["changed"]) == (0, True), answer
        held = [(token["role"], token["fingerprint"]) for token in answer["tokens"]]

        # A step counts when the process reports it.
        def reported() -> bool:
            _, answer = ours.status_of(self._addresses[OURS], self._env)
            (process,) = answer["processes"]
            return [(token["role"], token["label"]) for token in process["tokens"] or []] == held

        wait_for(f"{OURS} reports {step}", reported)

    def _rotate(self, step: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        return ours.rotate(step, self._file, *arguments, env=ray_env.plain(self._home))

    def ask_all(self, stage: str) -> None:
        """Fills in the table's column of this stage."""
        self.seen.files[stage] = redact(self._file.read_text())
        if stage == STAGES[0]:
            self._start_companion(RAY_IDLE)
        if stage in RAY_SINCE:
            self._start_companion(RAY_SINCE[stage])
        column = STAGES.index(stage)
        for (server, client), row in TABLE.items():
            asked = row.split()[column] != "-"
            outcome = self._ask(client, self._addresses[server]) if asked else "-"
            self.seen.outcomes[stage, server, client] = outcome

    def _start_companion(self, client: str) -> None:
        name = f"gcs_client_{len(self._companions)}"
        companion = self._stack.enter_context(real_clients.gcs_client_that_stays(self._place, name, self._env))
        assert companion.answer_to("") == "ready"
        self._companions[client] = companion

    def _ask(self, client: str, address: str) -> str:
        if client in self._companions:
            return self._companions[client].answer_to(address)
        if client == NEW_RAY:
            report = real_clients.gcs_client(address, self._env)
            return "OK" if "answers" in report else report["error"]
        env = self._env_with(self._staged_copy) if client in (BEHIND, BEHIND_RETRYING) else self._env
        if client in (RETRYING, BEHIND_RETRYING):
            env = {**env, "RAY_AUTH_PROBE_RETRY": "accepted"}
        calls = ours.ask_probe("client", "--gcs", address, env=env)["calls"]
        return " ".join(sorted(set(calls.values())))


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    """The rotation, taken once."""
    steps: dict[str, Callable[[Cluster], None]] = {
        "before": lambda _: None,
        "staged": Cluster.stage,
        "promoted": Cluster.promote,
        "restarted": Cluster.restart_ray,
        "retired": Cluster.retire,
    }
    with folder.with_home() as place, ExitStack() as stack:
        cluster = Cluster(place, stack)
        for stage in STAGES:
            steps[stage](cluster)
            cluster.ask_all(stage)
        yield cluster.seen


@pytest.mark.parametrize(("server", "client"), TABLE, ids=lambda name: name)
def test_who_is_let_in(seen: Seen, server: str, client: str) -> None:
    outcomes = {stage: seen.outcomes[stage, server, client] for stage in STAGES}
    cells = zip(STAGES, TABLE[server, client].split(), strict=True)
    assert outcomes == {stage: expected(client, cell) for stage, cell in cells}


def test_the_file_that_all_of_them_read(seen: Seen) -> None:
    two = "# ray-auth keyring: 2 tokens\n"
    promoted = f"<the new token>\n{two}accept <the old token>\n{two}"
    assert seen.files == {
        "before": "<the old token>\n",
        "staged": f"<the old token>\n{two}next <the new token>\n{two}",
        "promoted": promoted,
        "restarted": promoted,
        "retired": "<the new token>\n",
    }


@pytest.mark.parametrize("step", ["promote", "retire"])
def test_real_ray_cannot_be_verified(seen: Seen, step: str) -> None:
    exit_code, answer = seen.verifying_ray[step]
    assert (exit_code, answer["changed"]) == (1, False), answer
