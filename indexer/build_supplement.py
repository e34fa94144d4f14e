"""Encodes the English terms of supplement.csv, so that a first start encodes nothing.

    python -m indexer.build_supplement

writes supplement-vectors.npz beside it: `uri`, and `label`: int8, shape (competencies, 384), the quantised
vectors of the terms that are competencies of our own; `model` and `revision`: what made them. To be run after
each change of a term (a test compares the two).
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from indexer.shipped import supplement_rows
from matcher.vocabulary import encoder
from matcher.vocabulary.encoder import MODEL, REVISION, LocalEncoder

VECTORS_FILE = "supplement-vectors.npz"

_OUTPUT = Path(encoder.__file__).parent / "data"


@click.command()
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=_OUTPUT)
def main(output: Path) -> None:
    """Encode the supplement's English terms.

    Example: python -m indexer.build_supplement
    """
    terms = {row["uri"]: row["term_en"] for row in supplement_rows() if row["relation"] != "alias"}
    np.savez(
        output / VECTORS_FILE,
        uri=np.array(list(terms)),
        label=LocalEncoder().encode(list(terms.values())),
        model=np.array(MODEL),
        revision=np.array(REVISION),
    )
    click.echo(f"{len(terms)} vectors in {output / VECTORS_FILE}")


if __name__ == "__main__":
    main()
