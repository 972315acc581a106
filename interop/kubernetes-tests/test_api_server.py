"""What a real API server itself answers in each situation. It is the control of `test_our_server.py`: what is asserted of
ours there rests on what is pinned here.
"""

from __future__ import annotations

import base64
import json
import re

import pytest
import requests

from api.client import Admin, Api, RefusedByApi
from api.lab import CLUSTER, Lab
from api.provider import PREFIX, Provider
from api.server import AUDIENCE, ApiServer
from support.process import wait_for

# For how long an API server remembers whom it knew: its own 10 s, and time for a busy machine.
FORGETS_WITHIN_SECONDS = 30


def test_it_is_new_enough(admin: Admin) -> None:
    version = admin.ask("GET", "/version")
    assert (int(version["major"]), int(version["minor"])) >= (1, 34), version


def test_a_service_account_that_may_write(lab: Lab) -> None:
    account = lab.user("writer")
    status = lab.admin.review_token(lab.admin.token_of(account))
    assert status["authenticated"] is True
    assert status["audiences"] == [AUDIENCE]
    user = status["user"]
    assert (user["username"], user["uid"]) == (account.user, account.uid)
    assert set(user["groups"]) == {
        "system:serviceaccounts",
        f"system:serviceaccounts:{lab.namespace}",
        "system:authenticated",
    }
    # Which token it was, that is: its number, in what Ray copies, too.
    assert "authentication.kubernetes.io/credential-id" in user["extra"]
    access = lab.admin.review_access(user, CLUSTER, lab.namespace)
    assert access["allowed"] is True
    assert "denied" not in access


ELSEWHERE = {
    "another verb": {"verb": "ray:read"},
    "another namespace": {"namespace": "default"},
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_right_is_for_one_verb_in_one_namespace(lab: Lab, case: str) -> None:
    account = lab.user("writer")
    place = {"cluster": CLUSTER, "namespace": lab.namespace} | ELSEWHERE[case]
    assert lab.admin.review_access({"username": account.user}, **place)["allowed"] is False


def test_a_service_account_that_is_only_known(lab: Lab) -> None:
    account = lab.user("reader", may_write=False)
    status = lab.admin.review_token(lab.admin.token_of(account))
    assert status["authenticated"] is True
    access = lab.admin.review_access(status["user"], CLUSTER, lab.namespace)
    assert access["allowed"] is False


def refused(lab: Lab, token: str) -> str:
    """What is said of a token that is nobody's. The review itself is answered."""
    status = lab.admin.review_token(token)
    assert not status.get("authenticated")
    assert not status.get("user")
    return status["error"]


def test_garbage(lab: Lab) -> None:
    assert "invalid bearer token" in refused(lab, "garbage")


def test_a_token_that_has_ended(lab: Lab) -> None:
    account = lab.user("writer")
    # Signed here in the same way, and not ended: so that its end alone is what is wrong with the other.
    assert lab.admin.review_token(lab.signed_here(account, ends_in=600))["authenticated"] is True
    assert "expired" in refused(lab, lab.signed_here(account, ends_in=-60))


def test_a_token_that_somebody_else_signed(lab: Lab, identity_provider: Provider) -> None:
    account = lab.user("writer")
    forged = identity_provider.signer.sign(account.user, AUDIENCE, ends_in=600, iss=AUDIENCE, **account.claims())
    refused(lab, forged)


def test_a_token_for_another_audience(lab: Lab) -> None:
    token = lab.admin.token_of(lab.user("writer"), audiences=["vault"])
    assert "audience" in refused(lab, token)
    status = lab.admin.review_token(token, audiences=["vault", "ray"])
    assert (status["authenticated"], status["audiences"]) == (True, ["vault"])


def test_a_binding_that_is_removed(lab: Lab) -> None:
    account = lab.user("writer", may_write=False)
    binding = lab.bind(account)
    # Both wait until the answer is that.
    lab.unbind(binding, account)
    assert lab.admin.review_token(lab.admin.token_of(account))["authenticated"] is True


def test_a_service_account_that_is_deleted(lab: Lab) -> None:
    account = lab.user("writer")
    token = lab.admin.token_of(account)
    assert lab.admin.review_token(token)["authenticated"] is True
    lab.admin.delete(account.path)
    # It is known for some seconds more to the API server itself, which remembers its own decision.
    wait_for(
        "the account is unknown",
        lambda: not lab.admin.review_token(token).get("authenticated"),
        FORGETS_WITHIN_SECONDS,
    )
    assert "could not find" in refused(lab, token) or "not found" in refused(lab, token)
    # An account of the same name is somebody else.
    lab.admin.new_account(lab.namespace, "writer")
    refused(lab, token)


def test_a_reviewer_needs_the_role(lab: Lab) -> None:
    nobody = lab.user("nobody")
    api = Api(lab.server, lab.admin.token_of(nobody))
    try:
        with pytest.raises(RefusedByApi) as caught:
            api.review_token("garbage")
    finally:
        api.close()
    assert caught.value.status == 403
    assert lab.server.refused_to(nobody.user) == [403]


def test_reviews_are_counted_by_who_made_them_and_hold_no_token(lab: Lab) -> None:
    token = lab.admin.token_of(lab.user("writer"))
    api = Api(lab.server, lab.admin.token_of(lab.head))
    try:
        user = api.review_token(token)["user"]
        api.review_token("garbage")
        api.review_access(user, CLUSTER, lab.namespace)
    finally:
        api.close()
    assert lab.server.reviews_by(lab.head.user) == {"tokenreviews": 2, "subjectaccessreviews": 1}
    log = lab.server.audit_log.read_text()
    assert token not in log
    assert not re.search(r"eyJ[\w-]+\.", log)


def test_nobody_without_a_credential_is_answered(server: ApiServer) -> None:
    answer = requests.get(f"{server.url}/version", verify=str(server.authority.certificate), timeout=20)
    assert answer.status_code == 401


def test_a_projected_token_lives_as_long_as_was_asked_for(lab: Lab) -> None:
    token = lab.admin.token_of(lab.user("writer"), seconds=600)
    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert claims["exp"] - claims["iat"] == 600


def known(lab: Lab, token: str) -> dict:
    """The user of a token. The API server asks the provider for its keys in the background, when it starts."""
    return wait_for("the provider's token is known", lambda: lab.admin.review_token(token).get("user"))


def test_an_external_identity_by_its_group(lab: Lab, identity_provider: Provider) -> None:
    user = known(lab, identity_provider.token("ada", groups=["ray-users"]))
    assert user["username"] == f"{PREFIX}ada"
    assert set(user["groups"]) == {f"{PREFIX}ray-users", "system:authenticated"}
    assert lab.admin.review_access(user, CLUSTER, lab.namespace)["allowed"] is False
    lab.bind_subject({"kind": "Group", "name": f"{PREFIX}ray-users"}, user)
    stranger = known(lab, identity_provider.token("eve", groups=["others"]))
    assert lab.admin.review_access(stranger, CLUSTER, lab.namespace)["allowed"] is False


def test_an_external_identity_whose_token_has_ended_or_is_for_others(lab: Lab, identity_provider: Provider) -> None:
    known(lab, identity_provider.token("ada", groups=[]))
    refused(lab, identity_provider.token("ada", groups=[], ends_in=-60))
    refused(lab, identity_provider.token("ada", groups=[], audience="others"))


def test_it_knows_the_same_after_it_was_started_again(lab: Lab) -> None:
    account = lab.user("writer")
    token = lab.admin.token_of(account)
    lab.server.end()
    try:
        with pytest.raises(requests.ConnectionError):
            lab.admin.review_token(token)
    finally:
        lab.server.start()
    user = lab.admin.review_token(token)["user"]
    lab.admin.wait_until(True, user, CLUSTER, lab.namespace)
