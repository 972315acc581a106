"""`tests/vectors/http.json`: its requests, and what of an answer its rows compare."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from support.raw_http import Answer, Request

PATH = Path(__file__).parents[3] / "tests/vectors/http.json"

# The rows spell out the token of their servers; it is nobody's secret.
SERVER_TOKEN = "owntoken"

# What ours is meant to do differently. The first two kinds differ in that one header, the others in what they answer.
HEADERS = {
    "www_authenticate": "401 names the scheme, as RFC 9110 wants it",
    "derived_cookie": "the cookie set at login is `v1.<expiry>.<64 hex>` and not the token",
    "clears_cookie": "a cookie that opens nothing is taken back",
}
ANSWERS = {
    "browser": "a cookie is guarded by Origin, Fetch-Metadata and the host's name, not browsers by User-Agent",
    "path_to_the_byte": "no decoded or dotted path is open; /static/ is for GET and HEAD",
    "stack": "what an HTTP stack answers before any layer; never let in without a credential but on an open path",
    "first_cookie": "of several cookies of the name the first decides, not the last; an empty one is none",
    "cookie_headers": "all Cookie headers are read, not the first alone: HTTP/2 splits them",
    "cookie_syntax": "a cookie is `name=value` and ends at `;`: no blanks around `=`, no comma, no escapes",
    "host": "no Host, or one that is not allowed, with the cookie or at login",
    "not_utf8": "refused, where Ray fails with 500",
    "empty_path": "`http://host` is `http://host/`, which is open",
}

_LOGIN = ("/api/authentication_mode", "/api/authenticate")

_REFUSALS = [
    (401, "Unauthorized: Missing authentication token"),
    (403, "Forbidden: Invalid authentication token"),
    # What Ray's guard says to browsers, which it tells by what they send …
    (405, "' method not allowed for browser traffic."),
    (403, "Browser requests not allowed."),
    # … and ours about a cookie that somebody else may have had a browser send.
    (403, "Forbidden: Cross-origin request"),
    (
        403,
        "Forbidden: This server does not log browsers in under this host name; whoever runs it can allow the name",
    ),
]

# Answers of an HTTP stack that no layer saw the request of.
_STACK = (None, 400, 408, 413, 414, 431, 505)

# The value that ours sets at login; its parts differ each time.
_DERIVED = re.compile(r"=v1\.[0-9]+\.[0-9a-f]{64};")


def load() -> list[dict[str, Any]]:
    return json.loads(PATH.read_text())


def spelt(value: Mapping[str, Any]) -> bytes:
    """The bytes that a table spells so."""
    if "hex" in value:
        return bytes.fromhex(value["hex"])
    return value["prefix"].encode() + value["repeat"].encode() * value["repeat_count"]


def request(row: Mapping[str, Any]) -> Request:
    given = row["input"]
    headers = [(name.encode(), spelt(value)) for name, value in given["headers"]]
    return Request(given["method"], given["target"], given["version"], headers, bytes.fromhex(given.get("body", "")))


def is_login(row: Mapping[str, Any]) -> bool:
    return row["server"] != "agent" and unquote(row["input"]["target"].partition("?")[0]) in _LOGIN


def seen(row: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """An answer as the table has it: all of it where authentication or login spoke, else whether it was let in."""
    let_in = _let_in(row, answer)
    status = {"outcome": "closed"} if answer.status is None else {"status": answer.status}
    if let_in is None or (let_in and not is_login(row)):
        return {**status, "let_in": let_in}
    return {
        **status,
        "body": answer.body.decode("latin-1"),
        "content_type": answer.header("content-type"),
        "set_cookie": [_DERIVED.sub("=v1.<expiry>.<64 hex>;", value) for value in answer.all("set-cookie")],
        "www_authenticate": answer.header("www-authenticate"),
        "let_in": let_in,
    }


def _let_in(row: Mapping[str, Any], answer: Answer) -> bool | None:
    """Whether authentication, and the guard against browsers, let the request through; None if it never got there."""
    if answer.status in _STACK:
        return None
    if answer.status == 500:
        return False
    body = answer.body.decode("latin-1")
    if row["input"]["method"] == "HEAD":
        length = int(answer.header("content-length") or 0)
        return all(answer.status != status or length != len(text) for status, text in _REFUSALS)
    return all(answer.status != status or not body.endswith(text) for status, text in _REFUSALS)


def compared(row: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is the handler's own affair: the status of what was let in."""
    if outcome["let_in"] and not is_login(row):
        return {"let_in": True}
    cookies = [sorted(value.split("; ")) for value in outcome.get("set_cookie", [])]
    return {**outcome, "set_cookie": cookies}


def wrongly_named(row: Mapping[str, Any]) -> str | None:
    """What is wrong with the name that a row's difference has."""
    expected, outcome = compared(row, row["expected"]), compared(row, without_name(row["ours"]))
    name = row["ours"]["difference"]
    differs = {key for key in expected.keys() | outcome.keys() if expected.get(key) != outcome.get(key)}
    match sorted(differs):
        case []:
            right = name is None
        case ["www_authenticate"]:
            right = name == "www_authenticate"
        case ["set_cookie"]:
            right = name == ("derived_cookie" if expected["set_cookie"] else "clears_cookie")
        case _:
            right = name in ANSWERS
    return None if right else f"{name!r} is no name for what differs: {sorted(differs)}"


def without_name(difference: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in difference.items() if key != "difference"}
