"""Talking to Elasticsearch: the one place where its client and its errors are met.

Whatever goes wrong becomes `Unavailable` with one line that says where and what (`Refused` where a server
answered), or `ConfigurationError` where only the operator can mend it. Nothing secret stands in a message.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from ssl import SSLCertVerificationError, SSLError
from typing import Any

from elastic_transport import ApiError, ConnectionTimeout, TransportError
from elastic_transport import ConnectionError as ConnectionFailed
from elastic_transport.client_utils import DEFAULT, DefaultType
from elasticsearch import Elasticsearch
from elasticsearch.exceptions import UnsupportedProductError

from matcher.breaker import Breaker
from matcher.errors import ConfigurationError, Unavailable
from matcher.search.causes import innermost, words
from matcher.search.elastic_access import Access

Json = Any
"""What JSON says: here always what Elasticsearch documents for the request."""

NO_INDEX = "index_not_found_exception"

BULK_BYTES = 4_000_000
"""A bulk request is sent when it holds so much; far below the 100 MB that a node takes."""

BULK_ITEMS = 1_000
"""... or so many documents."""

PAUSES = (0.1, 0.3, 1.0, 3.0, 5.0, 5.0)
"""Seconds to wait before a write that a busy node refused is sent again."""

PATIENT_SECONDS = 60.0
"""How long those at least wait for an answer who write and build: nobody waits for them."""

_BLOCKED = "cluster_block_exception"
_CLOSED = "index_closed_exception"
_FORBIDDEN = "security_exception"
UNREACHABLE = {
    "no_shard_available_action_exception",
    "unavailable_shards_exception",
    "illegal_index_shard_state_exception",  # of a copy that is being recovered
    "search_phase_execution_exception",  # which names no cause where a search is not begun for want of a copy
}
"""Elasticsearch's names for having no copy of an index that it could ask: it is red."""

_TRIES = 4
_ELSEWHERE = {502, 503, 504}
"""Statuses where another node, or a moment later the same, may do what it is asked."""

_OUR_CERTIFICATE = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "TLSV1_ALERT_UNKNOWN_CA",
}
"""OpenSSL's names for what is wrong where it is the certificate of who asks."""

_log = logging.getLogger(__name__)
# They log each attempt, with its traceback; what became of all of them is raised here, in a line.
for _quiet in ("elastic_transport.transport", "elastic_transport.node_pool"):
    logging.getLogger(_quiet).setLevel(logging.ERROR)


class Refused(Unavailable):
    """Elasticsearch answered, but not what it was asked. `answered`: its status of HTTP, which is not the one
    that a client of ours gets; `kind`: its name for why."""

    def __init__(self, reason: str, *, inside: str, answered: int, kind: str) -> None:
        super().__init__(reason, inside=inside)
        self.answered = answered
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Write:
    """A document to be put under an id, unless one of a higher version stands there."""

    id: str
    version: int
    source: Json


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A document that was not put. `status`: 409 where a higher version stands there, 400 where it cannot be
    held; `kind`: Elasticsearch's name for the reason."""

    write: Write
    status: int
    kind: str


OLDEST = (8, 19)
"""The oldest version of the server that is used."""


class Cluster:
    """The nodes of one installation of Elasticsearch. Nothing is opened before the first request.

    For who waits for an answer: where none came in time, further requests fail at once for some seconds.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._breaker = Breaker()

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"Elasticsearch at {', '.join(self._access.hosts)}"

    @property
    def hosts(self) -> str:
        """Its addresses."""
        return ", ".join(self._access.hosts)

    @property
    def seconds(self) -> float:
        """How long who asks waits for an answer at most."""
        return self._access.timeout

    def version(self) -> str:
        """The server's version. Raises ConfigurationError where it is too old, and Unavailable."""
        number = str(self.ask("GET", "/")["version"]["number"])
        if tuple(int(part) for part in number.split(".")[:2]) < OLDEST:
            wanted = ".".join(map(str, OLDEST))
            raise ConfigurationError(f"{self.place} has version {number}: {wanted} or newer is needed")
        return number

    @cached_property
    def _client(self) -> Elasticsearch:
        access = self._access
        try:
            return Elasticsearch(
                list(access.hosts),
                api_key=access.api_key or None,
                basic_auth=(access.user, access.password) if access.user else None,
                ca_certs=_file(access.ca),
                client_cert=_file(access.client_cert),
                client_key=_file(access.client_key),
                max_retries=0,  # `ask` tries again, within its time
                connections_per_node=32,
            )
        except (ValueError, OSError) as error:
            raise ConfigurationError(f"{self.place}: {error}") from error

    def hurried(self, seconds: float) -> Cluster:
        """The same nodes, for who would rather have no answer than wait longer than `seconds`."""
        return Cluster(replace(self._access, timeout=min(seconds, self._access.timeout)))

    def patient(self) -> Cluster:
        """The same nodes, for who writes and builds, and can wait."""
        return Cluster(replace(self._access, timeout=max(PATIENT_SECONDS, self._access.timeout)))

    def close(self) -> None:
        """Close the connections that are open."""
        if "_client" in self.__dict__:
            self._client.close()

    def ask(self, method: str, path: str, body: Json = None, *, seconds: float = 0, **params: Any) -> Json:
        """One request; a list as `body` is sent line by line. `seconds`: to wait at most, 0 as configured.

        Read and write alike may be sent again where that can help at once: all of ours can be. Raises
        Refused, Unavailable and ConfigurationError.
        """
        lines = isinstance(body, list)
        headers = {"accept": "application/json", "content-type": "application/x-ndjson" if lines else _JSON}
        request = partial(Elasticsearch.perform_request, method=method, path=path, params=params)
        try:
            return self._answer(partial(request, headers=headers, body=body), seconds or self._access.timeout)
        except ApiError as error:
            raise self._refused(error) from error
        except TransportError as error:
            raise self._unreached(error) from error

    def _answer(self, send: Callable[[Elasticsearch], Any], seconds: float) -> Json:
        """What is answered within `seconds`, all tries together."""
        began = time.monotonic()
        if not self._breaker.admits(seconds):
            raise self._unavailable("did not answer in time just now")
        several = len(self._access.hosts) > 1
        left = seconds / 2 if several else seconds  # so that another has time where the first one hangs
        for more in reversed(range(_TRIES)):
            try:
                answer = send(self._client.options(request_timeout=left)).body
            except (ApiError, TransportError) as error:
                left = began + seconds - time.monotonic()
                if more and left > 0 and _may_help(error, several=several):
                    continue
                if isinstance(error, ConnectionTimeout):
                    self._breaker.waited(began)
                else:
                    self._breaker.answered()
                raise
            self._breaker.answered()
            return answer
        raise AssertionError

    def ask_patiently(self, method: str, path: str, body: Json = None, **options: Any) -> Json:
        """`ask`, and again after a pause while the node is too busy."""
        for pause in PAUSES:
            try:
                return self.ask(method, path, body, **options)
            except Refused as refused:
                if refused.answered != 429 or refused.kind == _BLOCKED:
                    raise
                _log.info("%s; asking again in %.1f s", refused, pause)
                time.sleep(pause)
        return self.ask(method, path, body, **options)

    def search(self, bodies: Sequence[Json], *, index: str = "", **params: Any) -> list[Json]:
        """Several searches at once, all shards answering each; of `index`, or as each says.

        Raises Refused (the first one that failed) and Unavailable.
        """
        lines = [line for body in bodies for line in ({"allow_partial_search_results": False}, body)]
        answers = self.ask("POST", f"/{index}/_msearch" if index else "/_msearch", lines, **params)[
            "responses"
        ]
        for answer in answers:
            if "error" in answer:
                raise self.refusal(answer["status"], answer["error"])
            if answer.get("timed_out"):
                raise self._unavailable("took too long to search")
        return list(answers)

    def write(self, alias: str, writes: Iterable[Write], **params: Any) -> list[Unwritten]:
        """Put documents, a bulk at a time; gives those that were not put.

        Never makes an index: `alias` must be one. A node that is too busy is given time. Within one call each
        id may come once. Raises Refused and Unavailable; then what was sent may or may not be kept.
        """
        params |= {"require_alias": "true", "timeout": "10s"}
        failed: list[Unwritten] = []
        for bulk in _bulks(writes):
            failed += self._write_bulk(alias, bulk, params)
        return failed

    def _write_bulk(self, alias: str, bulk: list[_Lines], params: dict[str, Any]) -> list[Unwritten]:
        failed: list[Unwritten] = []
        for pause in (*PAUSES, None):
            waiting = []
            for write, answer in zip(bulk, self._sent(alias, bulk, params), strict=True):
                status, kind = answer
                if status == 429 and kind != _BLOCKED:
                    waiting.append(write)
                elif status in {400, 409}:
                    failed.append(Unwritten(write[0], status, kind))
                elif status >= 300:
                    raise self.refusal(status, {"type": kind})
            if not waiting:
                return failed
            if pause is None:
                raise self._unavailable(f"has too much to do to take {len(waiting)} writes")
            _log.info("%s is busy; sending %d writes again in %.1f s", self.place, len(waiting), pause)
            time.sleep(pause)
            bulk = waiting
        raise AssertionError

    def _sent(self, alias: str, bulk: list[_Lines], params: dict[str, Any]) -> list[tuple[int, str]]:
        """Per write its status and, where that is an error, what kind."""
        lines = [line for _, *pair in bulk for line in pair]
        answer = self.ask_patiently("POST", f"/{alias}/_bulk", lines, **params)
        items = [item["index"] for item in answer["items"]]
        return [(item["status"], item.get("error", {}).get("type", "")) for item in items]

    def refusal(self, status: int, error: Json) -> Refused:
        """What an error of Elasticsearch means, in a line."""
        roots = error.get("root_cause") or [error] if isinstance(error, dict) else [{"reason": str(error)}]
        kind, why = roots[0].get("type", ""), roots[0].get("reason") or ""
        told = ""  # where a server's own words are not for whoever asked
        if kind == NO_INDEX:
            what = "the search index is not there: it was never built, or deleted"
        elif kind == _BLOCKED and status == 429:
            what = "the disk is full beyond its flood-stage mark, so nothing is written until there is room"
        elif kind == _CLOSED:
            what = "the search index is closed"
        elif kind in UNREACHABLE:
            what = "no copy of the search index can be reached (it is red)"
        elif kind == _FORBIDDEN:
            what = "the search index is not what credmatch's user may use: `credmatch doctor` says why"
        elif status == 429:
            what = "too much to do just now"
        else:
            what = f"answered {status} {kind}: {why}"
            told = "it did not do what it was asked"
        reason = f"the search engine: {told or what}"
        return Refused(reason, inside=f"{self.place}: {what}", answered=status, kind=kind)

    def _refused(self, error: ApiError) -> Unavailable | ConfigurationError:
        body = error.body if isinstance(error.body, dict) else {}
        if error.meta.status in {401, 403} and body.get("error", {}).get("type") == _FORBIDDEN:
            known = error.meta.status == 403
            what = "does not allow what is asked of" if known else "does not know"
            shown = "CREDMATCH_ELASTICSEARCH_API_KEY, or _USER and _PASSWORD"
            shown += ", and whether what they may do covers _PREFIX" if known else ""
            return ConfigurationError(f"{self.place} {what} who asks: see {shown}")
        if isinstance(error, UnsupportedProductError):
            return ConfigurationError(f"{self.place} is none: see CREDMATCH_ELASTICSEARCH_URL")
        return self.refusal(error.meta.status, body.get("error", ""))

    def _unreached(self, error: TransportError) -> Unavailable | ConfigurationError:
        if isinstance(error, ConnectionTimeout):
            return self._unavailable("does not answer in time")
        cause = innermost(error)
        why = words(cause)
        if isinstance(cause, SSLCertVerificationError):
            what, see = "shows a certificate that cannot be trusted", "CREDMATCH_ELASTICSEARCH_CA and _URL"
        elif isinstance(cause, SSLError) and cause.reason in _OUR_CERTIFICATE:
            what, see = "does not take our certificate", "CREDMATCH_ELASTICSEARCH_CLIENT_CERT and _KEY"
        else:
            return self._unavailable("does not answer", why)
        return ConfigurationError(f"{self.place} {what} ({why}): see {see}")

    def _unavailable(self, what: str, why: str = "") -> Unavailable:
        """`why`: in a library's words, which may name a host."""
        inside = f"{self.place} {what}"
        return Unavailable(f"the search engine {what}", inside=f"{inside}: {why}" if why else inside)


def _may_help(error: ApiError | TransportError, *, several: bool) -> bool:
    """Whether to ask again at once: a node that breaks off may answer, another than one that hangs or is
    busy too."""
    if isinstance(error, ApiError):
        return error.meta.status in _ELSEWHERE
    return several if isinstance(error, ConnectionTimeout) else isinstance(error, ConnectionFailed)


def _file(path: Path | None) -> str | DefaultType:
    """As the client takes it; certificates are verified where it is told of none as well."""
    return DEFAULT if path is None else str(path)


_JSON = "application/json"
_Lines = tuple[Write, str, str]
"""A write with its two lines of a bulk request."""


def _bulks(writes: Iterable[Write]) -> Iterator[list[_Lines]]:
    """Writes with their lines, parted so that none is too large to send."""
    bulk: list[_Lines] = []
    size = 0
    for write in writes:
        action = {"_id": write.id, "version": write.version, "version_type": "external_gte"}
        source = json.dumps(write.source, separators=(",", ":"))
        bulk.append((write, json.dumps({"index": action}), source))
        size += len(source)
        if size >= BULK_BYTES or len(bulk) >= BULK_ITEMS:
            yield bulk
            bulk, size = [], 0
    if bulk:
        yield bulk
