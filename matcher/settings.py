"""Settings: read once from CREDMATCH_* variables, typed, frozen. Unknown names are refused."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from matcher.errors import ConfigurationError

_PREFIX = "CREDMATCH_"


class Bound(int):
    """A number that a setting states. As text it is followed by the setting's name, so that every refusal
    says what an operator may raise: `10,000 (CREDMATCH_IMPORT_PARTS)`."""

    setting: str

    def __new__(cls, number: int, setting: str) -> Bound:
        bound = super().__new__(cls, number)
        bound.setting = setting
        return bound

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]  # int itself has one argument
        """What a copy is made of: a bound may stand in a message that is copied."""
        return int(self), self.setting

    def __str__(self) -> str:
        return f"{int(self):,} ({variable(self.setting)})"


class Settings(BaseSettings):
    """Everything an operator can set. Each field's name, upper-cased behind CREDMATCH_, is its variable."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    data_dir: Path = Field(default=Path("var"), description="Folder of the database and the search index.")
    database_url: str = Field(
        default="",
        repr=False,
        description="Database, such as postgresql://USER:PASSWORD@HOST/DATABASE; empty means SQLite in the "
        "data folder.",
    )
    database_pool: int = Field(
        default=20, ge=2, le=1_000, description="Connections of one process to PostgreSQL at most."
    )
    database_timeout: float = Field(
        default=30,
        gt=0,
        le=3_600,
        description="Seconds that a connection, a writer's turn or one statement may take.",
    )
    changes_days: int = Field(
        default=30, ge=1, le=36_500, description="Days that the change log is kept for search indexes."
    )
    organisation: str = Field(
        default="default", pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="Key of the organisation."
    )
    host: str = Field(default="127.0.0.1", description="Address the server binds.")
    port: int = Field(default=8080, ge=1, le=65535, description="Port the server binds.")
    workers: int = Field(default=2, ge=1, le=64, description="Web worker processes.")
    threads: int = Field(default=16, ge=1, le=512, description="Threads per web worker.")
    access_token: str = Field(
        default="", repr=False, description="Token asked of every request; needed to bind beyond loopback."
    )
    metrics_token: str = Field(
        default="", repr=False, description="Token that opens /metrics and nothing else, for a scraper."
    )
    ready_lag: int = Field(
        default=3_600,
        ge=1,
        le=1_000_000,
        description="Seconds that the index may be behind before /readyz says no.",
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="How lines of the log are written: text or json."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="What is logged: debug, info (each request), warning or error."
    )
    allowed_hosts: str = Field(
        default="", description="Further host names, comma separated, by which the server may be called."
    )
    reindex_failures: int = Field(
        default=0, ge=0, description="People who may be missing from a new search index that is put in place."
    )
    elasticsearch_url: str = Field(
        default="",
        description="Addresses of Elasticsearch, comma separated; empty means the embedded index.",
    )
    elasticsearch_api_key: str = Field(default="", repr=False, description="Its key, instead of a user.")
    elasticsearch_user: str = Field(default="", description="Its user.")
    elasticsearch_password: str = Field(default="", repr=False, description="The user's password.")
    elasticsearch_ca: Path | None = Field(
        default=None, description="File of the authority that signed its certificate."
    )
    elasticsearch_client_cert: Path | None = Field(
        default=None, description="File of the certificate that says who asks."
    )
    elasticsearch_client_key: Path | None = Field(
        default=None, repr=False, description="File of that certificate's key."
    )
    elasticsearch_prefix: str = Field(
        default="credmatch",
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="What the names of its indexes begin with.",
    )
    elasticsearch_replicas: int = Field(
        default=1, ge=0, le=8, description="Copies of an index, as far as there are nodes to hold them."
    )
    elasticsearch_timeout: float = Field(
        default=10.0,
        ge=0.1,
        le=600,
        description="Seconds that a search waits for Elasticsearch, all its tries together.",
    )
    elasticsearch_competencies: bool = Field(
        default=True,
        description="Whether Elasticsearch finds competencies too; else each process does, sooner and alike.",
    )
    import_document: int = Field(
        default=8_000_000,
        ge=1_000,
        le=1_000_000_000,
        description=(
            "Bytes of one JSON document (of a list, each), token or SVG image, or of a PNG's credential"
        ),
    )
    import_line: int = Field(
        default=8_000_000, ge=1_000, le=1_000_000_000, description="Bytes of one line of JSON Lines"
    )
    import_row: int = Field(
        default=1_000_000,
        ge=1_000,
        le=100_000_000,
        description="Bytes of one row of a table, over all its lines",
    )
    import_values: int = Field(
        default=250_000,
        ge=100,
        le=100_000_000,
        description=(
            "Values of one JSON document, and values that its references lead to; elements or lines of an "
            "SVG image, chunks of a PNG image, empty lines in a row"
        ),
    )
    import_nesting: int = Field(
        default=200,
        ge=10,
        le=500,
        description="Levels of lists and objects in a JSON document, and of elements in an SVG image",
    )
    import_parts: int = Field(
        default=10_000,
        ge=1,
        le=1_000_000,
        description=(
            "Parts of one thing: awards, endorsements or entries of a document or of a list in it, columns "
            "or lines of a row, attributes of an element, refusals in a row"
        ),
    )
    import_competencies: int = Field(
        default=500,
        ge=1,
        le=100_000,
        description="Competencies of one achievement, its relations, and keywords of one skill, each",
    )
    import_depth: int = Field(
        default=8, ge=1, le=16, description="Archives in archives, and documents in documents"
    )
    import_unpacked: int = Field(
        default=2_000_000_000,
        ge=1_000,
        le=1_000_000_000_000,
        description="Bytes of an archive or a compressed file, unpacked",
    )
    import_ratio: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description=(
            "Times its size that an archive or a compressed file may unpack to, beyond 16 MB; "
            "each file in it counts as 4 KB more"
        ),
    )
    import_xz: int = Field(
        default=40_000_000,
        ge=1_000_000,
        le=4_000_000_000,
        description=(
            "Bytes of memory that unpacking an xz file may take: one packed with -9 asks for 68,000,000"
        ),
    )
    import_entries: int = Field(
        default=20_000,
        ge=1,
        le=10_000_000,
        description="Files in a folder, or in an archive with all the archives in it",
    )
    import_beside: int = Field(
        default=64_000_000,
        ge=1_000,
        le=10_000_000_000,
        description=(
            "Bytes of the JSON files of a folder among which a badge finds its class and issuer; "
            "of an archive's a quarter, which is held in memory"
        ),
    )
    import_refused: int = Field(
        default=1_000,
        ge=1,
        le=1_000_000,
        description=(
            "Refusals of one kind from one file that are listed where nothing could be corrected; "
            "more are counted in one"
        ),
    )
    upload_body: int = Field(
        default=10_000_000,
        ge=10_000,
        le=1_000_000_000,
        description="Bytes of one request, with all the files sent in it",
    )
    upload_unpacked: int = Field(
        default=64_000_000,
        ge=1_000,
        le=10_000_000_000,
        description="As CREDMATCH_IMPORT_UNPACKED, of an archive that is sent",
    )
    upload_entries: int = Field(
        default=1_000,
        ge=1,
        le=100_000,
        description=(
            "Files and fields of one request; as CREDMATCH_IMPORT_ENTRIES, of an archive that is sent"
        ),
    )
    vocabulary_document: int = Field(
        default=64_000_000,
        ge=1_000,
        le=1_000_000_000,
        description="Bytes of one JSON document, or one table, that holds a framework",
    )
    vocabulary_values: int = Field(
        default=3_000_000,
        ge=100,
        le=100_000_000,
        description="Values of one JSON document that holds a framework",
    )

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'credmatch.db').resolve()}"

    @property
    def index_dir(self) -> Path:
        """Folder of the embedded engine's generations."""
        return self.data_dir / "index"

    @property
    def vocabulary_dir(self) -> Path:
        """Folder of the compiled vocabularies (rebuilt from the database when missing)."""
        return self.data_dir / "vocabulary"


def variable(name: str) -> str:
    """The variable that a setting is read from."""
    return _PREFIX + name.upper()


def read_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; keyword arguments win over it.

    Raises ConfigurationError naming the variable when one is unknown or has a wrong value.
    """
    known = {variable(name) for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known)
    if unknown:
        raise ConfigurationError(f"unknown setting {unknown[0]}; {_hint(unknown[0])}")
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = variable(str(first["loc"][0]))
        raise ConfigurationError(f"{name}: {first['msg']}") from error


def _hint(unknown: str) -> str:
    """Which settings may be meant; what all names begin with makes none of them alike."""
    near = difflib.get_close_matches(unknown.removeprefix(_PREFIX).lower(), Settings.model_fields)
    return f"did you mean {' or '.join(map(variable, near))}?" if near else "README.md lists all"
