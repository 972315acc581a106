"""`ray-auth serve` in Kubernetes mode against a real API server: the status of each call, and how often that was asked."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from api.caller import REFUSAL, Answer, call, calls_at_once
from api.lab import CLUSTER, Lab
from api.provider import PREFIX, Provider
from api.relay import relay
from support import ray_env, real_clients
from support.process import wait_for

# What one decision may take, and time for a busy machine.
DECIDED_WITHIN_SECONDS = 10

# Longer than any test takes, and short enough to be waited for.
LONG_TTL = 300
SHORT_TTL = 5


def assert_refused(answer: Answer) -> None:
    assert (answer.status, answer.message) == ("UNAUTHENTICATED", REFUSAL)


def test_allowed(lab: Lab) -> None:
    token = lab.admin.token_of(lab.user("writer"))
    with lab.gcs() as gcs:
        assert call(gcs.address, token).status == "OK"
        assert gcs.reviews() == (1, 1)
        # And remembered.
        assert call(gcs.address, token).status == "OK"
        assert gcs.reviews() == (1, 1)


def test_authenticated_but_not_allowed(lab: Lab) -> None:
    token = lab.admin.token_of(lab.user("reader", may_write=False))
    with lab.gcs() as gcs:
        for _ in range(2):
            assert_refused(call(gcs.address, token))
            assert gcs.reviews() == (1, 1)


def test_garbage(lab: Lab) -> None:
    with lab.gcs() as gcs:
        for _ in range(2):
            assert_refused(call(gcs.address, "garbage"))
            assert gcs.reviews() == (1, 0)


def test_no_token(lab: Lab) -> None:
    with lab.gcs() as gcs:
        assert_refused(call(gcs.address, None))
        assert gcs.reviews() == (0, 0)


def test_a_token_that_has_ended(lab: Lab) -> None:
    account = lab.user("writer")
    with lab.gcs() as gcs:
        assert call(gcs.address, lab.signed_here(account, ends_in=600)).status == "OK"
        assert gcs.reviews() == (1, 1)
        # Its own word is enough.
        assert_refused(call(gcs.address, lab.signed_here(account, ends_in=-60)))
        assert gcs.reviews() == (1, 1)


def test_a_token_that_ends_while_it_is_remembered(lab: Lab) -> None:
    account = lab.user("writer")
    with lab.gcs(ttl_seconds=LONG_TTL) as gcs:
        token = lab.signed_here(account, ends_in=4)
        assert call(gcs.address, token).status == "OK"
        refused = wait_for("it has ended", lambda: (answer := call(gcs.address, token)).status != "OK" and answer, 10)
        assert_refused(refused)
        assert gcs.reviews() == (1, 1)


def test_a_token_for_another_audience(lab: Lab) -> None:
    token = lab.admin.token_of(lab.user("writer"), audiences=["vault"])
    with lab.gcs() as gcs:
        assert_refused(call(gcs.address, token))
        assert gcs.reviews() == (1, 0)


def test_a_binding_that_is_removed_counts_until_the_ttl(lab: Lab) -> None:
    account = lab.user("writer", may_write=False)
    binding = lab.bind(account)
    token = lab.admin.token_of(account)
    with lab.gcs(ttl_seconds=SHORT_TTL) as gcs:
        began = time.monotonic()
        assert call(gcs.address, token).status == "OK"
        lab.unbind(binding, account)
        within = call(gcs.address, token)
        # On a machine so busy that the time was over meanwhile this shows nothing, and is an error.
        assert time.monotonic() - began < SHORT_TTL
        assert within.status == "OK"
        assert gcs.reviews() == (1, 1)
        refused = wait_for("it is over", lambda: (answer := call(gcs.address, token)).status != "OK" and answer, 20)
        assert time.monotonic() - began >= SHORT_TTL
        assert_refused(refused)
        assert gcs.reviews() == (2, 2)


def test_a_service_account_that_is_deleted(lab: Lab) -> None:
    account = lab.user("writer")
    token = lab.admin.token_of(account)
    with lab.gcs(ttl_seconds=1) as gcs:
        assert call(gcs.address, token).status == "OK"
        lab.admin.delete(account.path)
        # The API server itself remembers it for 10 s.
        refused = wait_for("it is unknown", lambda: (answer := call(gcs.address, token)).status != "OK" and answer, 40)
        assert_refused(refused)
        token_reviews, access_reviews = gcs.reviews()
        # The last one said that it is nobody.
        assert token_reviews == access_reviews + 1


def test_twenty_callers_with_one_new_token(lab: Lab) -> None:
    token = lab.admin.token_of(lab.user("writer"))
    with lab.gcs() as gcs:
        answers = calls_at_once(gcs.address, [token] * 20)
        assert [answer.status for answer in answers] == ["OK"] * 20
        assert gcs.reviews() == (1, 1)


def test_twenty_callers_with_one_bad_token(lab: Lab) -> None:
    with lab.gcs() as gcs:
        for answer in calls_at_once(gcs.address, ["garbage"] * 20):
            assert_refused(answer)
        assert gcs.reviews() == (1, 0)


def test_without_an_api_server(lab: Lab) -> None:
    cached, new = (lab.admin.token_of(lab.user(name)) for name in ("cached", "new"))
    with lab.gcs() as gcs:
        assert call(gcs.address, cached).status == "OK"
        lab.server.end()
        try:
            assert call(gcs.address, cached).status == "OK"
            assert_refused(call(gcs.address, None))
            answer = call(gcs.address, new)
            assert answer.status == "UNAVAILABLE"
            assert answer.seconds < DECIDED_WITHIN_SECONDS
            wait_for("the log says so", lambda: "callers cannot be judged" in gcs.log())
        finally:
            lab.server.start()
        assert gcs.reviews() == (1, 1)
        # That nobody could be asked is not remembered.
        lab.admin.wait_until(True, {"username": f"system:serviceaccount:{lab.namespace}:new"}, CLUSTER, lab.namespace)
        assert call(gcs.address, new).status == "OK"
        assert gcs.reviews() == (2, 2)


def test_a_server_that_may_not_ask_says_which_role_it_lacks(lab: Lab) -> None:
    powerless = lab.admin.new_account(lab.namespace, "powerless")
    token = lab.admin.token_of(lab.user("writer"))
    with lab.gcs(account=powerless) as gcs:
        assert call(gcs.address, token).status == "UNAVAILABLE"
        assert lab.server.refused_to(powerless.user) == [403]
        wait_for("the log says so", lambda: "ClusterRole like ray-authenticator" in gcs.log())


def test_an_external_identity(lab: Lab, identity_provider: Provider) -> None:
    ada, eve = (identity_provider.token(name, groups=[group]) for name, group in (("ada", "ray-users"), ("eve", "others")))
    user = wait_for("the provider is known", lambda: lab.admin.review_token(ada).get("user"))
    lab.bind_subject({"kind": "Group", "name": f"{PREFIX}ray-users"}, user)
    with lab.gcs() as gcs:
        assert call(gcs.address, ada).status == "OK"
        assert_refused(call(gcs.address, eve))
        assert gcs.reviews() == (2, 2)


def test_rays_client(lab: Lab, home: Path) -> None:
    right = lab.admin.token_of(lab.user("writer"))
    wrong = lab.admin.token_of(lab.user("reader", may_write=False))
    with lab.gcs() as gcs:
        report = real_clients.gcs_client(gcs.address, ray_env.with_token(home, right))
        assert report.get("answers", {}).get("check_alive") == [False], report
        assert gcs.reviews() == (1, 1)
        report = real_clients.gcs_client(gcs.address, ray_env.with_token(home, wrong))
        assert report.get("error") == "ray.exceptions.AuthenticationError", report
        assert gcs.reviews() == (2, 2)


@pytest.fixture
def projected(lab: Lab, home: Path) -> dict[str, str]:
    """The environment of Ray's client in a pod that Kubernetes gave a token."""
    file = home / "projected"
    file.write_text(lab.admin.token_of(lab.user("writer")))
    file.chmod(0o600)
    variables = {"RAY_AUTH_MODE": "token", "RAY_ENABLE_K8S_TOKEN_AUTH": "true", "RAY_AUTH_TOKEN_PATH": str(file)}
    return ray_env.plain(home, **variables)


def test_rays_client_in_the_same_mode(lab: Lab, projected: dict[str, str]) -> None:
    with lab.gcs() as gcs:
        report = real_clients.gcs_client(gcs.address, projected)
        assert "answers" in report, report
        assert gcs.reviews() == (1, 1)


def test_rays_client_tries_again_each_second_while_nobody_can_be_asked(lab: Lab, projected: dict[str, str]) -> None:
    """It is told UNAVAILABLE and not that its token is wrong, so it goes on by itself once somebody can be asked."""
    with (
        relay(lab.server.port) as way,
        lab.gcs(port=way.port) as gcs,
        real_clients.gcs_client_that_stays(lab.folder, "ray_client", projected) as client,
    ):
        assert client.answer_to("") == "ready"
        way.cut()
        client.ask(gcs.address)
        tries = wait_for("it was tried again", lambda: len(way.tries) >= 4 and list(way.tries), 30)
        way.mend()
        assert client.next_answer() == "OK"
        assert gcs.reviews() == (1, 1)
        for earlier, later in pairwise(tries):
            assert 0.9 < later - earlier < 3
