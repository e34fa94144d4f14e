"""How Elasticsearch is reached: its addresses, and what shows who asks. Talks to nobody."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from matcher.errors import ConfigurationError
from matcher.settings import Settings


@dataclass(frozen=True, slots=True)
class Access:
    """Where Elasticsearch is, and how to show who asks: a key, a user with a password, or a certificate.

    `hosts`: addresses with scheme and port; certificates of https are always verified, against `ca` where it
    is given. `timeout`: seconds that a request may take in all, tried again or not.
    """

    hosts: tuple[str, ...]
    api_key: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = field(default=None, repr=False)
    timeout: float = 10.0


def access_of(settings: Settings) -> Access:
    """How the settings say that Elasticsearch is reached. Raises ConfigurationError, naming the variable."""
    if settings.elasticsearch_api_key and settings.elasticsearch_user:
        raise ConfigurationError("set CREDMATCH_ELASTICSEARCH_API_KEY or _USER, not both")
    if bool(settings.elasticsearch_user) != bool(settings.elasticsearch_password):
        raise ConfigurationError("CREDMATCH_ELASTICSEARCH_USER and _PASSWORD belong together")
    if settings.elasticsearch_client_key and not settings.elasticsearch_client_cert:
        raise ConfigurationError(
            "CREDMATCH_ELASTICSEARCH_CLIENT_KEY needs CREDMATCH_ELASTICSEARCH_CLIENT_CERT"
        )
    _check_files(settings)
    return Access(
        hosts=tuple(_host(host.strip()) for host in settings.elasticsearch_url.split(",")),
        api_key=settings.elasticsearch_api_key,
        user=settings.elasticsearch_user,
        password=settings.elasticsearch_password,
        ca=settings.elasticsearch_ca,
        client_cert=settings.elasticsearch_client_cert,
        client_key=settings.elasticsearch_client_key,
        timeout=settings.elasticsearch_timeout,
    )


def _check_files(settings: Settings) -> None:
    """Refuse what no connection could use, before a library asks a terminal for the password of a key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca, cert, key = (
        settings.elasticsearch_ca,
        settings.elasticsearch_client_cert,
        settings.elasticsearch_client_key,
    )
    for name, path in (("CA", ca), ("CLIENT_CERT", cert)):
        if path is not None:
            _check(name, path, partial(context.load_verify_locations, path), "no certificate in PEM")
    if cert is not None:
        load = partial(context.load_cert_chain, cert, key, password="")
        lacks = "no key of that certificate, or one with a password"
        _check("CLIENT_KEY" if key else "CLIENT_CERT", key or cert, load, lacks)


def _check(name: str, path: Path, load: Callable[[], object], lacks: str) -> None:
    try:
        load()
    except OSError as error:
        why = f"it has {lacks}" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigurationError(f"CREDMATCH_ELASTICSEARCH_{name}: {path} cannot be used: {why}") from error


def _host(text: str) -> str:
    name = "CREDMATCH_ELASTICSEARCH_URL"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ConfigurationError(f"{name}: one of its addresses cannot be read") from None
    if parts.username is not None or parts.password is not None or "@" in text:
        raise ConfigurationError(f"{name} must hold no user or password: set {name[:-3]}USER and _PASSWORD")
    if parts.scheme not in {"http", "https"} or not parts.hostname or port is None:
        raise ConfigurationError(f"{name}: {text!r} is no address such as https://search.example:9200")
    if parts.query or parts.fragment:
        raise ConfigurationError(f"{name}: {text!r} has more than scheme, host, port and path")
    return text
