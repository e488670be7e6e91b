"""MobileNet's ImageNet weights: a download that stalls, and files that are not what they are called."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from familiar.services.trainer.network import mobilenet
from familiar.services.trainer.network.mobilenet import load_base
from familiar.shared.contract.errors import WeightsUnavailable
from familiar.shared.runtime.files import sha256_of

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

NAME = "mobilenet_2_5_224_tf_no_top.h5"
NO_SAMPLES = np.empty((0, 160, 160, 3), np.uint8)


@pytest.fixture
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have Keras keep its files in an empty folder."""
    # Keras reads the environment once, when it is imported.
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path


@pytest.fixture
def stalling() -> Iterator[str]:
    """Serve the beginning of a file over HTTP, and then nothing more; gives the address."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nthe beginning")
                ended.wait(30)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()
        thread.join()


def test_a_download_that_stalls_is_given_up(keras_home: Path, stalling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would have waited for ever. Nothing is left that could be taken for the file."""
    monkeypatch.setattr(mobilenet, "DOWNLOADS", stalling)
    monkeypatch.setattr(mobilenet, "STALLED_SECONDS", 0.3)
    before = socket.getdefaulttimeout()
    started = time.monotonic()
    with pytest.raises(WeightsUnavailable, match=rf"{NAME} into .*timed out"):
        load_base("imagenet", 0.25, NO_SAMPLES)
    assert time.monotonic() - started < 10
    assert socket.getdefaulttimeout() == before
    assert list((keras_home / "models").iterdir()) == []


def test_a_file_that_is_only_called_like_the_weights_is_refused(keras_home: Path) -> None:
    """By its path and its SHA-256, and it stays. The same bytes are taken where somebody names them themselves."""
    path = keras_home / "models" / NAME
    own = keras_home / "own.weights.h5"
    keras.applications.MobileNet(alpha=0.25, include_top=False, weights=None).save_weights(own)
    path.write_bytes(own.read_bytes())
    with pytest.raises(WeightsUnavailable, match=rf"{NAME} is not .*{sha256_of(path)}.*Delete it"):
        load_base("imagenet", 0.25, NO_SAMPLES)
    assert path.is_file()
    _, record = load_base(str(own), 0.25, NO_SAMPLES)
    assert record.sha256 == sha256_of(path)


@pytest.mark.parametrize(("name", "width"), [(NAME, 0.25), ("mobilenet_1_0_224_tf_no_top.h5", 1.0)])
def test_the_real_weights_are_known(keras_home: Path, real_faces: Path, name: str, width: float) -> None:
    """Those that Keras downloads."""
    path = real_faces / "weights" / name
    if not path.is_file():
        pytest.skip(f"FAMILIAR_TEST_DATA has no weights/{name}")
    (keras_home / "models" / name).write_bytes(path.read_bytes())
    _, record = load_base("imagenet", width, NO_SAMPLES)
    assert (record.source, record.sha256) == ("imagenet", sha256_of(path))
