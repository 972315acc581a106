"""Tokens that never show: not in a test's output, not in an assertion's explanation."""

from __future__ import annotations

import re
import secrets

_known: dict[str, str] = {}

# What Ray, this project and this suite generate. Whoever's it is, it is nothing to print.
GENERATED = re.compile(r"(?<![0-9a-fA-F])[0-9a-f]{64}(?![0-9a-fA-F])")

# What Kubernetes makes, with or without its signature.
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+(\.[\w-]+)?")


class Token:
    """A random token under a name; the name is what people see."""

    def __init__(self, name: str):
        self.name = name
        self._value = secrets.token_hex(32)
        register(self._value, name)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return f"<{self.name}>"


def register(value: str, name: str) -> None:
    """From now on `value` reads as `<name>` in whatever passes through `redact`."""
    _known[value] = name


def redact(text: str) -> str:
    text = GENERATED.sub(lambda found: f"<{_known.get(found[0], 'a token')}>", text)
    return _JWT.sub("<a token of Kubernetes>", text)
