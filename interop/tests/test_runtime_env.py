"""The table of remote URIs, `tests/vectors/runtime_env.json`, put to real Ray, real curl and `ray-auth fetch`: which
credentials each of them sends to whom, where netrc files, URIs, a token and redirects offer several.

A case that fails with Ray or curl says that these have changed, or that it was observed wrongly;
`interop/observe-runtime-env` observes it anew. `cargo test` puts the same cases to our own library.
"""

from __future__ import annotations

import base64
import importlib.metadata
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from support import downloads, runtime_env
from support.downloads import Download, Place, Seen
from support.runtime_env import DIFFERENCES, MARKER, ROWS, shown, with_ports

TABLE = runtime_env.load()

#: What the table's column for Ray was observed with: what Ray sends is what these make of it.
PINNED = {"ray": "2.60.0", "requests": "2.34.2", "urllib3": "2.8.0", "smart_open": "9.0.2"}

#: Exit code 2 is for what is wrong with the command line and the configuration, 1 for what is wrong with the world.
CONFIGURATION = {
    "bad_uri",
    "bad_bearer",
    "plaintext_refused",
    "netrc_missing",
    "netrc_unreadable",
    "netrc_malformed",
    "netrc_exposed",
}

WARNING = re.compile(r"^ *WARN .*credentials of a download.* warning=(.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with downloads.place() as place:
        yield place


@pytest.fixture(scope="module")
def ours(place: Place) -> dict[str, Seen]:
    """What each case looks like with `ray-auth fetch`."""
    fetch = downloads.tool(place)
    return {case["name"]: place.see(case, fetch) for case in TABLE}


def expected(case: dict[str, Any], whose: str, place: Place) -> dict[str, Any]:
    outcome = {key: value for key, value in case[whose].items() if key != "warning"}
    return with_ports(outcome, place.servers.port, place.servers.other)


def not_as_expected(place: Place, whose: str, download: Download) -> dict[str, Any]:
    """The cases that did not look as the table says, with what they looked like."""
    found = {}
    for case in TABLE:
        if whose in case:
            seen = place.see(case, download)
            if seen.as_in_table() != expected(case, whose, place):
                found[case["name"]] = seen.as_in_table()
    return found


def test_every_case_with_ray(place: Place) -> None:
    assert {name: importlib.metadata.version(name) for name in PINNED} == PINNED
    with downloads.ray(place) as download:
        assert not_as_expected(place, "ray", download) == {}


def test_every_case_with_curl(place: Place) -> None:
    version = downloads.curl_version()
    if version != downloads.CURL_VERSION:
        pytest.fail(f"the table is of curl {downloads.CURL_VERSION}, which Debian 12 has, and here is {version}")
    assert not_as_expected(place, "curl", downloads.curl(place)) == {}


def test_every_case_with_our_tool(place: Place, ours: dict[str, Seen]) -> None:
    wrong = {
        case["name"]: ours[case["name"]].as_in_table()
        for case in TABLE
        if ours[case["name"]].as_in_table() != expected(case, "ours", place)
    }
    assert wrong == {}


def test_our_tool_leaves_a_whole_package_or_nothing(ours: dict[str, Seen]) -> None:
    assert [name for name, seen in ours.items() if not seen.is_whole_or_not_there()] == []


def test_the_exit_code_of_our_tool_tells_configuration_from_the_world(ours: dict[str, Seen]) -> None:
    for name, seen in ours.items():
        error = seen.ended.error
        code = 0 if error is None else 2 if error in CONFIGURATION else 1
        assert seen.ended.exit_code == code, (name, error)


def test_our_tool_warns_where_the_table_says_so_and_nowhere_else(ours: dict[str, Seen]) -> None:
    for case in TABLE:
        warnings = WARNING.findall(ours[case["name"]].ended.said)
        part = case["ours"].get("warning")
        assert len(warnings) == (part is not None), (case["name"], warnings)
        assert part is None or part in warnings[0], (case["name"], warnings)


def test_our_tool_shows_no_secret_even_in_its_finest_log(ours: dict[str, Seen]) -> None:
    leaks = {name: lines for name, seen in ours.items() if (lines := shown(seen.ended.said))}
    assert leaks == {}
    # There is something to search, also of the libraries beneath.
    said = "".join(seen.ended.said for seen in ours.values())
    for target in ("TRACE", "ray_auth_runtime_env::download", "hyper_util::client"):
        assert target in said, target
    requests = sum(len(seen.asked) for seen in ours.values())
    assert requests > len(TABLE)


def test_no_credential_is_in_a_request_line_or_host_of_ours(ours: dict[str, Seen]) -> None:
    signed = "https://b.test/package.zip?sig=s3cr3t"
    for name, seen in ours.items():
        for asked in seen.asked:
            others = [(key, value) for key, value in asked.headers if key.lower() != "authorization"]
            assert asked.at == signed or not shown(f"{asked.at}\n{others}"), name


def test_a_secret_would_be_found_in_each_spelling() -> None:
    for before in ("", "u", "u:", "u-u:"):
        pair = f"{before}{MARKER}-and-more"
        spellings = {
            pair,
            quote(pair),
            repr(pair),
            pair.encode().hex(),
            base64.b64encode(pair.encode()).decode(),
            base64.urlsafe_b64encode(pair.encode()).decode(),
        }
        for spelling in spellings:
            assert shown(f"nothing here\nsaid: {spelling} <-\n") == [f"said: {spelling} <-"], spelling
    assert shown("https://***@a.test/package.zip") == []


def test_every_row_has_a_case_and_every_case_a_name_of_its_own() -> None:
    assert {case["row"] for case in TABLE} == set(ROWS)
    assert len({case["name"] for case in TABLE}) == len(TABLE)
    assert [case["name"] for case in TABLE if not case["name"].startswith(f"row-{case['row']:02}-")] == []


def test_every_credential_of_the_table_can_be_found() -> None:
    for case in TABLE:
        sent = [value for request in case["ours"]["requests"] for value in request["authorization"]]
        parts = [part for value in sent for part in value.partition(" ")[2].split(":", 1)]
        assert all(MARKER in part for part in parts if part), case["name"]
        user_info = case["uri"].partition("://")[2].rpartition("@")[0]
        for given in (user_info, case.get("bearer", "")):
            assert not given.strip(": ") or MARKER in given, case["name"]


def test_each_difference_from_ray_has_a_reason_and_each_reason_a_difference() -> None:
    unlike = {case["name"] for case in TABLE if not runtime_env.is_as_rays(case)}
    assert {case["name"] for case in TABLE if "differs" in case} == unlike
    assert {case["differs"] for case in TABLE if "differs" in case} == DIFFERENCES.keys()
