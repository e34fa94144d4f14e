"""The language of a page: chosen by ?lang=, else by an earlier choice (a cookie), else by the browser."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from babel import Locale
from babel.numbers import get_decimal_symbol
from flask import Flask, Response, request, url_for
from flask_babel import (
    Babel,
    format_date,
    format_decimal,
    format_percent,
    format_timedelta,
    get_locale,
    gettext,
)

from matcher.messages import Said
from matcher.settings import Bound, variable

LANGUAGES = {"en": "English", "fr": "Français"}
"""What a person can choose, in its own words."""

TRANSLATIONS = Path(__file__).parent / "translations"

_LOCALES = {"en": "en_CA", "fr": "fr_CA"}
_COOKIE = "lang"
_YEAR = 365 * 86_400


def speak(app: Flask) -> None:
    """Have the pages of `app` speak their reader's language."""
    Babel(
        app,
        default_locale=_LOCALES["en"],
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=_locale,
    )
    app.after_request(_remember)
    app.jinja_env.globals.update(languages=LANGUAGES, language=language, in_language=in_language)
    app.jinja_env.filters.update(day=day, duration=duration, number=format_decimal, percent=percent)
    app.jinja_env.filters["spoken"] = spoken
    app.jinja_env.tests["said"] = lambda text: isinstance(text, Said)
    app.jinja_env.filters.update(points=points, exactly=exactly, factor=factor)


def language() -> str:
    """ "en" or "fr": the language of the current request."""
    return _current().language


def in_language(code: str) -> str:
    """The address of the current page in another language."""
    if request.endpoint is None:
        return f"/?lang={code}"
    asked = {name: value for name, value in request.args.items() if name != "lang"}
    return url_for(request.endpoint, **{**asked, **(request.view_args or {}), "lang": code})


def spoken(text: str) -> str:
    """A text in the reader's language where it was marked (see `matcher.messages`), else as it is."""
    if not isinstance(text, Said):
        return text
    return str(gettext(text.template)) % {name: _value(value) for name, value in text.values.items()}


def _value(value: object) -> str:
    """What was filled into a sentence, as the reader's language writes it."""
    if isinstance(value, tuple):
        return ", ".join(map(_value, value))
    if isinstance(value, Bound):
        return f"{format_decimal(int(value))} ({variable(value.setting)})"
    if type(value) is int:
        return str(format_decimal(value))
    return spoken(value) if isinstance(value, str) else str(value)


def day(iso: str | None) -> str:
    """A day in ISO form as people write it; "" for None."""
    return "" if iso is None else format_date(date.fromisoformat(iso), "medium")


def duration(seconds: int) -> str:
    """How long so many seconds are, roughly, in the largest unit that fits: "2 minutes"."""
    return str(format_timedelta(timedelta(seconds=seconds)))


def percent(share: float) -> str:
    """A share of 1 in whole per cent; above nothing it is at least 1 %, below everything at most 99 %."""
    whole = round(share * 100)
    if 0 < share < 1:
        whole = min(max(whole, 1), 99)
    return str(format_percent(whole / 100))


def points(share: float) -> str:
    """A share of 1 in points of 100, with two decimals."""
    return f"{share * 100:.2f}".replace(".", _point())


def exactly(share: float) -> str:
    """A share of 1 in points of 100, with the four decimals that a score has: so shown, points add up."""
    return f"{share * 100:.4f}".replace(".", _point())


def factor(value: float) -> str:
    """A factor as it was multiplied, with at most four decimals."""
    return str(format_decimal(value, "0.####"))


def _point() -> str:
    return str(get_decimal_symbol(_current()))


def _current() -> Locale:
    return get_locale() or Locale.parse(_LOCALES["en"])


def _locale() -> str:
    for chosen in (request.args.get("lang"), request.cookies.get(_COOKIE)):
        if chosen in _LOCALES:
            return _LOCALES[chosen]
    return _LOCALES[request.accept_languages.best_match(LANGUAGES, "en")]


def _remember(response: Response) -> Response:
    chosen = request.args.get("lang")
    if chosen in LANGUAGES:
        response.set_cookie(_COOKIE, chosen, max_age=_YEAR, samesite="Lax", httponly=True)
    response.headers.add("Vary", "Accept-Language, Cookie")
    return response
