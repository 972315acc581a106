"""The table of what Ray's dashboard and agent answer to HTTP requests of every kind, put to them and to ours once more.

A row that fails with Ray says that Ray has changed, or that it was observed wrongly. Where ours is meant to differ, the
row names the difference, and one that is not there any more fails. `cargo test` puts the same rows to ours in its process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest

from support import folder, http_table, ours, ray_env, raw_http, real_ray
from support.http_table import SERVER_TOKEN, compared

TABLE = http_table.load()


@pytest.fixture(scope="module")
def rays() -> Iterator[dict[str, str]]:
    """The address of each server of Ray's."""
    with ExitStack() as stack:

        def head(make: Any, *token: str) -> real_ray.DashboardHead:
            place = stack.enter_context(folder.with_home())
            return stack.enter_context(real_ray.dashboard_head(place, make(place / "home", *token)))

        guarded, disabled = head(ray_env.with_token, SERVER_TOKEN), head(ray_env.without_auth)
        yield {"dashboard": guarded.dashboard, "agent": guarded.agent, "disabled": disabled.dashboard}


@pytest.fixture(scope="module")
def our_servers() -> Iterator[dict[str, str]]:
    """The address of each of ours."""
    with ExitStack() as stack:

        def server(make: Any, *token: str, arguments: list[str]) -> str:
            place = stack.enter_context(folder.with_home())
            serving: AbstractContextManager[str] = ours.http_server(place, make(place / "home", *token), *arguments)
            return stack.enter_context(serving)

        yield {
            "dashboard": server(ray_env.with_token, SERVER_TOKEN, arguments=[]),
            "agent": server(ray_env.with_token, SERVER_TOKEN, arguments=["--agent"]),
            "disabled": server(ray_env.without_auth, arguments=[]),
        }


def outcome(row: dict[str, Any], addresses: dict[str, str]) -> dict[str, Any]:
    answer = raw_http.ask(addresses[row["server"]], http_table.request(row))
    return compared(row, http_table.seen(row, answer))


def differences(addresses: dict[str, str], expected: str) -> dict[str, Any]:
    """The rows that were not answered as they say, with what was the answer."""
    found = {}
    for row in TABLE:
        wanted = compared(row, http_table.without_name(row.get(expected, row["expected"])))
        if (got := outcome(row, addresses)) != wanted:
            found[row["name"]] = got
    return found


def test_every_row_with_ray(rays: dict[str, str]) -> None:
    assert differences(rays, "expected") == {}


def test_every_row_with_ours(our_servers: dict[str, str]) -> None:
    assert differences(our_servers, "ours") == {}


def test_each_difference_is_there_and_named_rightly() -> None:
    wrong = {row["name"]: http_table.wrongly_named(row) for row in TABLE if "ours" in row}
    assert {name: why for name, why in wrong.items() if why} == {}
    names = {row["ours"]["difference"] for row in TABLE if "ours" in row}
    assert names == http_table.HEADERS.keys() | http_table.ANSWERS.keys()


def test_every_row_is_named_once_and_was_observed_with_this_ray() -> None:
    assert len({row["name"] for row in TABLE}) == len(TABLE)
    assert {row["observed_with"] for row in TABLE} == {f"ray {real_ray.VERSION}"}
