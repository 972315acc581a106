"""Runs inside Ray: calls the Echo service through Ray's own client interceptors, and prints what came of it as JSON.

Every kind of call, and streams that the client never ends: one that goes on sending, one that never sends.
"""

import asyncio
import itertools
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import grpc
from ray._private.grpc_utils import init_grpc_channel

from support import wire

# What a call may take at most. A refusal must come long before.
SECONDS = 30

PAYLOADS = [b"one", b"\x00\xff", b"", b"x" * 100_000]
# So many answers of an endless stream are read before the client goes away.
ENOUGH = 50


def message(payload: bytes) -> bytes:
    return wire.bytes_field(1, payload)


def payload(message: bytes) -> str:
    found = wire.fields(message).get(1, [b""])[0]
    return found.decode("latin-1") if len(found) < 100 else f"{len(found)} bytes"


MESSAGES = [message(one) for one in PAYLOADS]
STREAM_REQUEST = message(b"copy") + wire.int_field(2, 3)


def stubs(channel):
    path = "/ray_auth.testing.v1.Echo/{}".format
    return (
        channel.unary_unary(path("Unary")),
        channel.stream_unary(path("ClientStream")),
        channel.unary_stream(path("ServerStream")),
        channel.stream_stream(path("Bidi")),
    )


# Not smaller: of DATA frames below 256 bytes Rust's HTTP/2 stack takes only so many that nobody has read yet (about
# 2,000 with its default window), and then ends the connection with ENHANCE_YOUR_CALM, as a defence.
AGAIN = message(b"again" * 200)


def endless() -> Iterator[bytes]:
    return itertools.repeat(AGAIN)


async def each(requests) -> AsyncIterator[bytes]:
    for request in requests:
        yield request


def outcome(began: float, error: grpc.RpcError | None, answers: list[bytes]) -> dict[str, object]:
    return {
        "status": error.code().name if error else "OK",
        "message": error.details() if error else "",
        "answers": [payload(answer) for answer in answers],
        "seconds": time.monotonic() - began,
    }


def ask(call: Callable[[], list[bytes]]) -> dict[str, object]:
    began = time.monotonic()
    try:
        return outcome(began, None, call())
    except grpc.RpcError as error:
        return outcome(began, error, [])


def ask_all(address: str) -> dict[str, object]:
    over = threading.Event()

    def silent() -> Iterator[bytes]:
        over.wait()
        yield from ()

    with init_grpc_channel(address) as channel:
        unary, client_stream, server_stream, bidi = stubs(channel)

        def first_of_endless_bidi() -> list[bytes]:
            call = bidi(endless(), timeout=SECONDS)
            answers = list(itertools.islice(call, ENOUGH))
            call.cancel()
            return answers

        report = {
            "unary": ask(lambda: [unary(MESSAGES[0], timeout=SECONDS)]),
            "client stream": ask(lambda: [client_stream(iter(MESSAGES), timeout=SECONDS)]),
            "server stream": ask(lambda: list(server_stream(STREAM_REQUEST, timeout=SECONDS))),
            "bidi": ask(lambda: list(bidi(iter(MESSAGES), timeout=SECONDS))),
            "endless bidi": ask(first_of_endless_bidi),
        }
        # With a valid token these would go on until the deadline, as they should.
        if report["unary"]["status"] != "OK":
            report["endless client stream"] = ask(lambda: [client_stream(endless(), timeout=SECONDS)])
            report["silent client stream"] = ask(lambda: [client_stream(silent(), timeout=SECONDS)])
            report["silent bidi"] = ask(lambda: list(bidi(silent(), timeout=SECONDS)))
        over.set()
    return report


async def ask_aio(call: Callable[[], Awaitable[list[bytes]]]) -> dict[str, object]:
    began = time.monotonic()
    try:
        return outcome(began, None, await call())
    except grpc.aio.AioRpcError as error:
        return outcome(began, error, [])


async def ask_all_aio(address: str) -> dict[str, object]:
    async def silent() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async with init_grpc_channel(address, asynchronous=True) as channel:
        unary, client_stream, server_stream, bidi = stubs(channel)

        async def one(call) -> list[bytes]:
            return [await call]

        async def all_of(call) -> list[bytes]:
            return [answer async for answer in call]

        async def first_of_endless_bidi() -> list[bytes]:
            call = bidi(each(endless()), timeout=SECONDS)
            answers = []
            async for answer in call:
                answers.append(answer)
                if len(answers) == ENOUGH:
                    break
            call.cancel()
            return answers

        report = {
            "unary": await ask_aio(lambda: one(unary(MESSAGES[0], timeout=SECONDS))),
            "client stream": await ask_aio(lambda: one(client_stream(each(MESSAGES), timeout=SECONDS))),
            "server stream": await ask_aio(lambda: all_of(server_stream(STREAM_REQUEST, timeout=SECONDS))),
            "bidi": await ask_aio(lambda: all_of(bidi(each(MESSAGES), timeout=SECONDS))),
            "endless bidi": await ask_aio(first_of_endless_bidi),
        }
        if report["unary"]["status"] != "OK":
            endlessly = lambda: one(client_stream(each(endless()), timeout=SECONDS))
            report["endless client stream"] = await ask_aio(endlessly)
            report["silent client stream"] = await ask_aio(lambda: one(client_stream(silent(), timeout=SECONDS)))
            report["silent bidi"] = await ask_aio(lambda: all_of(bidi(silent(), timeout=SECONDS)))
    return report


style, address = sys.argv[1:]
json.dump(ask_all(address) if style == "sync" else asyncio.run(ask_all_aio(address)), sys.stdout)
