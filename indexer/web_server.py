"""The web workers: gunicorn with threads, on a socket that is bound already."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.base import Worker

from app import create_app
from matcher.settings import Settings

_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes its own unnamed file there


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's master. The modules are imported before it forks; the parts are made in each worker, so that
    no connection, thread or mapped index crosses a fork.
    """

    def __init__(self, settings: Settings, fd: int) -> None:
        self._settings = settings
        self._fd = fd
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn all that differs from its defaults; no file and no variable of its own is read."""
        chosen: dict[str, Any] = {
            "bind": f"fd://{self._fd}",
            "workers": self._settings.workers,
            "worker_class": "gthread",
            "threads": self._settings.threads,
            "graceful_timeout": 8,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_worker_init": self._announce,
        }
        if os.access(_MEMORY, os.W_OK):
            chosen["worker_tmp_dir"] = str(_MEMORY)  # heartbeats never wait for a slow disk
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, made in each worker."""
        application = create_app(self._settings)
        # What a worker keeps (vocabulary, relations) lives as long as it does; looking through all of it for
        # garbage again and again made one request in ten take twice as long.
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        return application

    def _announce(self, worker: Worker) -> None:
        if worker.age == 1:
            host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
            click.echo(
                f"credmatch is ready at http://{host}:{self._settings.port}/ (Ctrl-C stops it)", err=True
            )
