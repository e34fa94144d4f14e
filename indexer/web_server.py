"""The web workers: gunicorn with threads, on a socket that is bound already."""

from __future__ import annotations

import gc
import logging
import os
import shutil
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from app import create_app
from matcher.logs import notice
from matcher.settings import Settings
from matcher.web.metrics import keep_counts

_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes its own unnamed file there


_log = logging.getLogger(__name__)


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's master. The modules are imported before it forks; the parts are made in each worker, so that
    no connection, thread or mapped index crosses a fork.
    """

    def __init__(self, settings: Settings, fd: int, metrics_folder: Path) -> None:
        self._settings = settings
        self._metrics_folder = metrics_folder
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
            "logger_class": _Log,
            "loglevel": self._settings.log_level,
            "control_socket_disable": True,
            "post_worker_init": self._announce,
            "child_exit": self._ended,
            "on_exit": self._clear,
        }
        if os.access(_MEMORY, os.W_OK):
            chosen["worker_tmp_dir"] = str(_MEMORY)  # heartbeats never wait for a slow disk
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, made in each worker."""
        application = create_app(self._settings, metrics_folder=self._metrics_folder)
        # What a worker keeps (vocabulary, relations) lives as long as it does; looking through all of it for
        # garbage again and again made one request in ten take twice as long.
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        return application

    def _announce(self, worker: Worker) -> None:
        if worker.age == 1:
            host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
            notice(f"credmatch is ready at http://{host}:{self._settings.port}/ (Ctrl-C stops it)")

    def _ended(self, _: Arbiter, worker: Worker) -> None:
        try:
            keep_counts(self._metrics_folder, worker.pid)
        except OSError as error:
            _log.warning("the counts of a worker that ended are left as they are", exc_info=error)

    def _clear(self, _: Arbiter) -> None:
        shutil.rmtree(self._metrics_folder, ignore_errors=True)


class _Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's log as lines of ours, without what it quotes of requests: an address may name a person."""

    def setup(self, cfg: Any) -> None:
        """Hand all lines on to our handler instead of writing them."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log a warning; of a request that is not HTTP only that there was one."""
        super().warning("a request was not valid HTTP" if _quotes(msg) else msg, *args, **kwargs)

    def exception(self, msg: object, *_: Any, **kwargs: Any) -> None:
        """Log the current exception, whose text our handler judges; without the request's address."""
        words = msg if isinstance(msg, str) else "a worker failed"
        super().exception(words.partition("%")[0].strip(), **kwargs)


def _quotes(message: str) -> bool:
    return message.startswith("Invalid request from")
