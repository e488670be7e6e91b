"""Whom the HTTP edge does not listen to: other sites' pages, and names that it does not have."""

import pytest
import redis

from tests.app_client import Site


@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/training-jobs"), ("DELETE", "/v1/people/zoe")])
def test_a_page_of_another_site_may_not_change_anything(
    site: Site, client: redis.Redis, origin: str, method: str, path: str
) -> None:
    """A browser says where a request comes from; nothing is enqueued, and the answer is a problem."""
    answer = site.ask(method, path, headers={"sec-fetch-site": origin})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:familiar:cross-site-request")
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.llen("rq:queue:training") == 0


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}])
def test_its_own_page_and_programs_may(site: Site, headers: dict[str, str]) -> None:
    """A program that is no browser says nothing of where it comes from."""
    assert site.ask("POST", "/v1/training-jobs", headers=headers).status_code == 202


def test_a_page_of_another_site_may_link_here(site: Site) -> None:
    """The page opens, and shows nobody until somebody logs in."""
    assert site.ask_as(None, "GET", "/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST", "Studio"])
def test_its_own_names_are_answered(site: Site, host: str) -> None:
    """With and without the port."""
    assert site.ask("GET", "/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "inference:8000", "localhost.evil.example", "a.evil", ""]
)
def test_a_name_that_was_made_to_point_here_is_refused(site: Site, host: str) -> None:
    """Otherwise a page could make its own name mean this machine, and read the answers."""
    assert site.ask("GET", "/v1/people", headers={"host": host}).status_code == 400


def test_a_refused_name_is_a_problem_that_says_how_to_allow_it(site: Site) -> None:
    """Somebody who asks by the machine's own name needs to know of the setting."""
    answer = site.ask("GET", "/v1/people", headers={"host": "my-machine.local"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert "FAMILIAR_ALLOWED_HOSTS" in answer.json()["detail"]


@pytest.mark.parametrize("origin", ["http://example.com", "http://127.0.0.1:9000", "null"])
def test_a_write_with_a_foreign_origin_is_refused(site: Site, client: redis.Redis, origin: str) -> None:
    """Over plain HTTP to another machine's name a browser says nothing but this of where a request comes from."""
    answer = site.ask("POST", "/v1/training-jobs", headers={"origin": origin})
    assert answer.status_code == 403
    assert client.llen("rq:queue:training") == 0


def test_a_write_of_its_own_page_is_taken(site: Site) -> None:
    """The origin is the address that was asked."""
    answer = site.ask("POST", "/v1/training-jobs", headers={"origin": "http://127.0.0.1:8000"})
    assert answer.status_code == 202
