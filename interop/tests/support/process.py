"""Programs that the suite starts: bounded, heard, and ended with all they started themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from support.redaction import redact

T = TypeVar("T")

POLL_SECONDS = 0.02


def wait_for(what: str, ask: Callable[[], T | None], seconds: float = 30) -> T:
    """Asks until the answer is neither None nor False."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer is not None and answer is not False:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(POLL_SECONDS)


@dataclass(frozen=True)
class Output:
    """What a program that ran to its end said."""

    exit_code: int
    stdout: str
    stderr: str

    def redacted(self) -> Output:
        """With tokens as their names in angle brackets."""
        return Output(self.exit_code, redact(self.stdout), redact(self.stderr))


def run(
    argv: Sequence[str | Path],
    env: Mapping[str, str],
    *,
    cwd: Path | None = None,
    stdin: str | None = None,
    seconds: float = 60,
) -> Output:
    """Runs a program to its end, and gives what it said, redacted.

    One that takes longer is killed, with all it started, and TimeoutExpired raised.
    """
    return run_unredacted(argv, env, cwd=cwd, stdin=stdin, seconds=seconds).redacted()


def run_unredacted(
    argv: Sequence[str | Path],
    env: Mapping[str, str],
    *,
    cwd: Path | None = None,
    stdin: str | None = None,
    seconds: float = 60,
) -> Output:
    """As `run`, for those who learn the tokens only afterwards."""
    with subprocess.Popen(
        argv,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        umask=0o022,
    ) as child:
        try:
            stdout, stderr = child.communicate(None if stdin is None else stdin.encode(), timeout=seconds)
        finally:
            _kill_session(child.pid)
    return Output(child.returncode, _text(stdout), _text(stderr))


def _text(stream: bytes) -> str:
    """Undecodable bytes stay visible and distinct."""
    return stream.decode("utf-8", "backslashreplace")


class Server:
    """A program that stays, in a session of its own. What it says goes to files: reading them tells that it is up."""

    _STDIN = subprocess.DEVNULL

    def __init__(self, name: str, argv: Sequence[str | Path], env: Mapping[str, str], folder: Path):
        self.name = name
        self._stdout = folder / f"{name}.out"
        self._stderr = folder / f"{name}.err"
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self._child = subprocess.Popen(
                argv,
                env=dict(env),
                cwd=folder,
                stdin=self._STDIN,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    def said(self) -> str:
        return redact(f"{_text(self._stdout.read_bytes())}\nstderr:\n{_text(self._stderr.read_bytes())}")

    def wait_until_up(self, ask: Callable[[], T | None], seconds: float = 60) -> T:
        """Asks until there is an answer. A server that dies meanwhile is an error at once."""
        return self._wait_for(f"{self.name} is up", ask, seconds)

    def _wait_for(self, what: str, ask: Callable[[], T | None], seconds: float) -> T:
        def ask_while_alive() -> T | None:
            if self._child.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self._child.returncode}:\n{self.said()}")
            return ask()

        try:
            return wait_for(what, ask_while_alive, seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}:\n{self.said()}") from None

    def listening_on(self) -> str | None:
        """The address that a server of ours names on its first line."""
        line, newline, _ = _text(self._stdout.read_bytes()).partition("\n")
        if not newline:
            return None
        address = line.removeprefix("listening on ")
        if address == line:
            raise RuntimeError(f"the first line of {self.name} is not that:\n{self.said()}")
        return address

    def end(self, patience: float = 15) -> int:
        """Ends the program and all it started; gives its exit code, -9 if it had to be killed."""
        self._child.terminate()
        try:
            self._child.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        _kill_session(self._child.pid)
        return self._child.wait(patience)


class Companion(Server):
    """A program that stays, and answers each line on its stdin with one on its stdout."""

    _STDIN = subprocess.PIPE

    _heard = 0

    def answer_to(self, question: str, seconds: float = 60) -> str:
        self.ask(question)
        return self.next_answer(seconds)

    def ask(self, question: str) -> None:
        """Leaves the answer for later."""
        self._child.stdin.write(f"{question}\n".encode())
        self._child.stdin.flush()

    def next_answer(self, seconds: float = 60) -> str:
        def answer() -> str | None:
            lines = self._lines()
            return lines[self._heard] if len(lines) > self._heard else None

        answered = self._wait_for(f"{self.name} answers", answer, seconds)
        self._heard += 1
        return redact(answered)

    def end(self, patience: float = 15) -> int:
        self._child.stdin.close()
        return super().end(patience)

    def _lines(self) -> list[str]:
        """The lines that are complete."""
        return _text(self._stdout.read_bytes()).split("\n")[:-1]


def _kill_session(session: int) -> None:
    """Kills what is left of a session that this suite began, and waits until it is gone."""

    def none_left() -> bool:
        members = _members(session)
        for process in members:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not members

    wait_for(f"session {session} is gone", none_left, 15)


def _members(session: int) -> list[int]:
    """The living processes of a session; a dead one that nobody has waited for yet does not count."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            stat = Path(entry.path, "stat").read_text()
        except OSError:
            continue
        # The name may hold blanks and brackets; after its last bracket stand: state ppid pgrp session …
        state, _, _, its_session = stat.rpartition(")")[2].split()[:4]
        if int(its_session) == session and state not in "ZX":
            found.append(int(entry.name))
    return found
