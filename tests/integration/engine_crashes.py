"""Kills a writer of the embedded engine at one file operation after the other, and looks at what is left.

    python -m tests.integration.engine_crashes FOLDER SEED

Each run makes the same steps (build, apply, apply with mergers, build again, go back and catch up) in a
child that kills itself with SIGKILL just before its n-th operation on a file of the index; n goes up until a
run comes through. After each the index must answer exactly as after the last step done or the next
one, go on with a build that was killed, go on taking changes, and be cleaned of left-overs. Prints how many
moments were tried, and in how many of them a build was gone on with.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from random import Random

from matcher.records import SearchDocument
from matcher.search import embedded
from matcher.search.embedded import EmbeddedEngine
from tests.contract.brute import answer, random_documents, random_query, recalled, replace

STEPS = 7
RETURN = 6
_WATCHED = {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "mmap.__new__", "os.scandir"}
_LONGER_THAN_ANY_RUN = 10_000

Pool = dict[int, SearchDocument]


def main() -> None:
    """Try every moment; ends with an AssertionError at the first that leaves something wrong."""
    root, seed = Path(sys.argv[1]), int(sys.argv[2])
    embedded.SEGMENT_ROWS = 24
    resumed = 0
    for moment in range(1, _LONGER_THAN_ANY_RUN):
        folder = root / str(moment)
        done = root / f"{moment}.done"
        done.write_text("0")
        status = run_killed(folder, done, seed, moment)
        assert status in {0, signal.SIGKILL}, f"moment {moment}: the run ended with {status}"
        resumed += examine(folder, int(done.read_text()), seed, moment)
        shutil.rmtree(folder)
        if status == 0:
            sys.stdout.write(f"{moment} moments, {resumed} gone on with\n")
            return


def run_killed(folder: Path, done: Path, seed: int, moment: int) -> int:
    """Make all steps in a child that is killed at a moment; gives how it ended."""
    child = os.fork()
    if child == 0:
        count = 0

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal count
            if event in _WATCHED:
                count += 1
                if count == moment:
                    os.kill(os.getpid(), signal.SIGKILL)

        engine = EmbeddedEngine(folder)
        sys.addaudithook(watch)
        for number in range(1, STEPS + 1):
            make(engine, seed, number)
            with open(os.open(done, os.O_WRONLY), "w", closefd=True) as file:  # noqa: PTH123
                file.write(str(number))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) * -1


def make(engine: EmbeddedEngine, seed: int, number: int) -> bool:
    """Make one step, whose number is the change number too; whether it went on with an unfinished build."""
    documents = step(seed, number)
    if is_build(number):
        with engine.build("o", floor=number, vocabulary="v", change_number=number) as builder:
            reached = builder.reached
            builder.add([document for document in documents if document.candidate > reached])
            builder.publish(number)
            return reached > 0
    if is_return(number):
        with engine.reopen("o") as builder:
            builder.add(documents)
            builder.publish(number)
    else:
        engine.apply("o", documents, number)
    return False


def is_build(number: int) -> bool:
    """Whether a step builds a generation; others apply changes."""
    return number in {1, 4}


def is_return(number: int) -> bool:
    """Whether a step brings the generation before up to date and swaps it back."""
    return number == RETURN


def step(seed: int, number: int) -> list[SearchDocument]:
    """The documents of a step; those of a build rise."""
    documents = random_documents(Random(seed * 1_000 + number), 60 if is_build(number) else 12)
    return sorted(documents, key=lambda document: document.candidate) if is_build(number) else documents


def expected(seed: int, last: int) -> Pool:
    """The pool after the steps up to `last`."""
    pool: Pool = {}
    before: Pool = {}
    for number in range(1, last + 1):
        if is_build(number):
            pool, before = {}, pool
        if is_return(number):
            pool, before = before, pool
        replace(pool, step(seed, number))
    return pool


def examine(folder: Path, done: int, seed: int, moment: int) -> bool:
    """Check what is left after `done` steps were made for certain; whether a build was gone on with."""
    engine = EmbeddedEngine(folder)
    state = engine.state("o")
    number = 0 if state is None else state.change_number
    assert done <= number <= done + 1, f"moment {moment}: {done} steps done, the index has {number}"
    if number:
        compare(engine, seed, number, moment)
    resumed = make(engine, seed, number + 1)
    compare(engine, seed, number + 1, moment)
    with engine.build("o", floor=0, vocabulary="", change_number=0) as builder:
        builder.publish(number + 2)
    left = {path.name for path in (folder / "o").iterdir()} - {"manifest.json", "writer.lock"}
    assert len(left) == len(["the last", "the live one"]), f"moment {moment}: left {sorted(left)}"
    return resumed


def compare(engine: EmbeddedEngine, seed: int, number: int, moment: int) -> None:
    """Check the answers to some queries after a step."""
    pool = expected(seed, number)
    random = Random(moment)
    for _ in range(3):
        query = random_query(random)
        found, _ = recalled(engine, "o", query, 5)
        assert found == answer(pool, query), f"moment {moment}: wrong after step {number}"
    alive = [d for _, d in sorted(pool.items()) if d.now or d.ever or d.keywords]
    assert engine.documents("o", 0, len(pool) + 1) == alive, f"moment {moment}: rows after step {number}"


if __name__ == "__main__":
    main()
