"""A network between the program and a server that stalls, goes on and breaks as it is told.

    python -m tests.safety.link LISTEN-SOCKET SERVER-SOCKET

A process of its own: libpq's blocking calls keep every thread of the program's process from running. Each line on
stdin is "stall SECONDS", after which it goes on, or "break SECONDS", after which every connection is cut.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys
import threading


class Link:
    """Forwards every connection, as long as it flows."""

    def __init__(self, listen: str, server: str) -> None:
        self._flowing = threading.Event()
        self._flowing.set()
        self._server = server
        self._sockets: list[socket.socket] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(listen)
        self._listening.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self, seconds: float) -> None:
        """Nothing gets through for a while."""
        self._flowing.clear()
        threading.Timer(seconds, self._flowing.set).start()

    def break_after(self, seconds: float) -> None:
        """Nothing gets through, then every connection is cut; new ones work."""
        self._flowing.clear()
        threading.Timer(seconds, self._cut).start()

    def _cut(self) -> None:
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()
        self._flowing.set()

    def _accept(self) -> None:
        while True:
            near, _ = self._listening.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._server)
            self._sockets += [near, far]
            threading.Thread(target=self._forward, args=(near, far), daemon=True).start()

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), near, far, selectors.DefaultSelector() as waiting:
            waiting.register(near, selectors.EVENT_READ, far)
            waiting.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in waiting.select():
                    self._flowing.wait()
                    data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                    if not data:
                        return
                    key.data.sendall(data)


def main() -> None:
    """Serves until stdin ends."""
    link = Link(*sys.argv[1:3])
    print("up", flush=True)
    for line in sys.stdin:
        command, seconds = line.split()
        (link.stall if command == "stall" else link.break_after)(float(seconds))
        print("done", flush=True)


if __name__ == "__main__":
    main()
