"""Environments for what the suite starts: written out from nothing, so that none of the caller's settings gets in."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path

from support.redaction import Token

BIN = Path(sys.executable).parent


class Situation(Enum):
    """What a caller holds."""

    RIGHT = "right token"
    WRONG = "wrong token"
    NONE = "no token"

    def __str__(self) -> str:
        return self.value


def plain(home: Path, **variables: str) -> dict[str, str]:
    """Ray kept to this machine: no usage reports, and no loopback address turned into the host's own."""
    return {
        "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        **variables,
    }


def with_token(home: Path, token: Token | str) -> dict[str, str]:
    value = token.reveal() if isinstance(token, Token) else token
    return plain(home, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=value)


def without_auth(home: Path) -> dict[str, str]:
    return plain(home, RAY_AUTH_MODE="disabled")


def of_client(home: Path, token: Token, situation: Situation) -> dict[str, str]:
    """The environment of a client of a cluster whose token is `token`."""
    match situation:
        case Situation.RIGHT:
            return with_token(home, token)
        case Situation.WRONG:
            return with_token(home, Token("a wrong token"))
        case Situation.NONE:
            return without_auth(home)
