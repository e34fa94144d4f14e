"""The Flask application: pages and API over the services it is given."""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from matcher.settings import Settings
from matcher.web import api, pages
from matcher.web.addresses import EncodedSlashes, KeyConverter, is_web_address
from matcher.web.guard import Guard
from matcher.web.language import speak
from matcher.web.problems import answer_errors
from matcher.web.secret import secret_key
from matcher.web.services import Services, extension
from matcher.web.watching import Watching
from matcher.web.words import WORDS


def make_site(settings: Settings, services: Services, watching: Watching) -> Flask:
    """The application for one installation. Raises ConfigurationError where its folder cannot be used."""
    app = Flask("matcher.web")
    app.config.from_mapping(
        SECRET_KEY=secret_key(settings.data_dir),
        MAX_CONTENT_LENGTH=settings.upload_body,
        MAX_FORM_MEMORY_SIZE=settings.upload_body,
        MAX_FORM_PARTS=settings.upload_entries,
        # Cookies do not know ports: two installations on one machine keep theirs apart.
        SESSION_COOKIE_NAME=f"credmatch_{settings.port}",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the browser's session: nothing typed is lost
        WTF_CSRF_SSL_STRICT=False,  # the guard checks where requests come from
    )
    app.extensions.update(extension(services))
    app.url_map.converters["key"] = KeyConverter
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(WORDS, token_asked=bool(settings.access_token))
    app.jinja_env.globals.update(most_sent=settings.upload_body)
    app.jinja_env.tests["web_address"] = is_web_address
    watching.watch(app)
    Guard(settings).watch(app)
    forms = CSRFProtect(app)
    speak(app)
    answer_errors(app)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(api.blueprint)
    forms.exempt(api.blueprint)  # for programs; what a page of another site sends, the guard refuses
    app.wsgi_app = EncodedSlashes(app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way
    return app
