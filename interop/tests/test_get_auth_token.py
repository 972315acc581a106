"""`ray-auth get-auth-token` against `ray get-auth-token`: the same situations, the same exit code, the same streams.

The table says what real Ray does, and is put to it once more. Where ours is meant to differ, the row says so by name.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support import folder, ours, ray_env, real_ray
from support.process import Output, run_unredacted
from support.redaction import Token, register

DEFAULT = "home/.ray/auth_token"
NAMED = "named/token"

#: Only this, and only when there is a token: it ends the line on a terminal and stays out of a pipe.
LINE_END = "\n"

NONE_FOUND = "Error: No authentication token found. Use ray `get-auth-token --generate` to create one.\n"
BAD_PATH = "RAY_AUTH_TOKEN_PATH is set but "
GENERATING = "Generating new authentication token..."
SAVED = "Generated new authentication token and saved to {home}/.ray/auth_token"


@dataclass(frozen=True)
class Differs:
    """What ours does instead, and why."""

    because: str
    exit_code: int = 1
    stdout: str = ""
    says: tuple[str, ...] = ()


UNSENDABLE = Differs("a token that no client could send is an error, which names the byte and never the token")
NEVER_OVERWRITES = Differs("a token file that exists is never overwritten")
NO_JWT_CHECK = Differs("whether it is a JWT is left to the API server", exit_code=0, stdout="{env}", says=(LINE_END,))
OTHERS_CAN_READ = Differs("a file others can read is warned about", exit_code=0, stdout="{file}", says=("warning",))
BLANK_IS_WRONG = Differs("a blank variable is an error, and no reason to generate what it would hide")
NOT_FOR_KUBERNETES = Differs("no API server would know a generated token")


@dataclass(frozen=True)
class Row:
    """One situation. In its texts `{env}`, `{path}`, `{file}` stand for tokens, `{here}` and `{home}` for folders."""

    name: str
    variables: dict[str, str] = field(default_factory=dict)
    files: dict[str, str | bytes] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    file_mode: int = 0o600
    exit_code: int = 0
    stdout: str = ""
    #: What stands in stderr, of Ray and of ours; `(LINE_END,)` is all of it.
    says: tuple[str, ...] = (LINE_END,)
    #: What stands in Ray's only.
    ray_says: tuple[str, ...] = ()
    #: Whether the default file is there afterwards with a token that was not there before.
    generates: bool = False
    ours: Differs | None = None


def found(name: str, stdout: str, **situation) -> Row:
    return Row(name, stdout=stdout, **situation)


def fails(name: str, *says: str, **situation) -> Row:
    return Row(name, exit_code=1, says=says, **situation)


def generates(name: str, **situation) -> Row:
    return Row(
        name, arguments=("--generate",), stdout="<generated>", says=(GENERATING, SAVED), generates=True, **situation
    )


ENV = {"RAY_AUTH_TOKEN": "{env}"}
PATH = {"RAY_AUTH_TOKEN_PATH": "{here}/named/token"}
BLANK = {"RAY_AUTH_TOKEN": "  "}
KUBERNETES = {"RAY_AUTH_MODE": "token", "RAY_ENABLE_K8S_TOKEN_AUTH": "1"}
GENERATE = ("--generate",)

ROWS = [
    # Where tokens come from, and in which order.
    found("in the variable", "{env}", variables=ENV),
    found("in the variable, with blanks around", "{env}", variables={"RAY_AUTH_TOKEN": " \t{env} \n"}),
    found("in the named file", "{path}", variables=PATH, files={NAMED: "{path}\n"}),
    found("in the named file, with more lines", "{path}", variables=PATH, files={NAMED: "{path}\nsecond\n"}),
    found("in the default file", "{file}", files={DEFAULT: "{file}"}),
    found("in the default file, with CRLF", "{file}", files={DEFAULT: "{file}\r\nsecond\r\n"}),
    found("variable before files", "{env}", variables=ENV | PATH, files={NAMED: "{path}", DEFAULT: "{file}"}),
    found("variable before a named file that is missing", "{env}", variables=ENV | PATH),
    found("named file before default file", "{path}", variables=PATH, files={NAMED: "{path}", DEFAULT: "{file}"}),
    found("empty variable is no variable", "{file}", variables={"RAY_AUTH_TOKEN": ""}, files={DEFAULT: "{file}"}),
    found(
        "in a default file that others can read",
        "{file}",
        files={DEFAULT: "{file}"},
        file_mode=0o644,
        ours=OTHERS_CAN_READ,
    ),
    # The mode is not asked.
    found("mode token", "{env}", variables=ENV | {"RAY_AUTH_MODE": "token"}),
    found("mode disabled", "{env}", variables=ENV | {"RAY_AUTH_MODE": "disabled"}),
    found("mode unknown", "{env}", variables=ENV | {"RAY_AUTH_MODE": "bogus"}),
    found(
        "mode token for Kubernetes",
        "{env}",
        variables=ENV | KUBERNETES,
        says=(),
        ray_says=("Invalid JWT token format.",),
        ours=NO_JWT_CHECK,
    ),
    # Nothing there.
    fails("nothing", NONE_FOUND),
    fails("nothing, mode token", NONE_FOUND, variables={"RAY_AUTH_MODE": "token"}),
    fails("nothing, mode disabled", NONE_FOUND, variables={"RAY_AUTH_MODE": "disabled"}),
    fails("nothing, mode token for Kubernetes", NONE_FOUND, variables=KUBERNETES),
    fails("nothing in the default file", NONE_FOUND, files={DEFAULT: ""}),
    fails("default file is a folder", NONE_FOUND, folders=(DEFAULT,)),
    fails("blank variable", NONE_FOUND, variables=BLANK),
    fails("blank variable hides the file", NONE_FOUND, variables=BLANK, files={DEFAULT: "{file}"}),
    # A path that leads nowhere.
    fails("named file is missing", BAD_PATH, variables=PATH),
    fails("named file is missing, default file is there", BAD_PATH, variables=PATH, files={DEFAULT: "{file}"}),
    fails("named file is empty", BAD_PATH, variables=PATH, files={NAMED: ""}),
    fails("named file is a folder", BAD_PATH, variables=PATH, folders=(NAMED,)),
    fails("named file is missing, generate", BAD_PATH, variables=PATH, arguments=GENERATE),
    # Generating.
    generates("generate"),
    generates("generate, mode token", variables={"RAY_AUTH_MODE": "token"}),
    generates("generate, mode disabled", variables={"RAY_AUTH_MODE": "disabled"}),
    generates("generate, mode token for Kubernetes", variables=KUBERNETES, ours=NOT_FOR_KUBERNETES),
    generates("generate, default file is empty", files={DEFAULT: ""}, ours=NEVER_OVERWRITES),
    found("generate with the variable", "{env}", variables=ENV, arguments=GENERATE),
    found("generate with the named file", "{path}", variables=PATH, files={NAMED: "{path}"}, arguments=GENERATE),
    found("generate with the default file", "{file}", files={DEFAULT: "{file}"}, arguments=GENERATE),
    fails("generate, default file is a folder", folders=(DEFAULT,), arguments=GENERATE, ray_says=("IsADirectory",)),
    fails("generate, no place for the file", files={"home/.ray": ""}, arguments=GENERATE, ray_says=("FileExists",)),
    # Ray writes a new token over the old one, and prints nothing.
    Row(
        "generate with a blank variable",
        variables=BLANK,
        files={DEFAULT: "{file}"},
        arguments=GENERATE,
        says=(),
        ray_says=(GENERATING, SAVED),
        generates=True,
        ours=BLANK_IS_WRONG,
    ),
    # What cannot be a token.
    found("inner blank", "two words", variables={"RAY_AUTH_TOKEN": "two words"}),
    found("inner tab", "two\twords", variables={"RAY_AUTH_TOKEN": "two\twords"}, ours=UNSENDABLE),
    found("not ASCII", "tök", files={DEFAULT: "tök"}, ours=UNSENDABLE),
    found("byte order mark", "\ufefftoken", files={DEFAULT: "\ufefftoken"}, ours=UNSENDABLE),
    fails("not UTF-8", files={DEFAULT: b"t\xffk"}, ray_says=("UnicodeDecodeError",)),
    # Wrong usage.
    Row("unknown option", arguments=("--bogus",), exit_code=2, says=("--bogus",)),
    Row("unknown argument", arguments=("bogus",), exit_code=2, says=("bogus",)),
]


@dataclass(frozen=True)
class Seen:
    output: Output
    #: The mode of a default file whose token was not there before.
    generated_mode: int | None


class Place:
    """A situation, laid out in a folder."""

    def __init__(self, path: Path, row: Row):
        self._path = path
        self._row = row
        self._words = {"here": str(path), "home": str(path / "home")}
        self._tokens = {name: Token(name) for name in ("env", "path", "file")}
        for name in row.folders:
            (path / name).mkdir(parents=True)
        for name, content in row.files.items():
            file = path / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else self._filled(content).encode())
            file.chmod(row.file_mode)

    def _filled(self, text: str) -> str:
        return text.format(**self._words, **{name: token.reveal() for name, token in self._tokens.items()})

    def expected(self, text: str) -> str:
        """A text of the table as it reads when it has been redacted."""
        return text.format(**self._words, **{name: repr(token) for name, token in self._tokens.items()})

    def run(self, program: Path) -> Seen:
        before = self._default_token()
        variables = {name: self._filled(value) for name, value in self._row.variables.items()}
        env = ray_env.plain(self._path / "home", **variables)
        output = run_unredacted([program, "get-auth-token", *self._row.arguments], env, cwd=self._path)
        after = self._default_token()
        mode = None
        if after != before and after is not None:
            register(after, "generated")
            mode = stat.S_IMODE((self._path / DEFAULT).stat().st_mode)
        return Seen(output.redacted(), mode)

    def _default_token(self) -> str | None:
        file = self._path / DEFAULT
        return file.read_text("utf-8", "replace").strip() if file.is_file() else None


@pytest.fixture(params=ROWS, ids=lambda row: row.name)
def row(request: pytest.FixtureRequest) -> Row:
    return request.param


@pytest.fixture
def place(row: Row) -> Iterator[Place]:
    with folder.with_home() as path:
        yield Place(path, row)


def check(place: Place, output: Output, exit_code: int, stdout: str, says: tuple[str, ...]) -> None:
    assert (output.exit_code, output.stdout) == (exit_code, place.expected(stdout)), output
    if says == (LINE_END,):
        assert output.stderr == LINE_END
    for words in says:
        assert place.expected(words) in output.stderr


def test_ray(row: Row, place: Place) -> None:
    seen = place.run(real_ray.RAY)
    check(place, seen.output, row.exit_code, row.stdout, row.says + row.ray_says)
    # A new file gets what the process's mask allows, so others can read it.
    mode = row.file_mode if DEFAULT in row.files else 0o644
    assert seen.generated_mode == (mode if row.generates else None)


def test_ours(row: Row, place: Place) -> None:
    seen = place.run(ours.tool())
    if row.ours:
        check(place, seen.output, row.ours.exit_code, row.ours.stdout, row.ours.says)
        assert seen.generated_mode is None
    else:
        check(place, seen.output, row.exit_code, row.stdout, row.says)
        assert seen.generated_mode == (0o600 if row.generates else None)
