"""Real Elasticsearch nodes for tests: one, three as a cluster, or one with security on."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from tests.parts.distribution import VERSION, distribution, java_home, oldest_java
from tests.parts.processes import (
    Process,
    container_name,
    docker_runs,
    free_port,
    give,
    servant,
    server_folder,
    unavailable,
)

_GIVEN = os.environ.get("CREDMATCH_TEST_ELASTICSEARCH_URL", "")
_IMAGE = "docker.elastic.co/elasticsearch/elasticsearch"
_IN_IMAGE = "/usr/share/elasticsearch/config"
_START_SECONDS = 180
_LOGGING = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


@dataclass(frozen=True)
class Login:
    """Who may use a node with security on, and the certificate of the authority that signed its own.

    `client`: a certificate that the node takes, with its key, where it asks for one.
    """

    user: str
    password: str
    certificate: Path
    client: tuple[Path, Path] | None = None


ADMINISTRATOR = "administrator"


@dataclass
class Node:
    """One node. Where it was started here it can be frozen, killed and started again on its data."""

    name: str
    port: int
    folder: Path
    settings: Mapping[str, str]
    heap: str = "512m"
    login: Login | None = None
    version: str = VERSION
    files: tuple[str, ...] = ()
    _user: str = field(default_factory=lambda: servant("elasticsearch"))
    _process: Process | None = None
    _container: str = ""

    @property
    def url(self) -> str:
        """Its address, without user and password."""
        return f"http{'s' if self.login else ''}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it on its data; `wait` says when it answers."""
        if docker_runs():
            self._start_container()
        else:
            self._start_here()

    def wait(self, nodes: int = 1) -> None:
        """Return when it answers and sees `nodes` nodes."""
        assert self._process is not None
        path = f"/_cluster/health?wait_for_status=yellow&wait_for_nodes={nodes}&timeout=5s"
        self._process.wait_until(lambda: self._answers(path), _START_SECONDS)

    def stop(self) -> None:
        """Stop it as an operator does; its data stay."""
        if self._process is not None:
            self.signal(signal.SIGCONT)
            self._process.stop()

    def signal(self, number: signal.Signals) -> None:
        """Send its server a signal: SIGKILL, SIGSTOP, SIGCONT. Nothing where it has ended."""
        if self._container:
            subprocess.run(
                ["docker", "kill", f"--signal={number.name}", self._container],
                check=False,
                capture_output=True,
            )
            return
        try:
            os.kill(int((self.folder / "pid").read_text()), number)
        except (FileNotFoundError, ProcessLookupError):
            return

    def _start_here(self) -> None:
        home, java = distribution(self.version), java_home(oldest_java(self.version))
        config = self.folder / "config"
        settings = {
            **self.settings,
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
        }
        (config / "jvm.options.d").mkdir(exist_ok=True)
        (config / "elasticsearch.yml").write_text(
            "".join(f"{key}: {value}\n" for key, value in settings.items())
        )
        options = [f"-Xms{self.heap}", f"-Xmx{self.heap}", "-XX:+UseSerialGC"]
        options.append(f"-Djava.io.tmpdir={self.folder / 'logs'}")  # which must not hold its configuration
        (config / "jvm.options").write_text("\n".join(options) + "\n")
        (config / "log4j2.properties").write_text(_LOGGING)
        give(self.folder, self._user)
        # Its launcher ends with the tests, and the server with its launcher.
        self._process = Process(
            [str(home / "bin" / "elasticsearch"), "-p", str(self.folder / "pid")],
            log=self.folder / "log",
            user=self._user,
            environment={
                "ES_JAVA_HOME": str(java),
                "ES_PATH_CONF": str(config),
                "ES_TMPDIR": str(self.folder / "logs"),
                "CLI_JAVA_OPTS": f"-Djava.io.tmpdir={self.folder / 'logs'}",  # the launcher's own
                "HOME": str(self.folder / "logs"),
                "ES_JAVA_OPTS": "",
            },
        )

    def _start_container(self) -> None:
        self._container = container_name(self.name)
        config = self.folder / "config"
        command = ["docker", "run", "--rm", "--network=host", "--name", self._container]
        command += [f"--volume={self.folder / 'data'}:/usr/share/elasticsearch/data"]
        command += [f"--volume={config / name}:{_IN_IMAGE}/{name}:ro" for name in self.files]
        command += [f"--env={key}={value}" for key, value in self.settings.items()]
        command += [f"--env=ES_JAVA_OPTS=-Xms{self.heap} -Xmx{self.heap}", f"{_IMAGE}:{self.version}"]
        (self.folder / "data").chmod(0o777)
        self._process = Process(command, log=self.folder / "log")

    def _answers(self, path: str) -> bool:
        request = urllib.request.Request(self.url + path)
        trust = None
        if self.login:
            basic = base64.b64encode(f"{self.login.user}:{self.login.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {basic}")
            trust = ssl.create_default_context(cafile=str(self.login.certificate))
            if self.login.client:
                trust.load_cert_chain(*self.login.client)
        try:
            with urllib.request.urlopen(request, timeout=10, context=trust) as answer:
                return b'"timed_out":false' in answer.read()
        except OSError:  # urllib's errors are among them
            return False


@contextmanager
def elasticsearch_node(heap: str = "512m", version: str = VERSION) -> Iterator[str]:
    """Address of one node without security: given, in Docker, or of this machine."""
    if _GIVEN and version == VERSION:
        yield _GIVEN
        return
    with _nodes(["n1"], heap=heap, version=version) as (node,):
        yield node.url


@contextmanager
def elasticsearch_cluster(heap: str = "512m") -> Iterator[list[Node]]:
    """Three nodes of one cluster, which tests may kill and start again."""
    with _nodes(["n1", "n2", "n3"], heap=heap) as nodes:
        yield nodes


@contextmanager
def secured_elasticsearch(
    heap: str = "512m", roles: Mapping[str, object] | None = None, *, client: bool = False
) -> Iterator[Node]:
    """A node that asks for a user and a password and speaks TLS with a certificate made for it.

    `ADMINISTRATOR` may do everything, with the same password; so may the user, or where `roles` are given
    (name -> what Elasticsearch's security API takes) what these allow. `client`: it asks for a certificate
    too, and the user's is made.
    """
    given = {} if roles is None else roles
    with _nodes(["n1"], heap=heap, roles=given, secured=True, client=client) as (node,):
        yield node


@contextmanager
def _nodes(
    names: Sequence[str],
    *,
    heap: str,
    version: str = VERSION,
    secured: bool = False,
    roles: Mapping[str, object] = MappingProxyType({}),
    client: bool = False,
) -> Iterator[list[Node]]:
    transports = [free_port() for _ in names]
    with ExitStack() as stack:
        nodes = []
        for name, transport in zip(names, transports, strict=True):
            folder = stack.enter_context(server_folder("elasticsearch", servant("elasticsearch")))
            for part in ("config", "data", "logs"):
                (folder / part).mkdir()
            settings = _settings(name, names, transports) | {"transport.port": str(transport)}
            node = Node(name, free_port(), folder, settings, heap, version=version)
            node.settings = {**settings, "http.port": str(node.port)}
            if secured:
                _secure(node, roles)
                if client:
                    _ask_for_certificate(node)
            nodes.append(node)
        for node in nodes:  # side by side: the first answers only when the second has joined
            stack.callback(node.stop)
            node.start()
        for node in nodes:
            node.wait(len(nodes))
        yield nodes


def _settings(name: str, names: Sequence[str], transports: Sequence[int]) -> dict[str, str]:
    settings = {
        "cluster.name": container_name("cluster"),
        "node.name": name,
        "network.host": "127.0.0.1",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        # Of so small a heap what is yet to be collected would be counted, and everything refused meanwhile.
        "indices.breaker.total.use_real_memory": "false",
        "xpack.security.enabled": "false",
        "xpack.security.autoconfiguration.enabled": "false",
    }
    if len(names) == 1:
        return {**settings, "discovery.type": "single-node"}
    return {
        **settings,
        "cluster.name": f"credmatch-{transports[0]}",
        "discovery.seed_hosts": ",".join(f"127.0.0.1:{port}" for port in transports),
        "cluster.initial_master_nodes": ",".join(names),
    }


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that signs itself and its key, as files of a folder."""
    openssl = shutil.which("openssl")
    if openssl is None:
        unavailable("no Elasticsearch with security: openssl is missing, which makes its certificate")
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN=credmatch-tests-{name}"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        [openssl, "req", *made, *files, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
        check=True,
        capture_output=True,
    )
    return certificate, key


def _ask_for_certificate(node: Node) -> None:
    """Have `node` talk only to who shows the certificate that is made here."""
    assert node.login is not None
    node.login = replace(node.login, client=self_signed(node.folder / "config", "client"))
    node.files += ("client.crt",)
    node.settings = {
        **node.settings,
        "xpack.security.http.ssl.client_authentication": "required",
        "xpack.security.http.ssl.certificate_authorities": "client.crt",
    }


def _secure(node: Node, roles: Mapping[str, object]) -> None:
    """Give `node` a user, a password and a certificate, by files of its configuration."""
    config = node.folder / "config"
    certificate, _ = self_signed(config, "node")
    node.login = Login("credmatch", secrets.token_urlsafe(16), certificate)
    salt = secrets.token_bytes(32)
    digest = hashlib.pbkdf2_hmac("sha512", node.login.password.encode(), salt, 10_000, 32)
    stored = f"{{PBKDF2}}10000${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
    (config / "users").write_text("".join(f"{user}:{stored}\n" for user in ("credmatch", ADMINISTRATOR)))
    having = {"superuser": ADMINISTRATOR, **dict.fromkeys(roles, "credmatch")}
    if not roles:
        having["superuser"] += ",credmatch"
    (config / "users_roles").write_text("".join(f"{role}:{users}\n" for role, users in having.items()))
    (config / "roles.yml").write_text(json.dumps(roles))  # JSON is YAML
    node.files = ("users", "users_roles", "roles.yml", "node.key", "node.crt")
    node.settings = {
        **node.settings,
        "xpack.security.enabled": "true",
        "xpack.security.http.ssl.enabled": "true",
        "xpack.security.http.ssl.key": "node.key",
        "xpack.security.http.ssl.certificate": "node.crt",
    }
