"""The encoder's process: the same vectors as in this process, and clear errors where it is not there."""

from __future__ import annotations

import os
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from matcher.errors import ConfigurationError, Unavailable
from matcher.vocabulary import remote
from matcher.vocabulary.encoder import DIMENSION
from matcher.vocabulary.remote import MAX_TEXTS, RemoteEncoder, encode_for_others, socket_path


class Lengths:
    """An encoder without a model: a vector says how long its text is. "broken" cannot be encoded."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.questions: list[int] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        self.questions.append(len(texts))
        if "broken" in texts:
            raise Unavailable("out of memory")
        return np.array([[len(text) % 127] * DIMENSION for text in texts], dtype=np.int8)


def start(encoder: Lengths, path: Path) -> RemoteEncoder:
    threading.Thread(target=encode_for_others, args=(encoder, path), daemon=True).start()
    return RemoteEncoder(path)


@pytest.fixture
def lengths() -> Lengths:
    return Lengths(RemoteEncoder(Path()).model)


@pytest.fixture
def asked(lengths: Lengths, tmp_path: Path) -> RemoteEncoder:
    return start(lengths, socket_path(tmp_path))


def test_many_texts_come_back_in_order_a_few_at_a_time(asked: RemoteEncoder, lengths: Lengths) -> None:
    texts = ["é" * (number % 120) for number in range(150)]
    vectors = asked.encode(texts)
    assert vectors.dtype == np.int8
    assert vectors[:, 0].tolist() == [len(text) for text in texts]
    assert max(lengths.questions) == MAX_TEXTS
    assert asked.encode([]).shape == (0, DIMENSION)


def test_several_ask_at_once(asked: RemoteEncoder) -> None:
    answers: dict[int, int] = {}

    def ask(length: int) -> None:
        answers[length] = int(asked.encode(["x" * length])[0, 0])

    threads = [threading.Thread(target=ask, args=(length,)) for length in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {length: length for length in range(30)}


def test_the_longest_text_is_cut_and_odd_characters_arrive(asked: RemoteEncoder) -> None:
    assert asked.encode(["\N{PILE OF POO}" * 20_000] * MAX_TEXTS).shape == (MAX_TEXTS, DIMENSION)
    assert asked.encode(["\ud800 \x00"])[0, 0] == 3


def test_an_error_of_the_encoder_arrives_as_itself(asked: RemoteEncoder) -> None:
    with pytest.raises(Unavailable, match="out of memory"):
        asked.encode(["broken"])
    assert asked.encode(["fine"])[0, 0] == 4


def test_only_the_owner_can_open_the_socket(asked: RemoteEncoder, tmp_path: Path) -> None:
    asked.encode(["wait until it is there"])
    assert stat.S_IMODE(socket_path(tmp_path).stat().st_mode) == 0o600


def test_another_model_is_refused(tmp_path: Path) -> None:
    other = start(Lengths("another@1"), socket_path(tmp_path))
    with pytest.raises(ConfigurationError, match="another@1"):
        other.encode(["text"])


def test_nobody_there(tmp_path: Path) -> None:
    alone = RemoteEncoder(socket_path(tmp_path), patience=0)
    assert not alone.answers
    with pytest.raises(Unavailable, match="no sentence encoder answers"):
        alone.encode(["text"])


@pytest.mark.parametrize(
    "message",
    [
        struct.pack("!I", 2**31),
        struct.pack("!I", 100) + b"{",
        struct.pack("!I", 50_000) + b"[" * 50_000,
        struct.pack("!I", 2) + b"[]",
        struct.pack("!I", 14) + b'{"texts": [1]}',
    ],
)
def test_nonsense_leaves_the_encoder_answering(asked: RemoteEncoder, tmp_path: Path, message: bytes) -> None:
    asked.encode(["wait until it is there"])
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(socket_path(tmp_path)))
        connection.sendall(message)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(1_000)
    assert answer == b"" or answer[4:5] == b"\x02"
    assert asked.encode(["still"])[0, 0] == 5


def test_a_silent_encoder_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SECONDS", 0.2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(socket_path(tmp_path)))
        silent.listen()
        with pytest.raises(Unavailable, match="did not answer"):
            RemoteEncoder(socket_path(tmp_path)).encode(["text"])


def test_a_deep_folder_has_its_socket_elsewhere(
    tmp_path: Path, lengths: Lengths, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = tempfile.TemporaryDirectory()  # pytest's own folder may be too deep itself
    monkeypatch.setattr("tempfile.tempdir", short.name)
    deep = tmp_path / ("d" * 80) / "data"
    path = socket_path(deep)
    assert len(str(path)) <= 90 or not path.is_relative_to(deep)
    assert socket_path(tmp_path / "other" / ("d" * 80)) != path
    assert start(lengths, path).encode(["text"])[0, 0] == 4
    path.parent.chmod(0o755)
    with pytest.raises(ConfigurationError, match="only you can open"):
        RemoteEncoder(path).encode(["text"])
    short.cleanup()


@pytest.mark.encoder
def test_the_model_answers_from_its_own_process(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "indexer.cli", "encoder"],
        env={**os.environ, "CREDMATCH_DATA_DIR": str(tmp_path)},
    )
    try:
        asked = RemoteEncoder(socket_path(tmp_path), patience=20)
        forklift, truck, bread = asked.encode(["operate a forklift", "drive a forklift truck", "bake bread"])
    finally:
        process.terminate()
        code = process.wait(10)
    assert code == 0
    assert not asked.answers
    assert cosine(forklift, truck) > 0.7
    assert cosine(forklift, bread) < 0.3


def cosine(one: NDArray[np.int8], other: NDArray[np.int8]) -> float:
    u, v = one.astype(float), other.astype(float)
    return float(u @ v / np.linalg.norm(u) / np.linalg.norm(v))
