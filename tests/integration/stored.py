"""What a database holds, in words that do not depend on the order in which rows got their numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from matcher.store.database import Database

_TABLES: Mapping[str, str] = {
    "issuers": "SELECT key, name, url, known FROM issuers",
    "achievements": """
        SELECT a.key, i.key, a.name, a.description, a.reading, a.digest
        FROM achievements a JOIN issuers i ON i.id = a.issuer_id""",
    "claims": """
        SELECT a.key, c.uri, k.inferred FROM achievement_competencies k
        JOIN achievements a ON a.id = k.achievement_id JOIN competencies c ON c.id = k.competency_id""",
    "related": """
        SELECT a.key, r.type, r.other_key FROM achievement_relations r
        JOIN achievements a ON a.id = r.achievement_id""",
    "competencies": """
        SELECT c.uri, c.kind, c.label_en, f.name, l.language, l.text, l.preferred FROM competencies c
        JOIN frameworks f ON f.id = c.framework_id JOIN labels l ON l.competency_id = c.id""",
    "candidates": """
        SELECT c.key, c.region, c.languages, c.digest, p.name, p.email
        FROM candidates c JOIN people p ON p.candidate_id = c.id""",
    "identifiers": """
        SELECT i.identifier, c.key FROM identifiers i JOIN candidates c ON c.id = i.candidate_id""",
    "applications": """
        SELECT c.key, a.position_key FROM applications a JOIN candidates c ON c.id = a.candidate_id""",
    "awards": """
        SELECT w.key, c.key, a.key, w.digest, w.issued, w.valid_from, w.expires, w.status, w.level,
               w.level_label, w.proof, w.evidence, w.credential_status, w.refresh_service
        FROM awards w JOIN candidates c ON c.id = w.candidate_id
        JOIN achievements a ON a.id = w.achievement_id""",
    "endorsements": "SELECT key, about, issuer_name, issuer_url, comment, issued FROM endorsements",
    "superseded": """
        SELECT s.kind, coalesce(c.key, a.key, w.key), s.digest FROM superseded s
        LEFT JOIN candidates c ON s.kind = 'candidate' AND c.id = s.owner_id
        LEFT JOIN achievements a ON s.kind = 'achievement' AND a.id = s.owner_id
        LEFT JOIN awards w ON s.kind = 'award' AND w.id = s.owner_id""",
    "quarantine": 'SELECT line, "where", reason, raw, digest FROM quarantine',
    "changes": "SELECT c.key FROM changes g JOIN candidates c ON c.id = g.candidate_id",
}


def contents(
    database: Database, *, without: frozenset[str] = frozenset()
) -> dict[str, list[tuple[object, ...]]]:
    """Table -> its rows, sorted; ids are written as keys, and draws and moments of storing are left out."""
    with database.read() as connection:
        return {
            name: sorted((_plain(row) for row in connection.exec_driver_sql(query)), key=repr)
            for name, query in _TABLES.items()
            if name not in without
        }


def _plain(row: Iterable[object]) -> tuple[object, ...]:
    """A row as SQLite has it, whose JSON is text."""
    return tuple(json.dumps(value) if isinstance(value, list) else value for value in row)
