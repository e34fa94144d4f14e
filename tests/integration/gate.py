"""A gate before an Elasticsearch node: passes requests on, and fails some of them as a test says."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

Fault = Callable[["Request"], bool]
"""Called with each request; whether it answered (or broke the connection) itself."""


class Request(BaseHTTPRequestHandler):
    """One request that came to the gate."""

    protocol_version = "HTTP/1.1"
    gate: Gate
    body: bytes

    def pass_on(self, body: bytes | None = None) -> tuple[int, bytes]:
        """What the node answers, to this or another body."""
        node = http.client.HTTPConnection(urlsplit(self.gate.url).netloc, timeout=60)
        kept = {"content-type", "accept"}
        headers = {name: value for name, value in self.headers.items() if name.lower() in kept}
        try:
            node.request(self.command, self.path, self.body if body is None else body, headers)
            answer = node.getresponse()
            return answer.status, answer.read()
        finally:
            node.close()

    def answer(self, status: int, body: bytes) -> None:
        """Answer as the node does."""
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        """Break the connection without an answer."""
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called there
        """Nothing is printed."""

    def _any(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.gate.requests.append(f"{self.command} {self.path}")
        if not any(fault(self) for fault in list(self.gate.faults)):
            self.answer(*self.pass_on())

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _any  # noqa: N815 - names that http.server asks for


@dataclass
class Gate:
    """`url`: of the node; `address`: of the gate; `faults` are asked in turn."""

    url: str
    address: str = ""
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def gate_before(url: str) -> Iterator[Gate]:
    """A gate, open until the end."""
    gate = Gate(url)
    handler = type("Handler", (Request,), {"gate": gate})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    gate.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield gate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
