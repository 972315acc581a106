"""The table of remote URIs, `tests/vectors/runtime_env.json`: what a case is, and what its parts mean.

| field | |
|---|---|
| `row` | which of the 38 questions it is a case of |
| `uri` | what is downloaded; the names in it lead to a server on loopback, `{port}` and `{other}` are its two ports |
| `bearer` | the value of `RAY_RUNTIME_ENV_BEARER_TOKEN` |
| `netrc` | the text of a file that `NETRC` names |
| `home` | the files of the home folder, by name |
| `netrc_variable` | the value of `NETRC`, when it is another; `{home}` is the home folder |
| `mode` | of all these files; 0600 when nothing is said |
| `netrc_encoding` | of all these files; UTF-8 when nothing is said |
| `redirects` | what is answered with a redirect; all else is answered with the package |
| `strict`, `allow_plaintext` | what the user asks of ours beyond the environment |
| `ours`, `ray`, `curl` | every request with its `Authorization` headers, and how the download failed if it did |
| `differs` | the name of the reason why ours is not as Ray's (`DIFFERENCES`) |

In `ours`, `error` is the word for it in JSON, and `warning` a part of the one warning that is given; in `ray` `error` is the
class of the exception, in `curl` the exit code. `shows_secret` is there where the message of Ray or curl shows one.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[3] / "tests/vectors/runtime_env.json"

ROWS = range(1, 39)

#: What stands in every login, password and token of the table, so that any of them is found wherever it shows.
MARKER = "s3cr3t"

#: Why ours does something else than Ray.
DIFFERENCES = {
    "most_specific_first": "the URI's login counts before the netrc file, and the token before its default entry",
    "login_alone": "a login without a password is a credential",
    "utf8": "letters beyond ASCII go as UTF-8",
    "refused_login": "what the Basic scheme cannot carry is refused",
    "named_file_must_be_usable": "a netrc file that is named and cannot be used is an error",
    "others_can_read": "a netrc file in the home folder that others have rights to is not used; with --strict an error",
    "fault_in_netrc": "a fault in the netrc file is told",
    "comment": "a # is a comment also with a word right after it",
    "default_is_for_who_was_asked": "the default entry goes over https only, and nowhere else after a redirect",
    "default_is_a_name": "`machine default` is a host of that name",
    "host_names_have_no_case": "names of machines are compared without case",
    "byte_order_mark": "a byte order mark is skipped",
    "token_only_over_https": "the token does not go over http, unless that is allowed",
    "blanks_around_the_token": "blanks around the token are not part of it",
    "unusable_token": "what is no token is refused before anybody is asked",
    "netrc_only_over_https": "a netrc entry does not go over http, but to this machine",
    "no_downgrade": "a redirect from https to http is refused once a credential was sent",
    "scheme_is_part_of_the_origin": "from http to https of the same host is a redirect to somebody else",
    "ipv6_spelling": "an IPv6 address is the same in every spelling",
    "fewer_redirects": "20 redirects are followed",
}


def load() -> list[dict[str, Any]]:
    return json.loads(PATH.read_text())


def save(cases: Iterable[Mapping[str, Any]]) -> None:
    PATH.write_text("[\n" + ",\n".join(map(_spelt_out, cases)) + "\n]\n")


def _spelt_out(case: Mapping[str, Any]) -> str:
    """A line for each part."""
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in case.items()]
    return " {\n" + ",\n".join(lines) + "\n }"


def with_ports(value: Any, port: int, other: int) -> Any:
    """A case, or part of one, with the numbers of these ports."""
    text = json.dumps(value).replace("{port}", str(port)).replace("{other}", str(other))
    return json.loads(text)


def without_ports(value: Any, port: int, other: int) -> Any:
    """The other way round."""
    text = json.dumps(value).replace(f":{port}/", ":{port}/").replace(f":{other}/", ":{other}/")
    return json.loads(text)


def variables(case: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """The variables of a case. Puts its files into `folder`, whose `home` becomes the home folder."""
    home = folder / "home"
    found = {"HOME": str(home)}
    for name, text in case.get("home", {}).items():
        _write(home / name, text, case)
    if "netrc" in case:
        named = folder / "named-netrc"
        _write(named, case["netrc"], case)
        found["NETRC"] = str(named)
    if "netrc_variable" in case:
        found["NETRC"] = case["netrc_variable"].replace("{home}", str(home))
    if "bearer" in case:
        found["RAY_RUNTIME_ENV_BEARER_TOKEN"] = case["bearer"]
    return found


def _write(path: Path, text: str, case: Mapping[str, Any]) -> None:
    path.write_bytes(text.encode(case.get("netrc_encoding", "utf-8")))
    os.chmod(path, int(case.get("mode", "0600"), 8))


def requests(asked: Iterable[tuple[str, list[str]]]) -> list[dict[str, Any]]:
    """Requests as the table has them: the same one again and again is one entry."""
    entries = []
    for (at, authorization), again in groupby(asked):
        times = len(list(again))
        entries.append({"at": at, "authorization": authorization, **({"times": times} if times > 1 else {})})
    return entries


def is_as_rays(case: Mapping[str, Any]) -> bool:
    """Whether ours sends what Ray sends, and fails where Ray fails, whatever each says about it."""
    ours, ray = case["ours"], case["ray"]
    return ours["requests"] == ray["requests"] and ("error" in ours) == ("error" in ray)


def is_for_curl(case: Mapping[str, Any]) -> bool:
    """`NETRC` set to nothing has no counterpart among curl's options."""
    return case.get("netrc_variable") != ""


def shown(text: str) -> list[str]:
    """The lines of a text that show a login, a password or a token of the table, in whatever spelling."""
    return [line for line in text.splitlines() if any(spelling in line for spelling in _SPELLINGS)]


def _spellings(marker: bytes) -> set[str]:
    """As it is, in hexadecimal digits, and as it looks in base64, which depends on what stands before it."""
    spellings = {marker.decode(), marker.hex(), marker.hex().upper()}
    for before, first in [(0, 0), (1, 2), (2, 3)]:
        encoded = base64.b64encode(bytes(before) + marker)
        spellings.add(encoded[first : (before + len(marker)) * 8 // 6].decode())
    return spellings


_SPELLINGS = _spellings(MARKER.encode())
