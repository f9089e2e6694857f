"""The application: an HTTP interface of three requests, as plain WSGI.

POST /tenants/7/orders {"lines": [["A-1", 3], …]} places an order; GET /tenants/7/orders/12 shows it; POST
/tenants/7/orders/12/cancel cancels it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import psycopg
from psycopg import Connection

from examples.online_app.tenant_databases import TenantDatabases

_PATH = re.compile(r"/tenants/(?P<tenant>\d+)/orders(/(?P<order>\d+)(?P<cancel>/cancel)?)?")
Answer = tuple[str, dict[str, Any]]


class OrderDesk:
    """Takes, shows and cancels orders of tenants, wherever their rows are."""

    def __init__(self, databases: TenantDatabases) -> None:
        self._databases = databases

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            status, document = self._answer(environ)
        except psycopg.Error as error:
            # What an application shows where the contract does not help: it is this that a wave must not cause.
            status, document = "503 Service Unavailable", {"error": error.sqlstate or "no connection"}
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(document).encode()]

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is None:
            return "404 Not Found", {"error": "there is nothing of that name"}
        tenant, method = found["tenant"], environ["REQUEST_METHOD"]
        if method == "POST" and found["order"] is None:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            lines = json.loads(environ["wsgi.input"].read(length))["lines"]
            return "201 Created", self._databases.transaction(tenant, _placing(int(tenant), lines))
        if found["order"] is None or method not in ("GET", "POST") or (method == "POST") != bool(found["cancel"]):
            return "405 Method Not Allowed", {"error": f"{method} is not for this"}
        work = _cancelling(int(found["order"])) if found["cancel"] else _showing(int(found["order"]))
        document = self._databases.transaction(tenant, work)
        return ("200 OK", document) if document else ("404 Not Found", {"error": "there is no such order"})


def _placing(tenant: int, lines: Sequence[tuple[str, int]]) -> Callable[[Connection[Any]], dict[str, Any]]:
    def place(connection: Connection[Any]) -> dict[str, Any]:
        row = connection.execute("INSERT INTO orders (company_id) VALUES (%s) RETURNING id", [tenant]).fetchone()
        assert row is not None
        for position, (article, quantity) in enumerate(lines, 1):
            connection.execute(
                "INSERT INTO lines (order_id, position, article, quantity) VALUES (%s, %s, %s, %s)",
                [row[0], position, article, quantity],
            )
        return {"order": row[0]}

    return place


def _showing(order: int) -> Callable[[Connection[Any]], dict[str, Any]]:
    def show(connection: Connection[Any]) -> dict[str, Any]:
        lines = connection.execute(
            "SELECT article, quantity FROM lines WHERE order_id = %s ORDER BY position", [order]
        ).fetchall()
        return {"order": order, "lines": [list(line) for line in lines]} if lines else {}

    return show


def _cancelling(order: int) -> Callable[[Connection[Any]], dict[str, Any]]:
    def cancel(connection: Connection[Any]) -> dict[str, Any]:
        # The lines go with it, by their foreign key.
        done = connection.execute("DELETE FROM orders WHERE id = %s", [order])
        return {"cancelled": order} if done.rowcount else {}

    return cancel
