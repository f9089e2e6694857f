"""Changing the program while it runs: a function by its source text, a query by its own."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any
from unittest import mock

from migrator.postgres.session import connect


@dataclass(frozen=True)
class Change:
    """One mutation of the code: `old`, which has to be in the source once, becomes `new`.

    `place` is "package.module:function" or ":Class.method", or "query:ROOM/NAME". Whoever has imported the function
    calls the changed one: its code is exchanged, not its name. `hides` names the damage that is not seen any more;
    '' where a good split is said to be bad.
    """

    name: str
    place: str
    old: str
    new: str
    hides: str = ""

    def made(self) -> AbstractContextManager[None]:
        """The change, for as long as the context lasts.

        Raises:
            LookupError: the source does not hold `old` exactly once.
        """
        return _query_changed(self) if self.place.startswith("query:") else _function_changed(self)


def _replaced(change: Change, text: str) -> str:
    if text.count(change.old) != 1:
        raise LookupError(f"{change.name}: {change.place} holds {text.count(change.old)} times: {change.old}")
    return text.replace(change.old, change.new)


@contextmanager
def _query_changed(change: Change) -> Iterator[None]:
    name = change.place.removeprefix("query:")
    changed = _replaced(change, connect.query(name))
    query = connect.query
    with mock.patch.object(connect, "query", lambda asked: changed if asked == name else query(asked)):
        yield


@contextmanager
def _function_changed(change: Change) -> Iterator[None]:
    module_name, _, qualified = change.place.partition(":")
    module = importlib.import_module(module_name)
    assert module.__file__ is not None
    function = _function(module, qualified)
    lines, first = inspect.getsourcelines(function)
    before = Path(module.__file__).read_text(encoding="utf-8").splitlines(keepends=True)[: first - 1]
    rest = Path(module.__file__).read_text(encoding="utf-8").splitlines(keepends=True)[first - 1 + len(lines) :]
    text = "".join([*before, _replaced(change, "".join(lines)), *rest])
    code = _code_of(compile(text, module.__file__, "exec"), qualified)
    was = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = was


def _function(module: Any, qualified: str) -> FunctionType:
    found = module
    for name in qualified.split("."):
        found = inspect.getattr_static(found, name)
    if isinstance(found, property):
        found = found.fget
    found = inspect.unwrap(found)
    assert isinstance(found, FunctionType), f"{qualified} is no function"
    return found


def _code_of(code: CodeType, qualified: str) -> CodeType:
    """The code of a function within that of its module."""
    waiting = [code]
    while waiting:
        here = waiting.pop()
        if here.co_qualname == qualified and here is not code:
            return here
        waiting += [constant for constant in here.co_consts if isinstance(constant, CodeType)]
    raise LookupError(qualified)
