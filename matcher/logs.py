"""The log: a line an event on standard error, in words or as JSON, each with the id of the run it belongs to.

Modules use Python's `logging`, so that the lines of libraries are ours too. What identifies a person is kept
out where a line is written: lines name routes and kinds of errors, never keys, paths or what was sent. Here
is the second fence: of an exception that is not ours only its type and where it arose are written, since its
text may quote anything, and what looks like an address or a secret is struck out of every value.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO
from urllib.parse import unquote, urlsplit

from matcher.errors import ConfigurationError, Unavailable
from matcher.settings import Settings

OURS = ("app", "matcher", "indexer", "gunicorn")
"""Loggers that CREDMATCH_LOG_LEVEL sets. Others stay at warnings: some write what they handle when they are
asked for more, the database's driver every value of every statement."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered, "" outside of one."""

_NOTICES = "matcher.notices"

_FRAMES = 12
"""Frames of a traceback that a line holds, the innermost."""

_STRUCK = "[…]"

_SECRETS = (
    (re.compile(r"(?<=://)[^/\s@'\"]+@"), f"{_STRUCK}@"),
    (re.compile(r"[^\s\"'<>()\[\],;:=@/]+(?:@|%40)[^\s\"'<>()\[\],;:=@/]+\.\w{2,}"), _STRUCK),
    (re.compile(r"\b(bearer|basic|apikey)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {_STRUCK}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), _STRUCK),
    (
        re.compile(r"\b(password|passwd|secret|token|api_?key)(\s*[=:]\s*)\S+", re.IGNORECASE),
        rf"\1\2{_STRUCK}",
    ),
)
"""What looks like a password in an address, an e-mail address, or a credential; and what is put there."""

_SHORTEST_SECRET = 6


def start_logging(settings: Settings, command: str) -> str:
    """Log as `settings` say, every line with the name of the command and a new run id, which is returned."""
    run = uuid.uuid4().hex[:12]
    handler = _Handler(settings.log_format == "json", {"run": run, "command": command}, secrets_of(settings))
    stop_logging()
    logging.getLogger().addHandler(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(settings.log_level.upper())
    logging.getLogger(_NOTICES).setLevel(logging.INFO)
    return run


def stop_logging() -> None:
    """Log as if logging had not been started."""
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(old)
    for name in (*OURS, _NOTICES):
        logging.getLogger(name).setLevel(logging.NOTSET)


def notice(text: str) -> None:
    """Tell whoever started this process, whatever the level is: a plain line, or one of the JSON log."""
    if any(isinstance(one, _Handler) and one.as_json for one in logging.getLogger().handlers):
        logging.getLogger(_NOTICES).info(text)
    else:
        print(text, file=sys.stderr, flush=True)


def fields(**values: object) -> dict[str, Mapping[str, object]]:
    """Values of a line beside its event, for the `extra` of a logger's methods."""
    return {"fields": values}


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """All secrets of an installation: settings that are not shown, and the passwords in addresses."""
    found = set()
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, str) and not field.repr:
            found.add(value)
        if isinstance(value, str) and "://" in value:
            found.update(_passwords(value))
    return tuple(sorted((one for one in found if len(one) >= _SHORTEST_SECRET), key=len, reverse=True))


def without_secrets(text: str, secrets: Sequence[str]) -> str:
    """`text` without these secrets, and without what looks like a password, a token or an e-mail address."""
    for secret in secrets:
        text = text.replace(secret, _STRUCK)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _passwords(addresses: str) -> Iterator[str]:
    for address in addresses.split(","):
        try:
            password = urlsplit(address.strip()).password
        except ValueError:
            continue
        if password:
            yield from (password, unquote(password))


class _Handler(logging.Handler):
    """Writes lines to whatever standard error is at the moment."""

    def __init__(self, as_json: bool, always: Mapping[str, str], secrets: Sequence[str]) -> None:  # noqa: FBT001
        super().__init__()
        self.as_json = as_json
        self._always = always
        self._secrets = secrets

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record. Never raises: what cannot be written is lost."""
        try:
            line = self._line(record)
            stream: TextIO = sys.stderr
            stream.write((_json if self.as_json else _text)(line) + "\n")
            stream.flush()
        except Exception:  # noqa: BLE001 - a log that fails must not fail what it reports on
            self.handleError(record)

    def _line(self, record: logging.LogRecord) -> dict[str, object]:
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
            **self._always,
            "process": record.process,
        }
        if request_id.get():
            line["request"] = request_id.get()
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"], line["at"] = _chain(record.exc_info[1]), _frames(record.exc_info[1])
        return {name: self._clean(value) for name, value in line.items()}

    def _clean(self, value: object) -> object:
        if isinstance(value, int | float) or value is None:
            return value
        text = without_secrets(str(value), self._secrets)
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name for it
        """Say that a line is missing, and nothing of it: the standard method writes all its values."""
        if sys.stderr is not None:
            try:
                sys.stderr.write(f"credmatch: a line of the log could not be written ({record.name})\n")
            except (OSError, ValueError):
                return


def _json(line: Mapping[str, object]) -> str:
    return json.dumps(line, ensure_ascii=True)


def _text(line: Mapping[str, object]) -> str:
    first = ("time", "level", "logger", "event")
    further = " ".join(f"{name}={value}" for name, value in line.items() if name not in first)
    return f"{line['time']} {line['level']} {line['logger']}: {line['event']} ({further})"


def _chain(error: BaseException) -> str:
    """An exception and its causes by type, with the text where it is known to tell nothing of a person."""
    shown: list[str] = []
    current: BaseException | None = error
    while current is not None and len(shown) < _FRAMES:
        name = type(current).__name__
        if isinstance(current, Unavailable | ConfigurationError):
            name += f": {current}"
        elif isinstance(current, OSError) and current.strerror:
            name += f": {current.strerror}"
        shown.append(name)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return " from ".join(shown)


def _frames(error: BaseException) -> str:
    """Where an exception arose, the outermost frame first."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " > ".join(f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)


def _module(file: str) -> str:
    return "/".join(file.replace("\\", "/").split("/")[-2:])
