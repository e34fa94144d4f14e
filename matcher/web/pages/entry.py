"""Signing in where an access token is asked for."""

from __future__ import annotations

from flask import redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matcher.web.guard import guard, is_local


def sign_in() -> str | Response | tuple[str, int]:
    """`/sign-in`: asks for the access token and goes on to where the person was heading."""
    target = request.values.get("next", "")
    if not is_local(target):
        target = url_for("pages.positions")
    if not guard().asks:
        return redirect(target)
    if request.method == "GET":
        return render_template("sign_in.html", target=target, error="")
    if guard().sign_in(request.form.get("token", "")):
        return redirect(target)
    return render_template("sign_in.html", target=target, error=_("This is not the access token.")), 403


def sign_out() -> Response:
    """`/sign-out`: forgets the browser."""
    session.clear()
    return redirect(url_for("pages.sign_in"))
