"""The version is the same wherever it is shown."""

from importlib.metadata import version

from typer.testing import CliRunner

from familiar import __version__
from familiar.cli.main import app


def test_the_command_line_says_its_version_and_ends() -> None:
    """That of the package, too, where one is installed."""
    answer = CliRunner().invoke(app, ["--version"])

    assert (answer.exit_code, answer.output) == (0, f"familiar {__version__}\n")
    assert version("familiar") == __version__
