"""Writes into `tests/vectors/http.json` what real Ray answers to its requests, and what ours does where that differs:
`interop/observe-http`.

A new row needs a name, a server and an input, whose headers may be plain text (a character a byte); the rest is filled
in here. Which difference of ours it is, is for people to say: it is named `?` until somebody did.
"""

from __future__ import annotations

import json
import signal
import sys
from contextlib import ExitStack
from typing import Any

from support import folder, http_table, ours, ray_env, raw_http, real_ray


def main() -> int:
    # So that SIGTERM, too, ends the servers: what is raised passes through everything that was begun.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with ExitStack() as stack:

        def env(make: Any, *arguments: str) -> tuple[Any, dict[str, str]]:
            place = stack.enter_context(folder.with_home())
            return place, make(place / "home", *arguments)

        token = (ray_env.with_token, http_table.SERVER_TOKEN)
        head = stack.enter_context(real_ray.dashboard_head(*env(*token)))
        open_head = stack.enter_context(real_ray.dashboard_head(*env(ray_env.without_auth)))
        rays = {"dashboard": head.dashboard, "agent": head.agent, "disabled": open_head.dashboard}
        our = {
            "dashboard": stack.enter_context(ours.http_server(*env(*token))),
            "agent": stack.enter_context(ours.http_server(*env(*token), "--agent")),
            "disabled": stack.enter_context(ours.http_server(*env(ray_env.without_auth))),
        }
        rows = [observed(row, rays[row["server"]], our[row["server"]]) for row in http_table.load()]
    http_table.PATH.write_text("[\n" + ",\n".join(map(spelt_out, rows)) + "\n]\n")
    unnamed = [row["name"] for row in rows if row.get("ours", {}).get("difference") == "?"]
    print(f"{len(rows)} rows, {sum('ours' in row for row in rows)} with a difference; without a name for it: {unnamed}")
    return 1 if unnamed else 0


def observed(row: dict[str, Any], ray: str, our: str) -> dict[str, Any]:
    headers = [[name, value if isinstance(value, dict) else both(value)] for name, value in row["input"]["headers"]]
    row = {**row, "input": {**row["input"], "headers": headers}}
    request = http_table.request(row)
    expected, outcome = (http_table.seen(row, raw_http.ask(address, request)) for address in (ray, our))
    kept = {"name": row["name"], "server": row["server"], "input": row["input"], "expected": expected}
    if http_table.compared(row, outcome) != http_table.compared(row, expected):
        kept["ours"] = {"difference": row.get("ours", {}).get("difference", "?"), **outcome}
    return {**kept, "observed_with": f"ray {real_ray.VERSION}"}


def both(text: str) -> dict[str, str]:
    value = text.encode("latin-1")
    readable = "".join(chr(byte) if byte < 0x80 else f"\\x{byte:02x}" for byte in value)
    return {"hex": value.hex(), "ascii": readable}


def spelt_out(row: dict[str, Any]) -> str:
    """A line for each part."""
    return " {\n" + ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in row.items()) + "\n }"


if __name__ == "__main__":
    sys.exit(main())
