"""Starts real Ray's GCS twice, without a token and with a random one, and measures both beside ours: `interop/load`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from support.folder import with_home
from support.ray_env import with_token, without_auth
from support.real_ray import gcs_server
from support.redaction import Token

NAME = "Ray gcs_server"


def main(arguments: list[str]) -> int:
    # So that SIGTERM, too, ends the servers: what is raised passes through everything that was begun.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    token = Token("Ray's token")
    with with_home() as open_folder, with_home() as guarded_folder:
        guarded_env = with_token(guarded_folder / "home", token)
        with (
            gcs_server(open_folder, without_auth(open_folder / "home")) as disabled,
            gcs_server(guarded_folder, guarded_env) as guarded,
        ):
            beside = ["--beside", f"{NAME}={disabled}", "--beside-token", f"{NAME}={guarded}"]
            driver = [os.environ["INTEROP_PERFORMANCE"], "end-to-end", *beside, *arguments]
            # The token is in its environment, and the driver's servers end with it.
            return _run(driver, guarded_env)


def _run(driver: list[str], env: dict[str, str]) -> int:
    """Runs it on this terminal and where this was called, so that paths mean the same; gives its exit code."""
    child = subprocess.Popen(driver, env={**env, "TERM": os.environ.get("TERM", "dumb")}, stdin=subprocess.DEVNULL)
    try:
        return child.wait()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
