"""Why a connection failed, in words: libraries wrap Python's own errors, and their texts, in theirs."""

from __future__ import annotations

from http.client import BadStatusLine
from ssl import SSLCertVerificationError, SSLError

_NO_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}
"""OpenSSL's names, by its version, for an answer that is no TLS at all."""


def innermost(error: BaseException) -> BaseException:
    """The error that began it, which is the cause or an argument of the one around it."""
    within = (one for one in (error.__cause__, *error.args) if isinstance(one, BaseException))
    inner = next(within, None)
    return error if inner is None else innermost(inner)


def words(error: BaseException) -> str:
    """What one of Python's own errors says, in one line without names and places of its source."""
    if isinstance(error, SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, SSLError):
        reason = error.reason or "TLS failed"
        return "no TLS (https:// or http://?)" if reason in _NO_TLS else reason.lower().replace("_", " ")
    if isinstance(error, ConnectionResetError):
        return "it closed the connection (https:// or http://?)"
    if isinstance(error, BadStatusLine):
        return "no HTTP (https:// or http://?)"
    said = error.strerror if isinstance(error, OSError) else None
    return " ".join((said or str(error)).split()) or type(error).__name__
