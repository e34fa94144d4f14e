"""How much of a file is read at most. Every number is a setting: CREDMATCH_IMPORT_..., or of uploads and
vocabularies where these have bounds of their own."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from matcher.settings import Bound, Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep the time and memory of one file small, whatever it holds; each is a `Bound`.

    What they are of is said where they are set: `import_...` in `matcher/settings.py`.
    """

    document: int = Settings.model_fields["import_document"].default
    line: int = Settings.model_fields["import_line"].default
    row: int = Settings.model_fields["import_row"].default
    values: int = Settings.model_fields["import_values"].default
    nesting: int = Settings.model_fields["import_nesting"].default
    parts: int = Settings.model_fields["import_parts"].default
    competencies: int = Settings.model_fields["import_competencies"].default
    depth: int = Settings.model_fields["import_depth"].default
    unpacked: int = Settings.model_fields["import_unpacked"].default
    ratio: int = Settings.model_fields["import_ratio"].default
    xz: int = Settings.model_fields["import_xz"].default
    entries: int = Settings.model_fields["import_entries"].default
    beside: int = Settings.model_fields["import_beside"].default
    refused: int = Settings.model_fields["import_refused"].default

    def __post_init__(self) -> None:
        for field in fields(self):
            number = getattr(self, field.name)
            if not isinstance(number, Bound):
                object.__setattr__(self, field.name, Bound(number, f"import_{field.name}"))


def limits_of(settings: Settings) -> Limits:
    """The limits of what an operator imports."""
    return Limits(**{field.name: getattr(settings, f"import_{field.name}") for field in fields(Limits)})


def upload_limits(settings: Settings) -> Limits:
    """The limits of what is sent over HTTP: a request waits for its answer, and less is unpacked."""
    limits = limits_of(settings)
    return replace(
        limits,
        unpacked=min(limits.unpacked, Bound(settings.upload_unpacked, "upload_unpacked")),
        entries=min(limits.entries, Bound(settings.upload_entries, "upload_entries")),
    )


VOCABULARY_LIMITS = Limits(document=64_000_000, values=3_000_000)
"""Bounds of frameworks where no settings are read: those that the settings have by default."""


def vocabulary_limits(settings: Settings) -> Limits:
    """The limits for frameworks of competencies, which an operator imports: larger documents."""
    return replace(
        limits_of(settings),
        document=Bound(settings.vocabulary_document, "vocabulary_document"),
        values=Bound(settings.vocabulary_values, "vocabulary_values"),
    )
