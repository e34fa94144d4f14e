"""The encoder's process: the same vectors as in this process, and clear errors where it is not there."""

from __future__ import annotations

import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
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


def test_each_model_has_a_socket_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two versions of credmatch may run side by side."""
    path = socket_path(tmp_path)
    monkeypatch.setattr(remote, "REVISION", f"{remote.REVISION[:-1]}x")
    assert socket_path(tmp_path) != path


def test_what_a_killed_one_left_is_in_nobodys_way(lengths: Lengths, tmp_path: Path) -> None:
    for left in (socket_path(tmp_path), socket_path(tmp_path).with_suffix(".sock.new")):
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(left))
    assert start(lengths, socket_path(tmp_path)).encode(["text"])[0, 0] == 4


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


Started = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Starts an encoder's process, which has begun to wait for its turn when it is given back."""
    running: list[subprocess.Popen[bytes]] = []

    def one(*arguments: str) -> subprocess.Popen[bytes]:
        environ = {**os.environ, "CREDMATCH_DATA_DIR": str(tmp_path)}
        command = [sys.executable, "-m", "indexer.cli", "encoder", *arguments]
        process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE)
        running.append(process)
        lock = f"{socket_path(tmp_path)}.lock"
        wait_until(lambda: lock in [file.path for file in psutil.Process(process.pid).open_files()])
        return process

    yield one
    for process in running:
        process.kill()
        process.communicate()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def who_answers(path: Path) -> int:
    """The process that listens there; 0 where none does."""
    with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
        connection.connect(str(path))
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[0])
    return 0


@pytest.mark.skipif(sys.platform != "linux", reason="who answers is asked of Linux")
def test_of_several_one_answers_and_the_next_takes_its_place(started: Started, tmp_path: Path) -> None:
    path = socket_path(tmp_path)
    first = started()
    wait_until(lambda: who_answers(path) == first.pid)
    second = started()
    stopped, orphan = started(), started("--until-eof")
    time.sleep(0.5)
    assert who_answers(path) == first.pid
    stopped.terminate()
    assert orphan.stdin is not None
    orphan.stdin.close()  # as where its server is gone
    assert (stopped.wait(5), orphan.wait(5)) == (0, 0)
    assert who_answers(path) == first.pid
    first.terminate()
    assert first.wait(10) == 0
    wait_until(lambda: who_answers(path) == second.pid)
    third = started()
    second.send_signal(signal.SIGKILL)
    wait_until(lambda: who_answers(path) == third.pid)


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
