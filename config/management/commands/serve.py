"""Run everything that one installation needs: what `make run` starts."""

import http.client
import io
import os
import shlex
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, connections

from config import broker, ground, installation, parts, static_files
from config.processes import Child, Failed, Supervisor, apart, share
from units.actions import people

UNFIT, FAILED = 2, 1


class Command(BaseCommand):
    help = "Prepare the database and run web server, worker, beat and, unless REDIS_URL, Valkey."
    requires_system_checks: list = []
    socket_folder: Path | None = None  # of a broker whose own folder has too long a path

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--prepare-only", action="store_true", help="prepare everything, then stop"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the ground, prepare, start, watch, stop.

        Exit code 0 after a wish to stop (Ctrl-C, SIGTERM), 1 when a part died too often, 2 when
        the ground is unfit: then nothing was started.
        """
        folder = Path(settings.DATA_DIR)
        supervisor = Supervisor(self._say)
        supervisor.interrupt()
        try:
            ground.require_private(settings.HOST, demo=settings.DEMO)
            ground.require_writable(folder)
            lock = ground.take_lock(folder)
            ground.require_same_mode(folder, demo=settings.DEMO)
            ground.require_demonstration(demo=settings.DEMO)
            ground.addresses(settings.HOST, settings.PORT)
            self._require_services()
            parts.load()
            code = apart(lambda: self._make_ready(folder))  # it leaves much that no part needs
            if code == 0 and not options["prepare_only"]:
                parts.warm_up()
                share()
        except ground.Unfit as unfit:
            self._fail(str(unfit), UNFIT)
        except OSError as error:
            self._fail(f"{error.filename}: {error.strerror}.", UNFIT)
        except KeyboardInterrupt:
            self._fail("Stopped before anything was started.", UNFIT)
        if code:
            self.stdout.flush()
            sys.exit(code if code > 0 else FAILED)
        if not options["prepare_only"]:
            supervisor.own.append(lock)
            self._run(supervisor, folder)
        lock.close()

    def _make_ready(self, folder: Path) -> None:
        """Prepare everything, in a process of its own; exit code 2 when the ground is unfit."""
        try:
            self._prepare(folder)
        except ground.Unfit as unfit:
            self._fail(str(unfit), UNFIT)
        except OSError as error:
            self._fail(f"{error.filename}: {error.strerror}.", UNFIT)

    def _fail(self, text: str, code: int) -> None:
        self.stdout.flush()
        self.stderr.write(text, self.style.ERROR)
        sys.exit(code)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    # --- before anything is started -------------------------------------------------------------

    def _require_services(self) -> None:
        """Raise Unfit where the named database or broker does not answer."""
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            raise ground.Unfit(f"The database does not answer: {reason}") from error
        if settings.REDIS_URL:
            try:
                client = redis.Redis.from_url(_for_client(settings.REDIS_URL), socket_timeout=5)
                client.ping()
                client.close()
            except (redis.RedisError, ValueError) as error:
                raise ground.Unfit(f"REDIS_URL does not answer: {error}") from error
        connections.close_all()  # no fork may find one open

    def _prepare(self, folder: Path) -> None:
        """Bring database, static files and, in a demonstration, its data up to date."""
        self._say(f"Preparing {folder} ...")
        installation.remember(folder, demo=settings.DEMO)
        try:
            self._say("  the database ...")
            call_command("migrate", verbosity=0, interactive=False)
            call_command("createcachetable", verbosity=0)
            call_command("check", databases=["default"], stdout=io.StringIO())
            self._say("  styles, scripts and pictures ...")
            static_files.collect()
            if settings.DEMO:
                call_command("demo", verbosity=0, progress=True, stdout=self.stdout)
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            raise ground.Unfit(f"The database cannot be prepared: {reason}") from error
        except CommandError as error:  # a check that failed, a demonstration refused
            raise ground.Unfit(str(error).strip()) from error

    # --- everything at once ----------------------------------------------------------------------

    def _run(self, supervisor: Supervisor, folder: Path) -> None:
        supervisor.listen()
        failure = ""
        try:
            url = self._start_broker(supervisor, folder)
            supervisor.start([*self._jobs(folder, url), self._web(folder)])
            if not supervisor.asked_to_stop.is_set():
                apart(self._welcome)  # it reads the database
            supervisor.watch()
        except (Failed, ground.Unfit) as error:
            failure = str(error)
        finally:
            supervisor.stop()
            if self.socket_folder:
                shutil.rmtree(self.socket_folder, ignore_errors=True)
        if failure:
            self._fail(failure, FAILED)
        self._say("Stopped.")

    def _start_broker(self, supervisor: Supervisor, folder: Path) -> str:
        """Start the embedded broker; return the URL of the broker, "" where there is none."""
        if settings.REDIS_URL:
            return settings.REDIS_URL
        program = broker.program()
        if program is None:
            self._say("There is no embedded broker for this platform: jobs run without one.")
            return ""
        data = folder / "valkey"
        data.mkdir(mode=0o700, exist_ok=True)
        path = broker.socket_in(data)
        self.socket_folder = path.parent if path.parent != data else None
        command = broker.command(program=program, folder=data, path=path)
        child = Child(
            name="Valkey",
            work=lambda: os.execv(program, command),  # noqa: S606 a program of a package
            log=folder / "logs" / "valkey.log",
            ready=lambda: broker.answers(path),
            last=True,
        )
        supervisor.start([child])
        return broker.url_of(path)

    def _jobs(self, folder: Path, url: str) -> list[Child]:
        """Return worker and beat, or the jobs without a broker."""
        logs = folder / "logs"
        if not url:
            return [Child("Jobs", parts.run_jobs, logs / "jobs.log")]
        sign = folder / "run" / "worker-ready"
        sign.unlink(missing_ok=True)
        worker = Child(
            name="Worker",
            work=lambda: parts.run_worker(broker_url=url, ready=sign),
            log=logs / "worker.log",
            ready=sign.exists,
        )
        return [worker]

    def _web(self, folder: Path) -> Child:
        bound = ground.addresses(settings.HOST, settings.PORT)  # again: preparing took a while
        return Child(
            name="Web",
            work=lambda: parts.run_web(bind=bound),
            log=folder / "logs" / "web.log",
            ready=_answers(bound[0]),
        )

    # --- what people read --------------------------------------------------------------------------

    def _welcome(self) -> None:
        if settings.DEMO:
            call_command("demo", "--personas", stdout=self.stdout)
        elif not people.administrator_exists():
            self._say(self._first_administrator())
        shown = "localhost" if ground.is_loopback(settings.HOST) else settings.HOST
        self._say(f"\nReady: http://{shown}:{settings.PORT}/")

    def _first_administrator(self) -> str:
        """Return how to make the first administrator of this very installation."""
        folder = os.environ.get("DATA_DIR")
        command = [
            *([f"DATA_DIR={shlex.quote(folder)}"] if folder else []),
            *(os.path.relpath(sys.executable), "manage.py", "create_administrator"),
        ]
        also = " (with the same DATABASE_URL)" if settings.DATABASE_URL else ""
        return (
            f"\nNobody administers this installation yet. Make its first administrator{also}:\n"
            f'  {" ".join(command)} --username admin --full-name "Full Name"'
        )


def _for_client(url: str) -> str:
    """Return a broker's URL as the client reads it, which names a socket otherwise than Celery."""
    return url.replace("redis+socket://", "unix://", 1)


def _answers(address: str) -> Callable[[], bool]:
    """Return a question: does the web server at `address` say that it is well?"""
    host, _colon, port = address.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host).strip("[]")  # noqa: S104

    def ask() -> bool:
        asking = http.client.HTTPConnection(host, int(port), timeout=5)
        try:
            asking.request("GET", "/healthz")
            return asking.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            asking.close()

    return ask
