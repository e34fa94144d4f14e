"""Keys in addresses. One rule: a key is one segment of the path, percent-encoded in UTF-8 (a slash as %2F).

WSGI hands over the path decoded, in which an encoded slash can no longer be told from a separating one. So
the path is decoded here once more, from the request line, with encoded slashes marked by a character that no
path contains otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes, urlsplit

from werkzeug.routing import UnicodeConverter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MARK = "\x00"
"""Stands for an encoded slash. An address with %00 itself is not found."""

_PROGRAMS = "/api/"


class KeyConverter(UnicodeConverter):
    """A key as one segment of a path."""

    part_isolating = True

    def to_python(self, value: str) -> str:
        """The key that a segment stands for."""
        return value.replace(_MARK, "/")

    def to_url(self, value: object) -> str:
        """The segment that stands for a key."""
        return quote(str(value), safe="")


class EncodedSlashes:
    """WSGI middleware: marks encoded slashes in the path, where the server hands over the request line."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        path = _path(str(environ.get("RAW_URI", "")))
        if "%00" in path or not _is_utf8(path or str(environ.get("PATH_INFO", ""))):
            environ["PATH_INFO"] = (
                f"{_PROGRAMS if path.startswith(_PROGRAMS) else '/nowhere/'}/"  # which no rule has
            )
        elif "%2f" in path.lower():
            segments = [unquote_to_bytes(segment).decode("latin-1") for segment in path.split("/")]
            environ["PATH_INFO"] = "/".join(segment.replace("/", _MARK) for segment in segments)
        return self._app(environ, start_response)


def is_web_address(text: str) -> bool:
    """Whether a text of other people is an address on the web, which a page may link to."""
    try:
        address = urlsplit(text)
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.netloc)


def _is_utf8(path: str) -> bool:
    """Whether a path, bytes that WSGI writes as Latin-1, is text in UTF-8 once it is decoded.

    What is not would be read as replacement characters, and so be taken for another key.
    """
    try:
        unquote_to_bytes(path.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        return False
    return True


def _path(uri: str) -> str:
    """The path of a request line's target, which is a path or a whole address."""
    return uri.partition("?")[0] if uri.startswith("/") else urlsplit(uri).path
