"""Logging in, and what other pages cannot do with it: a real browser, and pages of other origins."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from familiar.shared.access.scopes import Scope
from familiar.shared.access.token_store import TokenStore
from tests.browser import launch_chromium
from tests.builders import ROOT
from tests.studio_page import Studio

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

PICTURES = ROOT / "build" / "access"
# What a page of somebody else may try, and what came of it.
CURIOUS = """<!doctype html>
<img id="live" src="URL/v1/cameras/karan/preview">
<iframe src="URL/docs"></iframe>
<iframe src="URL/"></iframe>
<script>
  const said = {};
  const image = document.getElementById("live");
  image.onload = () => { said.image = "loaded"; };
  image.onerror = () => { said.image = "refused"; };
  const withCookies = { credentials: "include" };
  fetch("URL/v1/people", withCookies).then(() => { said.read = "read"; }, () => { said.read = "refused"; });
  fetch("URL/v1/training-jobs", { method: "POST", mode: "no-cors", ...withCookies });
  const stream = new EventSource("URL/v1/sightings/stream", { withCredentials: true });
  stream.onopen = () => { said.stream = "opened"; };
  stream.onerror = () => { said.stream = "refused"; };
  const socket = new WebSocket("CAPTURE/v1/cameras/evil");
  socket.onopen = () => { said.socket = "opened"; };
  socket.onerror = () => { said.socket = "refused"; };
</script>"""
PATIENCE_MILLISECONDS = 20_000


@pytest.fixture(scope="module")
def stack(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Running"]:
    """Give a stack with a camera, before which somebody stands whom nobody has enrolled."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with start_stack(tmp_path_factory.mktemp("access"), "karan=synthetic:karan") as running:
        running.wait_for("the camera", lambda: len(running.http.get("/v1/cameras").json()) == 1)
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a browser in which nobody has logged in."""
    context = browser.new_context(permissions=["camera"])
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def tokens(stack: "Running") -> TokenStore:
    """Give the stack's tokens."""
    return TokenStore(stack.stack.settings.home)


def log_in(page: Page, secret: str) -> None:
    """Paste a token into the form."""
    page.get_by_label("Token").fill(secret)
    page.get_by_role("button", name="Log in").click()


def keep(page: Page, name: str) -> None:
    """Keep a picture of the page, to be looked at."""
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@contextmanager
def page_at(html: str) -> Iterator[int]:
    """Serve a page of somebody else at a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_the_link_logs_in_and_leaves_no_token_in_the_address(stack: "Running", context: BrowserContext) -> None:
    """No script can read it either, and it goes to no server but in the header."""
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    studio = Studio(page, stack.stack.link, PICTURES)
    secret = TokenStore(stack.stack.settings.home).owner_secret()
    studio.expect(page.locator("#session")).to_contain_text("Token owner.")
    keep(page, "owner")
    assert page.url == f"{stack.stack.settings.url}/"
    assert not [url for url in asked if secret in url.partition("#")[0]]
    assert secret not in page.evaluate("document.cookie + JSON.stringify({...localStorage, ...sessionStorage})")
    (cookie,) = context.cookies()
    assert (cookie["name"], cookie["value"]) == (f"familiar_token_{stack.stack.settings.port}", secret)
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.reload()
    studio.expect(page.locator("#session")).to_contain_text("Token owner.")
    assert studio.complaints == []
    # Capture takes the page's cookie as well.
    studio.turn_camera_on()
    studio.turn_camera_off()
    logs = [path.read_text() for path in (stack.stack.settings.home / "logs").glob("*.log*")]
    assert logs
    assert not [log for log in logs if secret in log]


def test_without_a_session_the_page_asks_for_a_token(
    stack: "Running", context: BrowserContext, tokens: TokenStore
) -> None:
    """It shows nobody, says where a token is to be had, and what is wrong with one that is not taken."""
    page = context.new_page()
    page.goto(stack.stack.settings.url)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page.get_by_text("familiar token show").first).to_be_visible()
    expect(page.locator("main")).to_be_hidden()
    keep(page, "login")
    log_in(page, "familiar_wrong")
    expect(page.locator("#login [role=alert]")).to_contain_text("revoked")
    keep(page, "login-wrong")
    log_in(page, tokens.add("snapshot", [Scope.PREDICT]))
    expect(page.locator("#login [role=alert]")).to_contain_text("This page takes one with the scope watch or admin")
    log_in(page, tokens.owner_secret())
    expect(page.locator("#session")).to_contain_text("Token owner.")
    expect(page.locator("#people-list")).to_contain_text("Nobody")
    tokens.revoke("snapshot")


def test_whoever_logs_out_has_to_log_in_again(stack: "Running", context: BrowserContext) -> None:
    """The browser has no token any more."""
    page = context.new_page()
    page.goto(stack.stack.link)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert context.cookies() == []
    assert page.evaluate("async () => (await fetch('/v1/people')).status") == 401


def test_the_page_of_a_token_that_may_watch_changes_nothing(
    stack: "Running", context: BrowserContext, tokens: TokenStore
) -> None:
    """It shows the camera and who comes, without what it could not do; and asks for a token when its own is revoked."""
    secret = tokens.add("hall", [Scope.WATCH])
    page = context.new_page()
    page.goto(f"{stack.stack.settings.url}/#token={secret}")
    expect(page.locator("#session")).to_contain_text("Token hall. It may watch")
    expect(page.locator(".picture .face").first).to_be_visible()
    expect(page.locator(".picture > img")).to_have_js_property("complete", value=True)
    expect(page.get_by_label("Show")).to_have_value("karan")
    keep(page, "watch")
    for hidden in ("#people", "#train", "#models", "#camera-switch", ".in-view button"):
        expect(page.locator(hidden).first).to_be_hidden()
    for path, method in (("/v1/training-jobs", "POST"), ("/v1/people/karan", "DELETE"), ("/metrics", "GET")):
        status = page.evaluate("async ([path, method]) => (await fetch(path, { method })).status", [path, method])
        assert status == 403, path
    tokens.revoke("hall")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page.locator("main")).to_be_hidden()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_of_another_origin_sees_nothing(stack: "Running", context: BrowserContext, host: str) -> None:
    """Neither of another port, to which browsers send the cookie along, nor of another host, in the owner's browser."""
    settings = stack.stack.settings
    url, capture = settings.url, f"ws://127.0.0.1:{settings.camera_port}"
    own = context.new_page()
    own.goto(stack.stack.link)
    expect(own.locator("#session")).to_contain_text("Token owner.")
    with page_at(CURIOUS.replace("URL", url).replace("CAPTURE", capture)) as port:
        page = context.new_page()
        page.goto(f"http://{host}:{port}/")
        page.wait_for_function("Object.keys(said).length === 4")
        said = page.evaluate("said")
        assert said == dict.fromkeys(("image", "read", "stream", "socket"), "refused")
        assert page.evaluate("document.getElementById('live').naturalWidth") == 0
        # A frame that is refused shows the browser's own page for that.
        frames = [frame.url for frame in page.frames if frame is not page.main_frame]
        assert len(frames) == 2
        assert all(frame.startswith("chrome-error:") for frame in frames), frames
    assert stack.http.get("/v1/training-jobs").json() == []
    # The owner's own page goes on.
    expect(own.locator("#session")).to_contain_text("Token owner.")
    assert own.evaluate("async () => (await fetch('/v1/people')).status") == 200


def test_a_name_that_was_made_to_point_here_gets_nothing(stack: "Running", playwright: Playwright) -> None:
    """A browser believes that evil.example is this machine, and its page asks in its own name."""
    browser = launch_chromium(playwright, "--host-resolver-rules=MAP evil.example 127.0.0.1")
    page = browser.new_page()
    settings = stack.stack.settings
    for path in ("/", "/v1/people", "/docs"):
        answer = page.goto(f"http://evil.example:{settings.port}{path}")
        assert answer is not None
        assert (answer.status, answer.json()["code"]) == (400, "host-not-allowed")
    with page_at("<!doctype html>") as port:
        page.goto(f"http://evil.example:{port}/")
        opened = page.evaluate(
            """(url) => new Promise((resolve) => {
                const socket = new WebSocket(url);
                socket.onopen = () => resolve(true);
                socket.onerror = () => resolve(false);
            })""",
            f"ws://evil.example:{settings.camera_port}/v1/cameras/evil",
        )
    assert opened is False
    browser.close()
