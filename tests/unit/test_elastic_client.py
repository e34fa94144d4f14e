"""What the client's errors mean, where no Elasticsearch is needed to find out."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from matcher.errors import ConfigurationError, CredmatchError, Unavailable
from matcher.search.elastic_access import Access
from matcher.search.elastic_client import Cluster
from tests.parts.elasticsearch import self_signed
from tests.parts.processes import free_port

Answer = Callable[[socket.socket], None]


@contextmanager
def answering(answer: Answer) -> Iterator[int]:
    """The port of a server that does one thing with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):  # closed
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


def in_words(text: bytes) -> Answer:
    """Answers a request, or what should be one."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(text)

    return answer


def over_tls(folder: Path, name: str) -> Answer:
    """Speaks TLS, with a certificate that nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(folder, name))

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(65_536)

    return answer


def told(url: str, expected: type[CredmatchError]) -> str:
    """What a request to such a server raises, without the place."""
    cluster = Cluster(Access((url,)))
    with pytest.raises(expected) as raised:
        cluster.ask("GET", "/")
    assert type(raised.value) is expected
    cluster.close()
    return str(raised.value).removeprefix(f"{cluster.place} ")


def test_what_does_not_answer_is_said_in_words(tmp_path: Path) -> None:
    assert told(f"http://127.0.0.1:{free_port()}", Unavailable) == "does not answer: Connection refused"
    assert told("http://nowhere.invalid:9200", Unavailable).startswith("does not answer: ")
    with answering(in_words(b"")) as port:
        closed = "does not answer: it closed the connection (https:// or http://?)"
        assert told(f"http://127.0.0.1:{port}", Unavailable) == closed
    with answering(in_words(b"220 mail.example.org\r\n")) as port:
        assert (
            told(f"http://127.0.0.1:{port}", Unavailable) == "does not answer: no HTTP (https:// or http://?)"
        )
    with answering(in_words(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert (
            told(f"https://127.0.0.1:{port}", Unavailable) == "does not answer: no TLS (https:// or http://?)"
        )
    with answering(over_tls(tmp_path, "plain")) as port:
        assert told(f"http://127.0.0.1:{port}", Unavailable).endswith(" (https:// or http://?)")


def test_a_certificate_that_cannot_be_trusted_is_the_operators_to_mend(tmp_path: Path) -> None:
    with answering(over_tls(tmp_path, "theirs")) as port:
        assert told(f"https://127.0.0.1:{port}", ConfigurationError) == (
            "shows a certificate that cannot be trusted (self-signed certificate): "
            "see CREDMATCH_ELASTICSEARCH_CA and _URL"
        )
