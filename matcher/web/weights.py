"""Weights and levels in words: what a recruiter chooses, and the number that it stands for."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

WEIGHTS = {
    4.0: _l("essential"),
    2.0: _l("important"),
    1.0: _l("useful"),
    0.5: _l("a plus"),
}
"""A requirement's weight, relative to the others'."""

USUAL_WEIGHT = 2.0

LEVELS = {
    0.25: _l("from basic"),
    0.5: _l("from intermediate"),
    0.75: _l("from advanced"),
    1.0: _l("highest level"),
}
"""The least level of an award, as a share of its scale."""
