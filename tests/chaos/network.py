"""A network of a run's own: Redis in a network namespace, with a link for each of its users that can be cut."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

# Set aside for tests of networks (RFC 2544): it is nobody's.
_BLOCK = "198.18"
_PROGRAM = "ip"


class Network:
    """A namespace, in which Redis is to be started, and a link into it for each user."""

    def __init__(self, users: Iterable[str]) -> None:
        number = os.getpid()
        self.namespace = f"chaos-{number}"
        self._third = number % 256
        self._links = {user: index for index, user in enumerate(users)}

    @property
    def inside(self) -> list[str]:
        """The words before a command that runs it in the namespace."""
        return [_PROGRAM, "netns", "exec", self.namespace]

    def address_for(self, user: str) -> str:
        """Give the address at which a user reaches the namespace, over their own link."""
        return self._address(user, 2)

    def cut(self, users: Iterable[str]) -> None:
        """Lose whatever is sent over these users' links."""
        self._set(users, "down")

    def join(self, users: Iterable[str]) -> None:
        """Let these users' links carry packets again."""
        self._set(users, "up")

    def _set(self, users: Iterable[str], state: str) -> None:
        # The far end: services see an interface that is up, and no answers.
        for user in users:
            _ip("-netns", self.namespace, "link", "set", self._far(user), state)

    def build(self) -> None:
        """Make the namespace and its links."""
        _ip("netns", "add", self.namespace)
        _ip("-netns", self.namespace, "link", "set", "lo", "up")
        for user in self._links:
            near, far = self._near(user), self._far(user)
            _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", self.namespace)
            _ip("addr", "add", f"{self._address(user, 1)}/30", "dev", near)
            _ip("-netns", self.namespace, "addr", "add", f"{self._address(user, 2)}/30", "dev", far)
            _ip("link", "set", near, "up")
        self.join(self._links)

    def remove(self) -> None:
        """Remove the namespace, and the links with it."""
        _ip("netns", "delete", self.namespace)

    def _address(self, user: str, host: int) -> str:
        return f"{_BLOCK}.{self._third}.{4 * self._links[user] + host}"

    def _near(self, user: str) -> str:
        return f"chaos{self._third}-{self._links[user]}"

    def _far(self, user: str) -> str:
        return f"far{self._links[user]}"


@contextmanager
def network_for(users: Iterable[str]) -> Iterator[Network]:
    """Make a network, as root, for the length of the block."""
    network = Network(users)
    try:
        network.build()
        yield network
    finally:
        network.remove()


def missing_for_a_network() -> str | None:
    """Say what this machine lacks for a network of one's own, None if nothing."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    if shutil.which(_PROGRAM) is None:
        return f"there is no program `{_PROGRAM}` (of iproute2)"
    # A container's root may have no right to.
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False, timeout=10)
    return None if tried.returncode == 0 else "this machine makes no network namespaces"


def _ip(*words: str) -> None:
    subprocess.run([_PROGRAM, *words], check=True, timeout=10)
