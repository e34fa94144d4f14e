"""Makes the vocabulary that ships with credmatch from ESCO's CSV export.

    python -m indexer.build_vocabulary ESCO_CSV_DIR

writes two files into matcher/vocabulary/data (or --output):

    esco.jsonl.xz     a first line about the whole ({"framework", "version", "source", "licence",
                      "attribution", "competencies"}), then a line a competency, sorted by URI:
                      {"uri", "kind", "en", "fr", "aliases_en", "aliases_fr", "broader", "related"}.
                      The last two hold 0-based positions among the competencies; what is empty is left out.
    esco-vectors.npz  `label` and `description`: int8, shape (competencies, 384), the quantised vectors of
                      the English preferred label and of ESCO's English description (whose text is in
                      neither file), rows in the same order; `model` and `revision`: what made them.

The same export gives the same lines everywhere, and the same bytes with the same libraries; vectors differ
by single units between processors. What ESCO's reader rejects is listed on standard error and left out.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress

from indexer.readers.esco import read_esco
from indexer.readers.frameworks import FrameworkCompetency
from matcher.errors import CredmatchError
from matcher.records import Rejected
from matcher.vocabulary.encoder import MODEL, REVISION, LocalEncoder

COMPETENCIES_FILE = "esco.jsonl.xz"
VECTORS_FILE = "esco-vectors.npz"

_OUTPUT = Path(__file__).resolve().parents[1] / "matcher" / "vocabulary" / "data"
_FOLDER = click.Path(file_okay=False, path_type=Path)
_ABOUT = {
    "source": "https://esco.ec.europa.eu/en/use-esco/download",
    "licence": "Reuse with acknowledgement, Commission Decision 2011/833/EU",
    "attribution": (
        "This service uses the ESCO classification of the European Commission. It is changed here: see "
        "ATTRIBUTION.md beside this file."
    ),
}


@click.command()
@click.argument("folder", metavar="ESCO_CSV_DIR", type=_FOLDER)
@click.option("--output", type=_FOLDER, default=_OUTPUT, help="Folder to write into.")
@click.option("--esco-version", default="1.1.1", show_default=True, help="Version of the export.")
@click.option("--vectors/--no-vectors", default=True, help="Also encode labels and descriptions (minutes).")
def main(folder: Path, output: Path, esco_version: str, vectors: bool) -> None:  # noqa: FBT001 - click's
    """Make the shipped vocabulary from ESCO's CSV files in ESCO_CSV_DIR.

    Example: python -m indexer.build_vocabulary ~/esco-v1.1.1
    """
    console = Console(stderr=True, markup=False, soft_wrap=True)
    try:
        competencies = _read(folder, console)
        output.mkdir(parents=True, exist_ok=True)
        write_competencies(output / COMPETENCIES_FILE, competencies, esco_version)
        console.print(f"{len(competencies)} competencies in {output / COMPETENCIES_FILE}")
        if vectors:
            _write_vectors(output / VECTORS_FILE, competencies, console)
    except CredmatchError as error:
        console.print(f"error: {error}", style="red")
        raise SystemExit(error.exit_code) from error


def write_competencies(path: Path, competencies: Sequence[FrameworkCompetency], version: str) -> None:
    """Write the compact file; `competencies` in the order of their lines. The same input, the same bytes."""
    about = {"framework": "ESCO", "version": version, **_ABOUT, "competencies": len(competencies)}
    position = {competency.uri: index for index, competency in enumerate(competencies)}
    lines = [about, *(_line(competency, position) for competency in competencies)]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def _line(competency: FrameworkCompetency, position: dict[str, int]) -> dict[str, object]:
    line: dict[str, object] = {
        "uri": competency.uri,
        "kind": str(competency.kind),
        "en": competency.labels.get("en", ""),
        "fr": competency.labels.get("fr", ""),
        "aliases_en": competency.aliases.get("en", ()),
        "aliases_fr": competency.aliases.get("fr", ()),
        "broader": sorted(position[uri] for uri in competency.broader if uri in position),
        "related": sorted(position[uri] for uri in competency.related if uri in position),
    }
    return {name: value for name, value in line.items() if value}


def _read(folder: Path, console: Console) -> list[FrameworkCompetency]:
    competencies = []
    for found in read_esco(folder):
        if isinstance(found, Rejected):
            console.print(f"left out: {found.file} line {found.line} {found.where}: {found.reason}")
        elif isinstance(found, FrameworkCompetency):
            competencies.append(found)
    return sorted(competencies, key=lambda competency: competency.uri)


def _write_vectors(path: Path, competencies: Sequence[FrameworkCompetency], console: Console) -> None:
    texts = [competency.labels["en"] for competency in competencies]
    texts += [competency.description for competency in competencies]
    with Progress(console=console) as progress:
        task = progress.add_task("encoding", total=len(texts))
        encoder = LocalEncoder(progress=lambda done, _: progress.update(task, completed=done))
        vectors = encoder.encode(texts)
    labels, descriptions = np.split(vectors, 2)
    np.savez(
        path,
        label=labels,
        description=descriptions,
        model=np.array(MODEL),
        revision=np.array(REVISION),
    )
    console.print(f"{len(texts)} vectors in {path}")


if __name__ == "__main__":
    main()
