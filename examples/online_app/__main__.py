"""`python -m examples.online_app --monolith CONNINFO --map FILE`: serves the application on a port of this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

from examples.online_app.app import OrderDesk
from examples.online_app.tenant_databases import TenantDatabases


class _Server(ThreadingMixIn, WSGIServer):
    """A thread a request; each has connections of its own."""

    daemon_threads = True


def main() -> None:
    """Serves until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m examples.online_app", description=__doc__)
    parser.add_argument("--monolith", required=True, help="conninfo of the monolith")
    parser.add_argument("--map", required=True, type=Path, help="what `migrator connections --write` writes")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    desk = OrderDesk(TenantDatabases(options.map, options.monolith))
    with make_server("127.0.0.1", options.port, desk, _Server) as server:
        print(f"http://127.0.0.1:{options.port}/tenants/1/orders", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
