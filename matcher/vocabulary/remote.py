"""The sentence encoder in a process of its own, shared by all others of one installation.

A loaded encoder takes 930 MB, so no web worker loads one: they ask this process over a Unix domain socket
that only its owner can open, one for each model. One connection carries one question and its answer, each a
message: its length (four bytes, big-endian), then as many bytes. A question is JSON, `{"model": ...,
"texts": [...]}`. An answer starts with a byte that says what follows: vectors (384 bytes a text, int8) or the
text of an error.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import socketserver
import stat
import struct
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.errors import ConfigurationError, CredmatchError, InvalidInput, Unavailable
from matcher.messages import said
from matcher.vocabulary.encoder import DIMENSION, MODEL, REVISION, Encoder

SECONDS = 60
"""How long one question may take; the first one waits for the model to load (about 9 s)."""

MAX_TEXTS = 64
"""Texts in one question, so that askers take turns: about 0.1 s of work."""

MAX_CHARACTERS = 10_000
"""What is sent of a text. The model reads its first 256 word pieces, so the rest would say nothing."""

_NAME = "encoder-"
_NOBODY = "no sentence encoder answers"
_MAX_MESSAGE = 8 * 1024 * 1024
_LENGTH = struct.Struct("!I")
_VECTORS, _UNAVAILABLE, _CONFIGURATION = b"\x00", b"\x01", b"\x02"
_LONGEST_PATH = 90  # a socket address has room for 103 bytes or more; `encode_for_others` adds 4


def socket_path(data_dir: Path) -> Path:
    """Where this model's encoder of the installation with this data folder is asked.

    In the data folder; where that makes the path too long for a socket, in a private temporary folder.
    """
    model = hashlib.sha256(f"{MODEL}@{REVISION}".encode()).hexdigest()
    path = data_dir.resolve() / f"{_NAME}{model[:12]}.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()
    return Path(tempfile.gettempdir(), f"credmatch-{os.getuid()}", f"{digest[:16]}.sock")


class RemoteEncoder:
    """Asks the encoder's process; holds no model and no open connection, so threads and forks may share it.

    `patience`: seconds to wait for a process that is only just starting.
    """

    def __init__(self, path: Path, *, patience: float = 5) -> None:
        self._path = path
        self._patience = patience

    @property
    def model(self) -> str:
        """Name and revision of the model, `name@revision`; known without asking."""
        return f"{MODEL}@{REVISION}"

    @property
    def answers(self) -> bool:
        """Whether a process is there to be asked."""
        try:
            self._connect().close()
        except Unavailable:
            return False
        return True

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        """Vectors of `texts`, quantised, shape (len(texts), 384).

        Raises Unavailable where the process does not answer within 60 s (for each 64 texts), and
        ConfigurationError where it has another model.
        """
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.int8)
        for start in range(0, len(texts), MAX_TEXTS):
            part = [text[:MAX_CHARACTERS] for text in texts[start : start + MAX_TEXTS]]
            vectors[start : start + len(part)] = self._ask(part)
        return vectors

    def _ask(self, texts: list[str]) -> NDArray[np.int8]:
        question = json.dumps({"model": self.model, "texts": texts}).encode()
        deadline = time.monotonic() + SECONDS
        with closing(self._wait_for_connection()) as connection:
            try:
                connection.settimeout(SECONDS)
                _send(connection, question)
                answer = _receive(connection, deadline)
            except TimeoutError as error:
                raise Unavailable(f"the sentence encoder did not answer within {SECONDS} s") from error
            except (OSError, EOFError) as error:
                raise Unavailable("the sentence encoder broke off; it is started anew, try again") from error
        return _vectors(answer, len(texts))

    def _wait_for_connection(self) -> socket.socket:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return self._connect()
            except Unavailable:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.1)

    def _connect(self) -> socket.socket:
        _check_owner(self._path)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(SECONDS)
        try:
            connection.connect(os.fspath(self._path))
        except OSError as error:
            connection.close()
            raise Unavailable(_NOBODY, inside=f"{_NOBODY} at {self._path}") from error
        return connection


def encode_for_others(encoder: Encoder, path: Path) -> None:
    """Answer questions at `path` with `encoder`, until the process is stopped.

    Where another process does so already, waits until that ends, and takes its place. The socket can be
    opened by its owner only. Raises ConfigurationError where it cannot be made.
    """
    made = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(path)
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)  # until this process ends, however it does
        made.unlink(missing_ok=True)  # of one that was killed while it made it
        before = os.umask(0o177)
        try:
            server = _Server(encoder, made)
        finally:
            os.umask(before)
        made.replace(path)
    except OSError as error:
        raise ConfigurationError(f"the sentence encoder's socket {path} cannot be made: {error}") from error
    with server:
        server.serve_forever()


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self.encoder = encoder
        super().__init__(os.fspath(path), _Handler)


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer one question; who is slow, goes away or writes nonsense is left without an answer."""
        connection: socket.socket = self.request
        connection.settimeout(SECONDS)
        try:
            question = _receive(connection, time.monotonic() + SECONDS)
            _send(connection, _answer(self.server.encoder, question))
        except (OSError, EOFError):
            return


def _answer(encoder: Encoder, question: bytes) -> bytes:
    try:
        return _VECTORS + encoder.encode(_texts(question, encoder.model)).tobytes()
    except Unavailable as error:
        return _UNAVAILABLE + str(error).encode()
    except CredmatchError as error:
        return _CONFIGURATION + str(error).encode()


def _texts(question: bytes, model: str) -> list[str]:
    """The texts to encode. Raises InvalidInput, and ConfigurationError for another model than `model`."""
    try:
        body = json.loads(question)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(said("is not JSON")) from error
    texts = body.get("texts") if isinstance(body, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidInput(said("must be a list of strings"), where="texts")
    if len(texts) > MAX_TEXTS:
        raise InvalidInput(said("must be at most %(most)s", most=MAX_TEXTS), where="texts")
    if body.get("model") != model:
        raise ConfigurationError(f"the sentence encoder that runs is {model}: restart the server")
    return texts


def _vectors(answer: bytes, count: int) -> NDArray[np.int8]:
    kind, rest = answer[:1], answer[1:]
    if kind == _VECTORS and len(rest) == count * DIMENSION:
        return np.frombuffer(rest, dtype=np.int8).reshape(count, DIMENSION)
    if kind == _UNAVAILABLE:
        raise Unavailable(rest.decode())
    if kind == _CONFIGURATION:
        raise ConfigurationError(rest.decode())
    raise Unavailable("the sentence encoder gave an answer that makes no sense")


def _send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(_LENGTH.pack(len(message)) + message)


def _receive(connection: socket.socket, deadline: float) -> bytes:
    """The next message. Raises EOFError where it is cut short or too long, TimeoutError at the deadline."""
    (length,) = _LENGTH.unpack(_read(connection, _LENGTH.size, deadline))
    if length > _MAX_MESSAGE:
        raise EOFError(f"a message of {length} bytes")
    return _read(connection, length, deadline)


def _read(connection: socket.socket, length: int, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        part = connection.recv(min(length - len(parts), 65_536))
        if not part:
            raise EOFError("the other side hung up")
        parts += part
    return bytes(parts)


def _check_owner(path: Path) -> None:
    """Refuse a temporary folder that somebody else made in our name."""
    if path.name.startswith(_NAME):
        return  # in the data folder, which is the operator's choice
    try:
        folder = path.parent.lstat()
    except FileNotFoundError as error:
        raise Unavailable(_NOBODY, inside=f"{_NOBODY}: there is no {path.parent}") from error
    if not stat.S_ISDIR(folder.st_mode) or folder.st_uid != os.getuid() or folder.st_mode & 0o077:
        raise ConfigurationError(f"{path.parent} must be a folder that only you can open")
