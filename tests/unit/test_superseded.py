"""Older versions: never taken again, but by authority."""

from __future__ import annotations

from matcher.store.superseded import Version

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16


def test_a_new_version_replaces_and_is_remembered() -> None:
    version = Version(A)
    assert version.advance(B, authoritative=False)
    assert version.current == B
    assert version.changes() == ({A}, frozenset())


def test_the_same_or_an_empty_version_changes_nothing() -> None:
    version = Version(A)
    assert not version.advance(A, authoritative=True)
    assert not version.advance(b"", authoritative=True)
    assert version.changes() == (set(), frozenset())


def test_an_older_version_does_not_come_back() -> None:
    version = Version(B)
    version.load_older([A])
    assert not version.advance(A, authoritative=False)
    assert version.advance(C, authoritative=False)
    assert not version.advance(B, authoritative=False)
    assert version.current == C
    assert version.changes() == ({B}, frozenset())


def test_an_authority_brings_an_older_version_back() -> None:
    version = Version(B)
    version.load_older([A])
    assert version.advance(A, authoritative=True)
    assert version.current == A
    assert version.changes() == ({B}, frozenset({A}))


def test_nothing_is_remembered_of_what_said_nothing() -> None:
    version = Version()
    assert version.advance(A, authoritative=False)
    assert version.changes() == (set(), frozenset())
