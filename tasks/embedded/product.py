"""The whole product from start to stop: what `manage.py up` does, in its order."""

import http.client
import os
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from tasks import first_run
from tasks.embedded import plans, redis_server, simulated
from tasks.embedded.children import Child, Plan
from tasks.embedded.locks import ANYWHERE, Refused, exclusive, require_free
from tasks.embedded.output import Output
from tasks.embedded.tree import Stopped, Tree

REDIS_PATIENCE = 30.0  # seconds; a long append-only file takes time to read
WEB_PATIENCE = 15.0  # then the rest starts all the same (skeleton.md §3.2)
# Used up by the first run: children need not know them.
SECRETS = ("VEO_ADMIN_PASSWORD", "KIE_API_KEY")


def run(output: Output) -> None:
    """Run until somebody asks for the end. Raises Refused when it cannot start."""
    with exclusive(settings.DATA_DIR / "up.lock"):
        require_free(settings.HOST, settings.PORT)
        _Product(output).run()


class _Product:
    def __init__(self, output: Output) -> None:
        self._output = output
        self._tree = Tree(output)
        self._workers = plans.workers_wanted(os.environ.get("VEO_WORKERS", ""))
        self._env = child_environment(coloured=output.is_coloured)

    def run(self) -> None:
        self._tree.listen()
        try:
            self._start()
            self._tree.run()
        except Stopped:
            pass
        finally:
            self._output.line("up", "stopping")
            self._tree.stop()
            self._output.line("up", "stopped")

    def _start(self) -> None:
        if not settings.REDIS_URL:
            self._start_redis()
        made = self._prepare()
        self._tree.check()
        self._launch(plans.web(settings.HOST, settings.PORT))
        self._tree.wait_for(answers, seconds=WEB_PATIENCE)
        if port := simulated.settled_port():
            self._launch(plans.simulator(port, settings.DATA_DIR / "simulator"))
        connections.close_all()
        self._launch(plans.clock(), *plans.workers(self._workers))
        self._output.plain(banner(made))

    def _start_redis(self) -> None:
        server, socket = redis_server.find(), Path(settings.REDIS_SOCKET)
        redis_server.make_room(socket, settings.DATA_DIR)
        self._launch(redis_server.plan(server, settings.DATA_DIR, socket))
        if not self._tree.wait_for(
            lambda: redis_server.answers(socket), seconds=REDIS_PATIENCE
        ):
            raise Refused(
                f"{server.executable} does not start; its lines above say why."
            )

    def _prepare(self) -> first_run.Made:
        call_command("prepare")
        return first_run.make_what_is_missing(
            admin_password=os.environ.get("VEO_ADMIN_PASSWORD", ""),
            provider_key=os.environ.get("KIE_API_KEY", "").strip(),
            simulator_url=simulated.first_url(),
        )

    def _launch(self, *wanted: Plan) -> None:
        self._tree.start(
            [
                Child(plan, self._output, cwd=settings.BASE_DIR, env=self._env)
                for plan in wanted
            ]
        )


def child_environment(*, coloured: bool) -> dict[str, str]:
    """Return our environment as children need it."""
    env = {name: v for name, v in os.environ.items() if name not in SECRETS}
    # With it every process would compile every module at every start: 19 s, not 4.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env.update(PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8")
    env.setdefault("VEO_LOG", "colour" if coloured else "plain")
    return env


def answers() -> bool:
    """Whether the web server answers."""
    host = ANYWHERE.get(settings.HOST, settings.HOST)
    connection = http.client.HTTPConnection(host, settings.PORT, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def banner(made: first_run.Made) -> str:
    host = "localhost" if settings.HOST in ANYWHERE else settings.HOST
    host = f"[{host}]" if ":" in host else host
    lines = [
        f"VeoPlatform   {settings.PUBLIC_URL or f'http://{host}:{settings.PORT}'}/"
    ]
    if made.admin:
        secret = made.password or "the one in VEO_ADMIN_PASSWORD"
        note = "   (shown this once: keep it)" if made.password else ""
        lines += [
            f"User          {made.admin.username}",
            f"Password      {secret}{note}",
        ]
    lines.append("Ctrl-C stops everything.")
    return "\n" + "".join(f"  {line}\n" for line in lines)
