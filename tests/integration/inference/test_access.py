"""Who is let in: every route asked without a token, with wrong ones, and with tokens that are good for other things."""

from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import pytest

from familiar.services.inference.http.access.route_scopes import scopes_for
from familiar.shared.access.failed_attempts import BURST
from familiar.shared.access.scopes import Scope
from familiar.shared.access.token_store import TokenStore
from tests.app_client import Site
from tests.routes import request_to, routes_of

# What is answered without a token, and what shows the description of HTTP.
OPEN = {"GET /healthz", "GET /readyz", "DELETE /v1/session"}
ENDLESS = ("/stream", "/preview")


def guarded_routes(site: Site) -> list[str]:
    """Give the routes that take a token."""
    return [route for route in routes_of(site.app) if scopes_for(*request_to(route)) is not None]


def refusals(site: Site, secret: str | None, routes: list[str]) -> set[tuple[int, str]]:
    """Ask all of these routes, and give the statuses and codes of the answers."""
    answers = [site.ask_as(secret, *request_to(route)) for route in routes]
    return {(answer.status_code, answer.json()["code"]) for answer in answers}


def expired(tokens: TokenStore) -> str:
    """Add a token whose time is over."""
    return tokens.add("old", [Scope.ADMIN], datetime.now(UTC) - timedelta(seconds=1))


def revoked(tokens: TokenStore) -> str:
    """Add a token and revoke it."""
    secret = tokens.add("lost", [Scope.ADMIN])
    tokens.revoke("lost")
    return secret


def test_without_a_token_everything_that_is_described_but_a_short_list_is_refused(site: Site) -> None:
    """Every operation of the OpenAPI document."""
    document = site.ask_as(None, "GET", "/openapi.json").json()
    operations = [f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]
    assert len(operations) > 30
    answers = {route: site.ask_as(None, *request_to(route)) for route in operations}
    assert {route for route, answer in answers.items() if answer.status_code != 401} == OPEN
    for route in set(operations) - OPEN:
        assert answers[route].json()["code"] == "token-missing"
        assert answers[route].headers["www-authenticate"].startswith("Bearer")
        assert answers[route].headers["content-type"] == "application/problem+json"


def test_without_a_token_a_route_that_there_is_not_is_refused_as_well(site: Site) -> None:
    """Nobody learns what there is."""
    assert site.ask_as(None, "GET", "/v1/nothing").status_code == 401
    assert site.ask("GET", "/v1/nothing").status_code == 404


def test_a_wrong_token_is_refused_everywhere(site: Site) -> None:
    """With a code of its own, until there are too many."""
    for route in guarded_routes(site)[:BURST]:
        assert refusals(site, "familiar_wrong", [route]) == {(401, "token-wrong")}
    assert refusals(site, "familiar_wrong", guarded_routes(site)) == {(429, "too-many-attempts")}


def test_an_expired_token_is_refused_everywhere(site: Site) -> None:
    """With a code of its own."""
    assert refusals(site, expired(site.tokens), guarded_routes(site)) == {(401, "token-expired")}


def test_a_revoked_token_is_refused_at_once(site: Site) -> None:
    """Although it was good for the request before; the file is looked at with each."""
    secret = site.tokens.add("phone", [Scope.ADMIN])
    assert site.ask_as(secret, "GET", "/v1/people").status_code == 200
    TokenStore(site.tokens.folder.parent).revoke("phone")
    answer = site.ask_as(secret, "GET", "/v1/people")
    assert (answer.status_code, answer.json()["code"]) == (401, "token-wrong")


@pytest.mark.parametrize("scope", [Scope.PREDICT, Scope.WATCH, Scope.METRICS, Scope.CAMERA])
def test_a_token_is_good_for_what_its_scope_says_alone(site: Site, scope: Scope) -> None:
    """Whatever else is asked is refused, and the refusal names the scope that it takes."""
    secret = site.tokens.add("limited", [scope])
    for route in guarded_routes(site):
        allowed = scopes_for(*request_to(route))
        assert allowed is not None
        if scope in allowed:
            # What has no end needs a server.
            if not route.endswith(ENDLESS):
                assert site.ask_as(secret, *request_to(route)).status_code not in {401, 403}, route
            continue
        answer = site.ask_as(secret, *request_to(route))
        assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing"), route
        assert str(max(allowed)) in answer.json()["detail"]


def test_a_token_may_have_several_scopes(site: Site) -> None:
    """It may do what each of them may."""
    secret = site.tokens.add("panel", [Scope.WATCH, Scope.METRICS])
    assert site.ask_as(secret, "GET", "/v1/cameras").status_code == 200
    assert site.ask_as(secret, "GET", "/metrics").status_code == 200
    assert site.ask_as(secret, "POST", "/v1/training-jobs").status_code == 403


def test_whoever_works_here_is_not_locked_out_by_whoever_guesses(site: Site) -> None:
    """From the same address, as all requests seem to be behind a proxy; a token that was never used has to wait."""
    used, unused = (site.tokens.add(name, [Scope.WATCH]) for name in ("used", "unused"))
    assert site.ask_as(used, "GET", "/v1/cameras").status_code == 200
    for _ in range(BURST + 1):
        site.ask_as("familiar_guess", "GET", "/v1/cameras")
    limited = site.ask_as(unused, "GET", "/v1/cameras")
    assert (limited.status_code, limited.json()["code"]) == (429, "too-many-attempts")
    assert limited.headers["retry-after"] == "1"
    assert site.ask_as(used, "GET", "/v1/cameras").status_code == 200


def test_a_damaged_file_of_tokens_lets_nobody_in(site: Site) -> None:
    """And says what to do, without what is in it."""
    secret = site.tokens.owner_secret()
    path = site.tokens.folder / "tokens.json"
    path.write_text("[{familiar_")
    answer = site.ask_as(secret, "GET", "/v1/people")
    assert (answer.status_code, answer.json()["code"]) == (503, "broken-tokens")
    assert site.ask_as(None, "GET", "/healthz").status_code == 200


def test_logging_in_keeps_the_token_where_no_script_and_no_other_site_can_use_it(site: Site) -> None:
    """In a cookie of the port, as other Familiars may run on this host; over HTTPS it never goes over HTTP."""
    secret = site.tokens.add("phone", [Scope.WATCH])
    answer = site.ask_as(secret, "POST", "/v1/session", headers={"origin": "http://127.0.0.1:8000"})
    assert answer.json() == {"name": "phone", "scopes": ["watch"], "expires_at": None}
    assert answer.headers["cache-control"] == "no-store"
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie.key, cookie.value) == ("familiar_token_8000", secret)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "strict", "/", "")
    behind_a_proxy = {"host": "studio", "origin": "https://studio"}
    encrypted = site.ask_as(secret, "POST", "/v1/session", headers=behind_a_proxy)
    assert "Secure" in encrypted.headers["set-cookie"]


def test_a_session_is_as_good_as_its_token(site: Site) -> None:
    """And over when that is revoked."""
    headers = {"cookie": f"a=b; familiar_token_8000={site.tokens.add('phone', [Scope.WATCH])}"}
    assert site.ask_as(None, "GET", "/v1/session", headers=headers).json()["name"] == "phone"
    assert site.ask_as(None, "GET", "/v1/cameras", headers=headers).status_code == 200
    assert site.ask_as(None, "POST", "/v1/training-jobs", headers=headers).status_code == 403
    site.tokens.revoke("phone")
    assert site.ask_as(None, "GET", "/v1/cameras", headers=headers).status_code == 401


def test_logging_out_deletes_the_cookie(site: Site) -> None:
    """Also where the token is valid no more."""
    answer = site.ask_as(None, "DELETE", "/v1/session")
    assert answer.status_code == 204
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie.key, cookie.value, cookie["max-age"], cookie["path"]) == ("familiar_token_8000", "", "0", "/")


@pytest.mark.parametrize("other", ["cross-site", "same-site"])
def test_a_cookie_is_no_good_to_a_page_of_another_site(site: Site, other: str) -> None:
    """`same-site` is another port of this host, to which browsers send the cookie in spite of SameSite=Strict."""
    headers = {"cookie": f"familiar_token_8000={site.tokens.owner_secret()}", "sec-fetch-site": other}
    assert site.ask_as(None, "GET", "/v1/people", headers=headers).status_code == 401
    assert site.ask("GET", "/v1/people", headers={"sec-fetch-site": other}).status_code == 200


def test_the_description_of_http_says_how_to_log_in(site: Site) -> None:
    """And of each operation, which scopes it takes."""
    document = site.ask_as(None, "GET", "/openapi.json").json()
    assert document["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    paths = document["paths"]
    assert paths["/v1/predictions"]["post"]["security"] == [{"token": []}]
    assert paths["/v1/predictions"]["post"]["description"].endswith("Needs the scope predict or admin.")
    assert paths["/v1/people/{person}"]["delete"]["description"].endswith("Needs the scope admin.")
    assert paths["/healthz"]["get"]["security"] == []


def test_secrets_are_in_no_answer(site: Site) -> None:
    """Neither the owner's nor their hashes."""
    secret = site.tokens.owner_secret()
    (token,) = site.tokens.tokens()
    texts = [
        site.ask_as(secret, *request_to(route)).text for route in guarded_routes(site) if not route.endswith(ENDLESS)
    ]
    assert not [text for text in texts if secret in text or token.sha256 in text]
