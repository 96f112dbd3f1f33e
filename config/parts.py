"""The parts of one installation, as `serve` forks them: web server, worker, jobs without a broker.

`load` and `warm_up` come first, in the one who forks: what they leave in memory, all parts share.
"""

import gc
import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.urls import get_resolver
from django.utils import translation
from gunicorn.app.base import BaseApplication

from config.schedule import QUEUES

WEB_PROCESSES, WEB_THREADS = 2, 2
_LOADED = (  # ours, and what Celery and gunicorn would load late, each process for itself
    "config.urls",
    "config.celery",
    "config.wakes",
    "celery.app.amqp",
    "celery.app.events",
    "celery.app.log",
    "celery.app.routes",
    "celery.apps.worker",
    "celery.backends.base",
    "celery.concurrency.prefork",
    "celery.contrib.django.task",
    "celery.events.receiver",
    "celery.worker.consumer",
    "django.core.wsgi",
    "gunicorn.workers.gthread",
    "kombu.transport.redis",
    "whitenoise.middleware",
)


def load() -> None:
    """Load whatever the parts will need, and open nothing: no connection, no thread."""
    os.environ["CELERY_SKIP_CHECKS"] = "1"  # `serve` makes them; they touch all that is shared
    for module in _LOADED:
        import_module(module)
    import_module("config.celery").app.loader.import_default_modules()


def warm_up() -> None:
    """Do once, on a database that is ready, what would cost each part something at its first use.

    Whatever is opened is closed again. A page that fails is logged, and fails again for whoever asks.
    """
    application = import_module("config.wsgi").application  # it looks for the static files
    for model in apps.get_models():
        model._meta.get_fields()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            get_resolver()._populate()
        host = urlsplit(settings.SITE_URL).netloc
        asked = {"PATH_INFO": "/accounts/login/", "HTTP_HOST": host}
        setup_testing_defaults(asked)
        application(asked | {"HTTP_ACCEPT_LANGUAGE": language}, lambda *_: None).close()
    connections.close_all()


class Web(BaseApplication):
    """gunicorn with our application, which was loaded before."""

    def __init__(self, bind: Iterable[str]) -> None:
        self._bind = list(bind)
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": self._bind,
            "workers": WEB_PROCESSES,
            "threads": WEB_THREADS,
            "worker_class": "gthread",
            "preload_app": True,
            "control_socket_disable": True,
            "timeout": 60,
            "graceful_timeout": 20,
            "loglevel": "warning",
            "pre_fork": lambda _server, _worker: gc.freeze(),
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return import_module("config.wsgi").application


def run_web(*, bind: Iterable[str]) -> None:
    """Serve pages on the addresses `bind` until SIGTERM."""
    Web(bind).run()


def run_worker(*, broker_url: str, ready: Path) -> None:
    """Wake the jobs of the schedule, and do them, until SIGTERM; make the file `ready` when it begins."""
    os.environ["REDIS_URL"] = broker_url
    os.environ["WORKER_READY_FILE"] = str(ready)
    app = import_module("config.celery").app
    app.conf.broker_url = broker_url  # it was loaded before its broker was known
    app.steps["consumer"].add(import_module("config.wakes").Wakes)
    worker = app.Worker(
        queues=",".join(QUEUES),
        concurrency=1,
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,  # nobody listens, and without a broker it would hang the end
    )
    worker.start()
    raise SystemExit(worker.exitcode)


def run_jobs() -> None:
    """Run the jobs of the schedule without a broker until SIGTERM."""
    call_command("run_jobs")
