"""The errors credmatch raises, and what a caller can do about each.

    CredmatchError
    |-- InvalidInput      what was sent is wrong; the message names the field, place and value: correct it
    |   `-- NotFound      nothing under that key: create it or correct the key
    |-- Changed           what is stored is no longer what was seen: look at it again
    |-- NotScorable       the position has nothing that can be ranked: confirm or change its micro-skills
    |-- Unavailable       a part does not answer just now: try again
    |   |-- Damaged       the search index is not what was written, or cannot catch up: it is built anew
    |   |-- LeaseLost     somebody else may be doing this by now: stop, and ask for the lease again
    |   `-- Moved         the search index went on while it was read: ask again from the start
    |-- Unfit             a search index that was built lacks people: the old one stays; see who and why
    `-- ConfigurationError  a setting, a folder or an installation is wrong: the operator mends it. A server
                          that meets it while it runs was set up well before: whoever asks may try again

A library's error is turned into one of these at the seam where it arrives, with its cause kept.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

from matcher.messages import Said


class CredmatchError(Exception):
    """Base of all errors that are ours. `status` is the HTTP status, `exit_code` the command's."""

    status = 500
    exit_code = 1
    title = "Something went wrong"


class InvalidInput(CredmatchError):
    """Input that cannot be accepted.

    `where` is a place a person can find: a JSON path such as `requirements[2].weight`, or a column. `report`
    is what else a program is told, in JSON: of several things that are wrong, all.
    """

    status = 422
    exit_code = 2
    title = "The input is not valid"

    def __init__(self, message: Said, *, where: str = "", report: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where
        self.reason = message
        self.report = report or {}


class NotFound(InvalidInput):
    """Nothing is stored under the key asked for."""

    status = 404
    exit_code = 3
    title = "Not found"


class Changed(CredmatchError):
    """What is stored is not what the change was made from: somebody else was quicker."""

    status = 412
    exit_code = 2
    title = "It was changed meanwhile"


class NotScorable(CredmatchError):
    """A position without a requirement that can be ranked, or with an unconfirmed must-have."""

    status = 409
    exit_code = 4
    title = "The position cannot be scored yet"


class Unavailable(CredmatchError):
    """A part (database, index, encoder) does not answer; nothing was lost, trying again may help.

    `reason` may be told to whoever asked; `inside` is the whole message where it names what only operators
    should see: an inner address, a path, a server's own words.
    """

    status = 503
    exit_code = 5
    title = "Temporarily unavailable"

    def __init__(self, reason: str, *, inside: str = "") -> None:
        super().__init__(inside or reason)
        self.reason = reason


class Damaged(Unavailable):
    """The search index is not what was written, or the changes it lacks are no longer logged.

    It is a copy: whoever may write builds it anew.
    """


class LeaseLost(Unavailable):
    """What only one process at a time may do is no longer this one's to do."""


class Moved(Unavailable):
    """The state of the index that was being read is gone, and another can be read from the start."""


class Unfit(CredmatchError):
    """A search index that was built or reopened is not put in the place of the one that answers."""

    exit_code = 7
    title = "The new search index cannot be used"


class ConfigurationError(CredmatchError):
    """A setting or the installation is wrong; only the operator can mend it.

    A command ends with it. A server that runs goes on: what it meets was changed under it, such as a
    password, and whoever asks has to wait until it is mended.
    """

    status = 503
    exit_code = 6
    title = "The installation is not set up correctly"


def disk_fails(error: OSError) -> bool:
    """Whether it is the disk's error, which is full or failing, and no wrong path or permission."""
    # NumPy gives no number where a write is cut short, as by a disk that fills up.
    return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO, None}


def unwritten(reason: str, place: Path, error: OSError) -> Unavailable | ConfigurationError:
    """What an error of a file or folder means: the disk may be well again; all else the operator mends."""
    inside = f"{reason}: {place}: {error.strerror or f'a write was cut short, {error}'}"
    return Unavailable(reason, inside=inside) if disk_fails(error) else ConfigurationError(inside)
