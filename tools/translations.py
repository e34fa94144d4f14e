"""Brings the French catalogue up to date with the pages: `python -m tools.translations`.

Collects every text that is marked for translation, keeps what is translated, and compiles. What is new stands
untranslated in the .po file afterwards; tests say so until somebody translates it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

FOLDERS = tuple(Path(__file__).parents[1] / name for name in ("matcher", "indexer"))
PO = FOLDERS[0] / "web" / "translations" / "fr" / "LC_MESSAGES" / "messages.po"

_METHODS = [("**.py", "python"), ("web/templates/**.html", "jinja2.ext:babel_extract")]
_KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "said": None, "marked": None}
_OPTIONS = {"web/templates/**.html": {"trimmed": "true"}}
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # the same texts give the same file


def collect() -> Catalog:
    """All texts that are marked for translation: in pages, in errors, and in what readers say of files."""
    template = Catalog(project="credmatch", charset="utf-8", creation_date=_ANY_DAY)
    for folder in FOLDERS:
        found = extract_from_dir(folder, _METHODS, _OPTIONS, keywords=_KEYWORDS, strip_comment_tags=True)
        for path, line, message, comments, context in found:
            template.add(message, None, [(path, line)], auto_comments=comments, context=context)
    return template


def translated() -> Catalog:
    """The French catalogue as it is stored."""
    with PO.open("rb") as file:
        return read_po(file, locale="fr", domain="messages")


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as pages load it."""
    stream = BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def main() -> None:
    """Write both files anew."""
    catalogue = translated() if PO.exists() else Catalog(locale="fr", project="credmatch", charset="utf-8")
    catalogue.update(collect(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = catalogue.revision_date = _ANY_DAY
    catalogue.header_comment = "# French texts of the pages."
    catalogue.last_translator = catalogue.language_team = "credmatch"
    catalogue.version, catalogue.msgid_bugs_address, catalogue.fuzzy = "0", "", False
    with PO.open("wb") as file:
        write_po(file, catalogue, width=110, include_lineno=False)
    PO.with_suffix(".mo").write_bytes(compiled(translated()))
    missing = sum(1 for message in catalogue if message.id and not message.string)
    sys.stderr.write(f"{len(catalogue)} texts, {missing} without a translation\n")


if __name__ == "__main__":
    main()
