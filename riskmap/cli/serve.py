"""riskmap up (everything, then serve) and riskmap serve (serve what is there)."""

from __future__ import annotations

import errno
import signal
import socket
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from riskmap.cli import app, log
from riskmap.errors import SetupError
from riskmap.flows.seal import Heads, Sealer
from riskmap.flows.setup import clear_cut_demo, is_empty, loading_demo, opened, settle
from riskmap.flows.signin import accounts_exist
from riskmap.settings import Settings, settings
from riskmap.store.database import Database
from riskmap.store.server import embedded

LOOPBACK = {"127.0.0.1", "localhost", "::1"}

Host = Annotated[str | None, typer.Option(help="监听地址，目前只能是本机 address, loopback only until accounts exist")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="端口 port")]


@app.command()
def up(
    host: Host = None,
    port: Port = None,
    demo: Annotated[bool, typer.Option(help="空库时装入演示城市 load the demo city when the database is empty")] = True,
) -> None:
    """一条命令：数据库、迁移、演示城市、服务 · database, migrations, demo city when empty, server."""
    given = chosen(host, port)
    with listening(given) as door:
        cluster = embedded(given)
        was_running = cluster.status().running if cluster else True
        try:
            if demo and clear_cut_demo(given):
                print("上次演示城市没有装完，重新装入 The demo city was cut short last time: loading it anew", flush=True)
            with opened(given) as db:
                if demo and is_empty(db):
                    load_demo(db, given)
                run(given, db, door)
        finally:
            if cluster and not was_running:
                cluster.down()


@app.command()
def serve(host: Host = None, port: Port = None) -> None:
    """只提供服务 · serve what is there, without the demo city."""
    given = chosen(host, port)
    with listening(given) as door, opened(given) as db:
        run(given, db, door)


def chosen(host: str | None, port: int | None) -> Settings:
    """Settings with the command's own address; other than the loopback is refused while nobody has to sign in.

    That is asked of the database as it stands; one that does not exist yet has no accounts.
    """
    given = settings().model_copy(update={k: v for k, v in (("host", host), ("port", port)) if v is not None})
    if given.host not in LOOPBACK and not given.behind_gate and not people_exist(given):
        raise SetupError(
            f"还没有账户，只在本机监听，不接受 {given.host} Until accounts exist only the loopback address is served",
            where="RISKMAP_HOST / --host",
            remedy="先建账户 make an account first: riskmap user add; 或 or --host 127.0.0.1，远程用 SSH 隧道 from afar a tunnel: "
            f"ssh -L {given.port}:127.0.0.1:{given.port} <主机 machine>",
        )
    return given


def people_exist(given: Settings) -> bool:
    """Whether the database has accounts. The private cluster is left as it was found: absent, stopped or running."""
    cluster = embedded(given)
    status = cluster.status() if cluster else None
    if status and not status.initialised:
        return False
    try:
        with opened(given) as db:
            return accounts_exist(db)
    finally:
        if cluster and status and not status.running:
            cluster.down()


def listening(given: Settings) -> socket.socket:
    """The bound socket, taken before anything slow is done, so that a port in use is told at once."""
    family = socket.AF_INET6 if ":" in given.host else socket.AF_INET
    # The protocol is named: asyncio sends without delay only over sockets that say TCP, and each answer would wait 40 ms for an acknowledgement.
    door = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((given.host, given.port))
    except OSError as error:
        door.close()
        if error.errno == errno.EADDRINUSE:
            raise SetupError(
                f"端口 {given.port} 已被占用 Port {given.port} is in use",
                where=f"{given.host}:{given.port}",
                remedy=f"或已在运行；否则换端口 Perhaps it already runs; else: riskmap up --port {given.port + 1}",
            ) from error
        raise SetupError(f"不能监听 Cannot listen: {error}", where=f"{given.host}:{given.port}") from error
    return door


def load_demo(db: Database, given: Settings) -> None:
    """The demo city, through the command that makes it."""
    from riskmap.cli import demo

    print("空库，装入演示城市（约两分钟）… An empty database: loading the demo city (about two minutes) …", flush=True)
    with loading_demo(given):
        demo.load(db, given)
    settle(given)


class Server(uvicorn.Server):
    """uvicorn that prints the address last, once it answers."""

    address = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            print(f"\n  城市风险一张图已就绪 ready:  {self.address}\n  Ctrl-C 停止 to stop\n", flush=True)


def run(given: Settings, db: Database, door: socket.socket) -> None:
    """Serve until Ctrl-C."""
    from riskmap.api.app import create_app

    log.configure(given)
    config = uvicorn.Config(
        create_app(given, db), log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=10,
        forwarded_allow_ips=given.trusted_proxies,
    )
    server = Server(config)
    server.address = address(given)
    if given.host not in LOOPBACK and not given.plain_http:
        print(
            "会话 Cookie 只经 HTTPS 发送：前面放 TLS 代理；内网只有 HTTP 时设 RISKMAP_PLAIN_HTTP=true\n"
            "The session cookie travels over HTTPS only: put a TLS proxy in front, or set RISKMAP_PLAIN_HTTP=true",
            flush=True,
        )
    signal.signal(
        signal.SIGTERM, _end
    )  # uvicorn passes the signal on when it is done; without this the database would be left running
    sealer = Sealer(db, Heads(given.audit_heads, given.audit_head_file, given.audit_syslog)).start()
    try:
        server.run(sockets=[door])
    finally:
        sealer.stop()
    if not server.started:
        raise SetupError("服务没有启动 The server did not start", where=str(Path("riskmap/api/app.py")), remedy="riskmap doctor")


def _end(*_: object) -> None:
    raise SystemExit(0)


def address(given: Settings) -> str:
    """The address a person opens."""
    host = f"[{given.host}]" if ":" in given.host else given.host
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{given.port}/"
