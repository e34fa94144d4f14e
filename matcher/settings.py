"""Settings: read once from CREDMATCH_* variables, typed, frozen. Unknown names are refused."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from matcher.errors import ConfigurationError

_PREFIX = "CREDMATCH_"


class Settings(BaseSettings):
    """Everything an operator can set. Each field's name, upper-cased behind CREDMATCH_, is its variable."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid")

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
    allowed_hosts: str = Field(
        default="", description="Further host names, comma separated, by which the server may be called."
    )
    reindex_failures: int = Field(
        default=0, ge=0, description="People who may be missing from a new search index that is put in place."
    )
    import_document: int = Field(
        default=8_000_000, ge=1_000, description="Bytes of one imported JSON document, image or token"
    )
    import_line: int = Field(default=8_000_000, ge=1_000, description="Bytes of one line of JSON Lines")
    import_values: int = Field(
        default=400_000, ge=100, description="Values that one imported JSON document holds"
    )
    import_unpacked: int = Field(
        default=2_000_000_000, ge=1_000, description="Bytes that an imported archive holds, unpacked"
    )
    import_entries: int = Field(default=20_000, ge=1, description="Files in an imported archive or folder")
    import_depth: int = Field(
        default=4, ge=1, le=16, description="Archives in archives, and documents in documents"
    )
    import_awards: int = Field(
        default=10_000,
        ge=1,
        description="Awards of one imported document, and entries of a list of documents",
    )
    vocabulary_document: int = Field(
        default=64_000_000, ge=1_000, description="Bytes of one JSON document that holds a framework"
    )
    vocabulary_values: int = Field(
        default=3_000_000, ge=100, description="Values that one JSON document of a framework holds"
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


def read_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; keyword arguments win over it.

    Raises ConfigurationError naming the variable when one is unknown or has a wrong value.
    """
    known = {_PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known)
    if unknown:
        raise ConfigurationError(f"unknown setting {unknown[0]}; known are {', '.join(sorted(known))}")
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = _PREFIX + str(first["loc"][0]).upper()
        raise ConfigurationError(f"{name}: {first['msg']}") from error
