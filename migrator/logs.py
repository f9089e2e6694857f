"""Writes logs: JSON lines in logs/migration.log, readable lines on the console, secrets in neither.

Every line carries what is bound with structlog.contextvars: run_id, stage, target, tenant, step. Several processes
write the same file: a line is one write in append mode, and whoever finds the file renamed opens the new one.
"""

from __future__ import annotations

import fcntl
import io
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from migrator.errors import ConfigurationError

FILE_NAME = "migration.log"
FILE_BYTES = 10 * 1024 * 1024
_ENDLESS = 0  # bytes: a worker leaves it to the coordinator to begin another file
FILES_KEPT = 10

MASK = "********"

# Without it logging prints warnings and worse to stderr where nobody has set it up.
logging.getLogger("migrator").addHandler(logging.NullHandler())

# Anchored and bounded: these run over every value of every line, some of which are long.
_URL_PASSWORD = re.compile(r"\b([A-Za-z][A-Za-z0-9+.\-]{0,40}://[^\s:/@'\"]{0,200}):[^\s'\"]{0,500}@")
_NAMED_PASSWORD = re.compile(
    r"""(?i)((?:password|passwd)(?:['"]\s*:|['"]?\s*=)\s*)('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s&'",;]+)"""
)
_SECRET_KEY = re.compile(r"(?i)(password|passwd|secret)$")


def mask(text: str) -> str:
    """`text` without the passwords that URLs and conninfo strings in it hold.

    Rather too much than too little: in a URL everything between the user's colon and the last @ of the word goes.
    """
    return _NAMED_PASSWORD.sub(rf"\1{MASK}", _URL_PASSWORD.sub(rf"\1:{MASK}@", text))


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module. Where logging has not begun (a library, a test) its lines go where logging's do: nowhere.

    Wrapped by itself rather than by structlog.configure, whose default prints to stdout, where documents go.
    """
    bound: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return bound


def to_console(write: Callable[[str], None], *, verbose: bool, colors: bool) -> None:
    """Begins logging: readable lines go through `write`, warnings and worse only unless `verbose`.

    The file comes later, with `to_file`: where it is depends on the configuration, which may already be wrong.
    """
    handler = _Console(write, logging.INFO if verbose else logging.WARNING)
    renderer = structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0, pad_level=False)
    handler.setFormatter(_formatter(_for_people if verbose else _without_traceback, renderer))
    _replace_handlers([handler])


def to_file(directory: Path) -> Path:
    """Adds the file in `directory`, which is made where it is missing, and returns the file's path.

    Raises:
        ConfigurationError: it cannot be written.
    """
    file = directory / FILE_NAME
    _add(_opened(file, FILE_BYTES))
    return file


def close_console() -> None:
    """Ends the console's part: its stream may be gone before the process is."""
    for handler in [one for one in logging.getLogger().handlers if isinstance(one, _Console)]:
        logging.getLogger().removeHandler(handler)


def close_file() -> None:
    """Ends the log file, so that its directory can go; later lines reach the console only."""
    for handler in list(_file_handlers()):
        logging.getLogger().removeHandler(handler)
        handler.close()


def current_file() -> Path | None:
    """The log file that is open, or None."""
    return next((Path(handler.baseFilename) for handler in _file_handlers()), None)


def worker_initializer() -> Callable[[], None]:
    """What a worker process calls first, so that its lines join those of this process. It can be pickled."""
    return partial(_in_worker, current_file(), structlog.contextvars.get_contextvars())


def _in_worker(file: Path | None, context: Mapping[str, Any]) -> None:
    # A worker has no console: its lines would run into the coordinator's bars, which show its progress anyway.
    to_console(lambda _line: None, verbose=False, colors=False)
    if file is not None:
        _add(_opened(file, _ENDLESS))
    structlog.contextvars.bind_contextvars(**context)


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
        _without_secrets,
    ]


def _formatter(*renderers: Processor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        # Lines of libraries (Alembic, SQLAlchemy) come from logging itself and take the same way.
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )


def _without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {
        key: value if key.startswith("_") else MASK if _SECRET_KEY.search(key) else _masked(value)
        for key, value in event.items()
    }


def _for_machines(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # What every line has comes first: the file is also read with tail.
    first = ("timestamp", "level", "event", "run_id", "stage")
    event.pop("told", None)
    return {**{key: event[key] for key in first if key in event}, **event}


def _for_people(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["timestamp"] = str(event["timestamp"])[11:19]
    return {key: value for key, value in event.items() if key not in ("logger", "run_id", "told")}


def _without_traceback(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event.pop("exception", None)
    return _for_people(logger, method, event)


def _masked(value: Any) -> Any:
    match value:
        case str():
            return mask(value)
        case Mapping():
            return {
                key: MASK if isinstance(key, str) and _SECRET_KEY.search(key) else _masked(item)
                for key, item in value.items()
            }
        case list() | tuple():
            return [_masked(item) for item in value]
        case None | bool() | int() | float():
            return value
    return mask(str(value))


def _replace_handlers(handlers: list[logging.Handler]) -> None:
    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    # One line per plugin and process, about nothing that an operator chose.
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    # warnings.warn would write to stderr across the bars.
    logging.captureWarnings(True)


def _add(handler: logging.Handler) -> None:
    logging.getLogger().addHandler(handler)


def _file_handlers() -> Iterator[_SharedFile]:
    return (handler for handler in logging.getLogger().handlers if isinstance(handler, _SharedFile))


def _opened(file: Path, largest: int) -> _SharedFile:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _SharedFile(file, largest)
    except OSError as error:
        raise ConfigurationError(
            f"The log {file} cannot be written: {error.strerror}.",
            "Set [paths] logs or MIGRATOR_LOGS to a directory that you may write to.",
        ) from error
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    handler.setFormatter(_formatter(_for_machines, renderer))
    return handler


class _Console(logging.Handler):
    """Hands readable lines to whoever owns the terminal.

    An event with `told=True` is for the file: the operator reads it anyway, as the command's result.
    """

    def __init__(self, write: Callable[[str], None], level: int) -> None:
        super().__init__(level)
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        if self.level > logging.INFO and isinstance(record.msg, dict) and record.msg.get("told"):
            return
        try:
            self._write(self.format(record))
        except BrokenPipeError:
            # Nobody reads any more; the file still gets the line.
            return


class _SharedFile(RotatingFileHandler):
    """One log file of several processes, readable by its owner only."""

    def __init__(self, file: Path, largest: int) -> None:
        self._complained = False
        super().__init__(file, maxBytes=largest, backupCount=FILES_KEPT, encoding="utf-8")

    def _open(self) -> io.TextIOWrapper:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags | os.O_CLOEXEC, 0o600)

        # Unbuffered and written through: one line is one write(2), which append mode keeps whole between processes.
        raw = io.FileIO(self.baseFilename, "a", opener=private)
        return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self._renamed():
                self._reopen()
        except OSError:
            self.handleError(record)
            return
        super().emit(record)

    def doRollover(self) -> None:
        """Rotates, unless another process has done so since."""
        with _exclusive(Path(self.baseFilename).parent):
            if self._renamed():
                self._reopen()
            else:
                super().doRollover()

    def handleError(self, record: logging.LogRecord) -> None:
        """Says once that the log cannot be written (a full disk); the work goes on without it."""
        if not self._complained:
            self._complained = True
            with suppress(OSError):
                print(f"warning: {self.baseFilename} cannot be written: {sys.exc_info()[1]}", file=sys.stderr)

    def _renamed(self) -> bool:
        if self.stream is None:
            return False
        try:
            there, ours = os.stat(self.baseFilename), os.fstat(self.stream.fileno())
        except FileNotFoundError:
            return True
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def _reopen(self) -> None:
        old, self.stream = self.stream, self._open()
        if old is not None:
            old.close()


@contextmanager
def _exclusive(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
