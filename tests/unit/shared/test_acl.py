"""The rights of Redis' users, as the ACL file says them."""

import pytest

from familiar.shared.redis.acl import ACCESS, acl_file

PASSWORDS = {user: f"password-of-{user}" for user in ACCESS}
# Categories would give more than what is named, and more with each release.
NEVER = ("+@", "~*", "&*", "allkeys", "allcommands", "allchannels", "nopass", "+eval", "+script", "+config", "+acl")


@pytest.mark.parametrize("version", [(6, 2, 14), (7, 2), (8,)])
def test_every_right_is_named_and_nothing_else_is_given(version: tuple[int, ...]) -> None:
    """No category of commands, no pattern of everything, and no password in clear."""
    default, *users = acl_file(PASSWORDS, version).splitlines()
    assert default == "user default off resetpass resetkeys resetchannels -@all"
    assert [line.split()[1] for line in users] == list(ACCESS)
    for line in users:
        words = line.split()
        assert words[2:7] == ["on", "resetpass", words[4], "resetkeys", "resetchannels"]
        assert words[7] == "-@all"
        assert not [word for word in words if word.startswith(NEVER[:1] + NEVER[3:]) or word in NEVER]
        assert "password-of" not in line


def test_reading_alone_is_said_where_the_server_knows_it() -> None:
    """Redis 6.2 refuses to start with a word that it does not know."""
    assert "%R~predictions" in acl_file(PASSWORDS, (7, 0))
    assert "%" not in acl_file(PASSWORDS, (6, 2, 14))
