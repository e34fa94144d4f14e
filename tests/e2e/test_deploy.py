"""What deploy/, the Compose file and the Dockerfile say is so: each service's command with its environment is
started against a real PostgreSQL and a real Elasticsearch that asks for a user and speaks TLS."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from indexer.cli import cli
from indexer.commands.nightly import DIFFERED
from matcher.errors import ConfigurationError, InvalidInput, Unavailable
from tests.parts.elasticsearch import Node, secured_elasticsearch
from tests.parts.processes import free_port

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes" / "nightly.yaml"
OURS = ("application", "follower", "nightly")
TOKEN = "a-token-of-this-test"  # noqa: S105 - nobody's


def loaded(path: Path) -> Any:
    return YAML(typ="safe").load(path)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = loaded(ROOT / "docker-compose.yml")["services"]
    return found


# --- what the files say ------------------------------------------------------------------------


def test_the_compose_file_keeps_to_its_schema() -> None:
    checked = subprocess.run(
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert checked.returncode == 0, checked.stdout


def test_only_the_application_is_published_and_only_to_loopback(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert list(published) == ["application"]
    assert all(port.startswith("127.0.0.1:") for port in published["application"])
    outside = [name for name, service in services.items() if "outside" in service["networks"]]
    assert outside == ["application"]
    assert loaded(ROOT / "docker-compose.yml")["networks"]["inside"]["internal"] is True


def test_no_password_is_written_down_and_none_is_left_out(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN", variable) and value is not None:
                assert re.fullmatch(r"\$\{\w+:\?[\w ]+\}", value), f"{name}: {variable}"


def test_what_serves_no_pages_binds_nothing_that_others_reach(services: dict[str, Any]) -> None:
    """The image binds all addresses, for which the doctor asks a token; only the application has one."""
    for name in OURS:
        stated = services[name]["environment"]
        assert ("CREDMATCH_ACCESS_TOKEN" in stated) == (stated["CREDMATCH_HOST"] == "0.0.0.0")  # noqa: S104


def test_every_other_setting_of_credmatch_may_be_given(services: dict[str, Any]) -> None:
    """What stands under `environment` goes before what the file says: no default is there."""
    for name in OURS:
        assert services[name]["env_file"] == [{"path": "credmatch.env", "required": False}]
        assert None not in services[name]["environment"].values()
        assert not [value for value in services[name]["environment"].values() if ":-" in value]


def test_services_have_no_more_rights_than_they_need(services: dict[str, Any]) -> None:
    for name in OURS:
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
    image = (ROOT / "Dockerfile").read_text()
    assert re.findall("^USER (.*)$", image, re.MULTILINE) == ["credmatch"]
    assert "--image" in image
    secured = services["elasticsearch"]["environment"]
    assert secured["xpack.security.enabled"] == "true"


def test_every_service_that_stays_is_watched(services: dict[str, Any]) -> None:
    staying = {name for name, service in services.items() if service.get("restart") != "no"}
    assert staying == {"application", "follower", "database", "elasticsearch"}
    assert all("healthcheck" in services[name] for name in staying)
    assert services["nightly"]["profiles"] == ["nightly"]


def test_the_image_has_all_that_it_copies() -> None:
    for line in re.findall("^COPY (?!--from)(.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        *sources, _ = line.split()
        allowed = (ROOT / ".dockerignore").read_text().split()
        for source in sources:
            assert (ROOT / source).exists()
            assert f"!{source.rstrip('/')}" in allowed


@pytest.mark.parametrize(
    "command",
    [
        loaded(KUBERNETES)["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"],
        *(
            shlex.split(re.findall("^ExecStart=(.*)$", path.read_text(), re.MULTILINE)[0])
            for path in sorted((DEPLOY / "systemd").glob("*.service"))
        ),
        re.findall(r"(credmatch nightly.*?) >>", (DEPLOY / "credmatch.cron").read_text())[0].split(),
    ],
    ids=" ".join,
)
def test_what_is_scheduled_is_a_command(command: list[str]) -> None:
    program, name, *options = command
    assert Path(program).name == "credmatch"
    found = cli.get_command(cli.make_context("credmatch", ["--help"], resilient_parsing=True), name)
    assert found is not None
    given = found.make_context(name, options, resilient_parsing=False)
    # The alerts on the nightly job are on what it writes there.
    assert name != "nightly" or given.params["metrics"].name == "nightly.prom"


def test_the_nightly_job_may_write_its_metrics_where_a_node_exporter_reads_them() -> None:
    """The same folder in every file, which its user may write and others may read."""
    folder = "/var/cache/credmatch"
    cron = (DEPLOY / "credmatch.cron").read_text()
    assert f" --metrics {folder}/nightly.prom " in cron
    assert f"install -d -o credmatch -m 0755 {folder}\n" in cron
    unit = (DEPLOY / "systemd" / "credmatch-nightly.service").read_text()
    assert f" --metrics {folder}/nightly.prom\n" in unit
    assert "\nCacheDirectory=credmatch\nCacheDirectoryMode=0755\n" in unit
    assert "\nCREDMATCH_DATA_DIR=/var/lib/credmatch\n" in cron
    assert "\nEnvironment=CREDMATCH_DATA_DIR=/var/lib/credmatch\n" in unit
    pod = loaded(KUBERNETES)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert {"name": "metrics", "mountPath": "/metrics"} in pod["containers"][0]["volumeMounts"]
    host = {"path": folder, "type": "DirectoryOrCreate"}
    assert {"name": "metrics", "hostPath": host} in pod["volumes"]
    user = pod["securityContext"]["runAsUser"]
    assert f"install -d -o {user} -m 0755 {folder}\n" in KUBERNETES.read_text()


def test_a_night_that_mended_the_index_is_not_tried_again() -> None:
    """Its metrics would say that nothing had been wrong."""
    job = loaded(KUBERNETES)["spec"]["jobTemplate"]["spec"]
    (rule,) = job["podFailurePolicy"]["rules"]
    (container,) = job["template"]["spec"]["containers"]
    assert (rule["action"], rule["onExitCodes"]["containerName"]) == ("FailJob", container["name"])
    assert rule["onExitCodes"]["values"] == [DIFFERED]
    assert job["template"]["spec"]["restartPolicy"] == "Never"  # what the policy needs


@pytest.mark.parametrize(
    "words", [("check", DEPLOY / "prometheus-alerts.yml"), ("test", HERE / "alerts.yml")]
)
def test_prometheus_takes_the_alerts(words: tuple[str, Path]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("alerts are not tried: promtool is missing, which comes with Prometheus")
    verb, path = words
    done = subprocess.run([promtool, verb, "rules", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def unit(path: Path) -> ConfigParser:
    found = ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]  # names have capitals
    found.read_string(path.read_text())
    return found


def test_systemd_units_are_sections_that_systemd_knows() -> None:
    for path in (DEPLOY / "systemd").iterdir():
        assert "Unit" in unit(path).sections()


def test_systemd_units_have_the_same_few_rights() -> None:
    rights = {
        "User": "credmatch",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "CapabilityBoundingSet": "",
        "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
        "StateDirectory": "credmatch",
        "StateDirectoryMode": "0700",
    }
    for path in (DEPLOY / "systemd").glob("*.service"):
        assert rights.items() <= dict(unit(path)["Service"]).items(), path.name


def test_systemd_starts_the_parts_that_compose_does(services: dict[str, Any]) -> None:
    """Whose commands a test below starts; all else is as of the whole server."""
    whole = dict(unit(DEPLOY / "systemd" / "credmatch.service")["Service"])
    for name, part in (("application", "web"), ("follower", "follower")):
        found = unit(DEPLOY / "systemd" / f"credmatch-{part}.service")
        command = found["Service"]["ExecStart"]
        program, *words = shlex.split(command)
        assert [Path(program).name, *words] == services[name]["command"]
        assert found["Unit"]["Conflicts"] == "credmatch.service"
        assert dict(found["Service"]) == whole | {"ExecStart": command}


def test_systemd_starts_a_server_again_that_fails() -> None:
    """However often, but not what only a person can mend."""
    wrong = {InvalidInput.exit_code, ConfigurationError.exit_code}
    for path in (DEPLOY / "systemd").glob("*.service"):
        service = unit(path)["Service"]
        if service.get("Type") != "oneshot":
            assert service["Restart"] == "on-failure"
            assert set(map(int, service["RestartPreventExitStatus"].split())) == wrong
            assert Unavailable.exit_code not in wrong
            assert unit(path)["Unit"]["StartLimitIntervalSec"] == "0"


# --- the user of Elasticsearch -----------------------------------------------------------------


class Recorded(BaseHTTPRequestHandler):
    """Takes what is sent, and says that it is well."""

    seen: list[tuple[str, str, str, Any]]

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((self.command, self.path, self.headers["Authorization"], body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing."""


def script(url: str, password: str) -> subprocess.CompletedProcess[str]:
    given = {"ELASTICSEARCH_URL": url, "ELASTIC_PASSWORD": "master-word"}
    environ = {**os.environ, **given, "CREDMATCH_ELASTICSEARCH_PASSWORD": password}
    words = ["sh", str(DEPLOY / "elasticsearch-user.sh")]
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=False)


def test_the_script_makes_role_and_user() -> None:
    handler = type("Handler", (Recorded,), {"seen": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = script(f"http://127.0.0.1:{server.server_port}", "our-word")
        server.shutdown()
    assert (done.returncode, done.stderr) == (0, "")
    assert "word" not in done.stdout
    login = "Basic " + base64.b64encode(b"elastic:master-word").decode()
    role = json.loads((DEPLOY / "elasticsearch-role.json").read_text())
    assert handler.seen == [  # type: ignore[attr-defined]
        ("PUT", "/_security/role/credmatch", login, role),
        ("PUT", "/_security/user/credmatch", login, {"password": "our-word", "roles": ["credmatch"]}),
    ]


def test_the_script_refuses_what_it_could_not_write() -> None:
    done = script("http://127.0.0.1:1", 'a"b')
    assert done.returncode == 2
    assert "letters, digits" in done.stderr


# --- the services, started ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A node that asks for a user with no more rights than deploy/ gives, and speaks TLS."""
    role = json.loads((DEPLOY / "elasticsearch-role.json").read_text())
    with secured_elasticsearch(roles={"credmatch": role}) as found:
        yield found


def environment(service: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """A service's environment as Compose would set it, with the addresses of this test's parts."""

    def filled(match: re.Match[str]) -> str:
        return given.get(match[1], (match[2] or "").removeprefix("-"))

    stated = {
        name: re.sub(r"\$\{(\w+)(?::?([?-][^}]*))?\}", filled, str(value))
        for name, value in service["environment"].items()
        if value is not None
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CREDMATCH_", "PG"))}
    return {**kept, **stated, **given}


@contextmanager
def running(service: Mapping[str, Any], environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    program, *arguments = service["command"]
    assert program == "credmatch"
    process = subprocess.Popen(
        [sys.executable, "-m", "indexer.cli", *arguments], env=environ, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def get(port: int, path: str, token: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def wait_until(true: Callable[[], bool], seconds: float, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.2)


def test_the_services_work_together(
    services: dict[str, Any], node: Node, postgres: str, tmp_path: Path
) -> None:
    """The application answers; what is imported is found, brought by the follower; the night is quiet."""
    assert node.login is not None
    port = free_port()
    given = {
        "CREDMATCH_DATABASE_URL": postgres,
        "CREDMATCH_ELASTICSEARCH_URL": node.url,
        "CREDMATCH_ELASTICSEARCH_CA": str(node.login.certificate),
        "CREDMATCH_ELASTICSEARCH_PASSWORD": node.login.password,
        "CREDMATCH_ACCESS_TOKEN": TOKEN,
        "CREDMATCH_PORT": str(port),
        "POSTGRES_PASSWORD": "not asked for here",
    }

    def environ(name: str) -> dict[str, str]:
        folder = tmp_path / name
        more = {} if name == "application" else {"CREDMATCH_ACCESS_TOKEN": ""}
        return environment(services[name], {**given, **more, "CREDMATCH_DATA_DIR": str(folder)})

    def command(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "indexer.cli", *arguments]
        return subprocess.run(words, env=environ(name), capture_output=True, text=True, check=False)

    with (
        running(services["application"], environ("application")) as application,
        running(services["follower"], environ("follower")) as follower,
    ):
        wait_until(lambda: get(port, "/healthz")[0] == 200, 90, application)
        assert get(port, "/positions")[0] in {302, 303, 401}
        file = tmp_path / "people.jsonl"
        file.write_text(json.dumps({
            "candidate": {"key": "c-1"},
            "awards": [{"achievement": {
                "name": "Forklift", "issuer": {"name": "Northshore College"},
                "competencies": [{"label": "operate forklift"}],
            }}],
        }) + "\n")  # fmt: skip
        done = command("follower", "import", str(file))
        assert done.returncode == 0, done.stderr
        position = tmp_path / "yard.json"
        position.write_text(json.dumps({"key": "yard", "requirements": [{"text": "operate forklift"}]}))
        assert command("follower", "positions", "put", str(position)).returncode == 0
        wait_until(lambda: get(port, "/readyz")[0] == 200, 60, follower)

        def found() -> bool:
            status, body = get(port, "/api/v1/positions/yard/matches", TOKEN)
            return status == 200 and [one["candidate"] for one in json.loads(body)["results"]] == ["c-1"]

        wait_until(found, 30, application)
        examination = services["follower"]["healthcheck"]["test"][2:]
        wait_until(lambda: command("follower", *examination).returncode == 0, 60, follower)
        assert "OK    engine: Elasticsearch" in command("follower", *examination).stdout
        night = command("nightly", *services["nightly"]["command"][1:])
        assert night.returncode == 0, night.stderr + night.stdout
        assert json.loads(night.stdout)["ok"] is True
