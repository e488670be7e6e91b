"""The settings of the command line."""

from pydantic import Field, SecretStr

from familiar.shared.runtime.settings import OptionalPath, StoreSettings, StrangersFolder


class CliSettings(StoreSettings):
    """The settings of the command line."""

    url: str = Field(default="http://127.0.0.1:8000", description="Where inference answers.")
    camera_port: int = Field(
        default=8001, ge=0, le=65535, description="The port on which capture takes the pictures of browsers."
    )
    capture_url: str | None = Field(
        default=None,
        description="Where capture takes photographs, such as `ws://capture:8001`. Where it is unset, on this machine "
        "at FAMILIAR_CAMERA_PORT.",
    )
    strangers: StrangersFolder = None
    token: SecretStr | None = Field(
        default=None,
        description="The token with which commands ask inference and capture. Where it is unset, the owner's, of "
        "FAMILIAR_HOME.",
    )
    token_file: OptionalPath = Field(default=None, description="The file of that token; it goes before FAMILIAR_TOKEN.")

    @property
    def capture_address(self) -> str:
        """The address of capture's WebSocket."""
        return self.capture_url or f"ws://127.0.0.1:{self.camera_port}"
