"""Writes into `tests/vectors/runtime_env.json` what real Ray and curl do: `interop/observe-runtime-env`.

What ours is to do is written by people, and so is the name of the reason where that is not what Ray does: it is `?`
until somebody said which.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from support import downloads, runtime_env
from support.downloads import Download, Place


def main() -> int:
    # So that SIGTERM, too, ends the servers: what is raised passes through everything that was begun.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if (version := downloads.curl_version()) != downloads.CURL_VERSION:
        print(f"error: the table is of curl {downloads.CURL_VERSION}, and here is {version}", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        place = stack.enter_context(downloads.place())
        ray, curl = stack.enter_context(downloads.ray(place)), downloads.curl(place)
        cases = [observed(place, case, ray, curl) for case in runtime_env.load()]
    runtime_env.save(cases)
    unnamed = [case["name"] for case in cases if case.get("differs") == "?"]
    print(f"{len(cases)} cases, {sum('differs' in case for case in cases)} not as Ray's; without a reason: {unnamed}")
    return 1 if unnamed else 0


def observed(place: Place, case: Mapping[str, Any], ray: Download, curl: Download) -> dict[str, Any]:
    def outcome(download: Download) -> dict[str, Any]:
        seen = place.see(case, download).as_in_table()
        return runtime_env.without_ports(seen, place.servers.port, place.servers.other)

    kept = {key: value for key, value in case.items() if key not in ("ray", "curl", "differs")}
    kept["ray"] = outcome(ray)
    if runtime_env.is_for_curl(case):
        kept["curl"] = outcome(curl)
    if not runtime_env.is_as_rays(kept):
        kept["differs"] = case.get("differs", "?")
    return kept


if __name__ == "__main__":
    sys.exit(main())
