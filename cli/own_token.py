"""The token with which commands ask inference and capture."""

from familiar.cli.settings import CliSettings
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract.errors import FamiliarError, TokenMissing, TokenWrong


class Refused(FamiliarError):
    """The service refused the token."""

    code = "access-refused"


def authorization(settings: CliSettings) -> dict[str, str]:
    """Return the header Authorization, with the token of FAMILIAR_TOKEN_FILE, FAMILIAR_TOKEN, or the owner's.

    Without any of them it is left out: where access is open, none is needed.

    Raises:
        TokenMissing: FAMILIAR_TOKEN_FILE cannot be read.
        TokenWrong: what is given has characters that are in no token.
    """
    secret = _secret(settings)
    if not (secret.isascii() and secret.isprintable()):
        raise TokenWrong(f"What is given as the token is none. {TokenWrong().detail}")
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def _secret(settings: CliSettings) -> str:
    if settings.token_file is not None:
        try:
            return settings.token_file.read_text(errors="replace").strip()
        except OSError as error:
            raise TokenMissing(f"FAMILIAR_TOKEN_FILE cannot be read: {error.strerror}. Check its path.") from error
    if settings.token:
        return settings.token.get_secret_value().strip()
    try:
        return TokenStore(settings.home).owner_file.read_text(errors="replace").strip()
    except OSError:
        return ""
