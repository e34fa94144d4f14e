"""The composition root: the one place that chooses the parts credmatch is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask

from indexer.readers.formats import Context
from indexer.readers.json_text import decode
from indexer.readers.limits import Limits, limits_of, upload_limits
from indexer.readers.shape import parse_candidate
from indexer.uploads import take_credentials
from matcher.health import Health
from matcher.matching import Matcher
from matcher.records import CandidateRecord
from matcher.search.embedded import EmbeddedEngine
from matcher.search.engine import Engine, Right
from matcher.settings import Settings, read_settings
from matcher.stages import Observer, nobody
from matcher.store.database import Database
from matcher.store.leases import leased
from matcher.vocabulary.encoder import Encoder
from matcher.vocabulary.remote import RemoteEncoder, socket_path
from matcher.vocabulary.vocabularies import Narrow, Vocabularies
from matcher.web.metrics import Metrics
from matcher.web.services import Services
from matcher.web.site import make_site
from matcher.web.watching import Watching


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one installation, chosen once."""

    settings: Settings
    database: Database
    engine: Engine
    encoder: Encoder
    vocabularies: Vocabularies
    matcher: Matcher

    def close(self) -> None:
        """Close what is open."""
        self.database.close()


def build_parts(settings: Settings, encoder: Encoder | None = None, observe: Observer = nobody) -> Parts:
    """Choose the parts; nothing is opened, read or created before it is first used.

    `encoder`: None asks the encoder's process, which `credmatch serve` runs. `observe` is told of each match.
    Raises ConfigurationError.
    """
    database = Database(settings.url, connections=settings.database_pool, timeout=settings.database_timeout)
    engine, narrow = build_search(settings, lambda organisation: leased(database, f"index:{organisation}"))
    chosen = RemoteEncoder(socket_path(settings.data_dir)) if encoder is None else encoder
    vocabularies = Vocabularies(database, settings.vocabulary_dir, chosen, narrow)
    return Parts(
        settings=settings,
        database=database,
        engine=engine,
        encoder=chosen,
        vocabularies=vocabularies,
        matcher=Matcher(database, engine, vocabularies.get, observe),
    )


def _parse_candidate(limits: Limits, body: object, zone: ZoneInfo) -> CandidateRecord:
    return parse_candidate(body, Context("", zone, limits=limits))


def build_search(settings: Settings, right: Right) -> tuple[Engine, Narrow | None]:
    """Elasticsearch where its address is set, for people and for competencies; else the embedded engine, and
    all competencies looked through in this process.

    `right`: who may write to Elasticsearch's indexes; the embedded one has a lock of its own.
    Raises ConfigurationError.
    """
    if not settings.elasticsearch_url:
        return EmbeddedEngine(settings.index_dir), None
    # Its client takes most of a second to load: only who uses it waits.
    from matcher.search.elastic import ElasticEngine  # noqa: PLC0415
    from matcher.search.elastic_access import access_of  # noqa: PLC0415
    from matcher.search.elastic_client import Cluster  # noqa: PLC0415
    from matcher.search.elastic_competencies import ElasticCompetencies  # noqa: PLC0415

    cluster = Cluster(access_of(settings))
    prefix, replicas = settings.elasticsearch_prefix, settings.elasticsearch_replicas
    engine = ElasticEngine(cluster, right, prefix=prefix, replicas=replicas)
    finds_competencies = settings.elasticsearch_competencies
    return engine, partial(ElasticCompetencies, cluster, prefix, replicas) if finds_competencies else None


def create_app(
    settings: Settings | None = None, *, encoder: Encoder | None = None, metrics_folder: Path | None = None
) -> Flask:
    """The web application; `settings`: None reads the environment. `encoder`: as for `build_parts`.
    `metrics_folder`: where the processes of one server count together, None for one process alone.

    Raises ConfigurationError.
    """
    metrics = Metrics(metrics_folder)
    parts = build_parts(read_settings() if settings is None else settings, encoder, metrics.matched)
    services = Services(
        organisation=parts.settings.organisation,
        database=parts.database,
        matcher=parts.matcher,
        vocabularies=parts.vocabularies,
        encoder=parts.encoder,
        decode_json=decode,
        parse_candidate=partial(_parse_candidate, limits_of(parts.settings)),
        take_credentials=partial(
            take_credentials, parts.database, parts.settings.organisation, upload_limits(parts.settings)
        ),
    )
    health = Health(parts.database, parts.engine, parts.settings.organisation)
    return make_site(parts.settings, services, Watching(parts.settings, health, metrics))
