"""Tokens signed here, with the key that the API server signs those of service accounts with."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class Signer:
    """A key, and what it signs."""

    def __init__(self, issuer: str):
        self.issuer = issuer
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._public = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def key_id(self) -> str:
        """As the API server names a key."""
        return _base64(hashlib.sha256(self._public).digest())

    def public_pem(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def public_jwk(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        integer = lambda value: _base64(value.to_bytes((value.bit_length() + 7) // 8))
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.key_id,
            "n": integer(numbers.n),
            "e": integer(numbers.e),
        }

    def sign(self, subject: str, audience: str, *, ends_in: int, **claims: Any) -> str:
        """A token that ends in so many seconds; below zero it has ended."""
        now = int(time.time())
        body = {
            "iss": self.issuer,
            "sub": subject,
            "aud": [audience],
            "iat": min(now, now + ends_in - 600),
            "nbf": min(now, now + ends_in - 600),
            "exp": now + ends_in,
            "jti": str(uuid.uuid4()),
            **claims,
        }
        header = {"alg": "RS256", "kid": self.key_id}
        text = f"{_base64(json.dumps(header).encode())}.{_base64(json.dumps(body).encode())}"
        return f"{text}.{_base64(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
