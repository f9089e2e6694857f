"""Damages a finished split, and the program that proves it, in every way that a check claims to see.

    python -m tests.safety.mutations [--postgres 15] [--only "WORDS,WORDS"]

Prints a table; exit code 1 where a mutation survives: where the command that has to see it does not.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import psycopg

from tests.safety.mutations.catalogue import code_mutations, data_mutations
from tests.safety.mutations.scene import split_scene
from tests.safety.mutations.trying import Trials, Trying
from tests.servers import server_under_test


def main(arguments: Sequence[str] | None = None) -> int:
    """Tries every mutation, and prints what came of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--postgres", default="18", help="embedded version (18, 16), or bin directory of an installed one"
    )
    parser.add_argument("--only", default="", help="mutations whose kind or name holds one of these, divided by commas")
    given = parser.parse_args(arguments)
    # Whoever ends it lets it stop its server.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    with server_under_test(given.postgres, "") as server, split_scene(server.url) as scene:
        print(f"made and split in {time.monotonic() - began:.0f} s, PostgreSQL {_version(server.url())}", flush=True)
        tried = list(_shown(_all(Trials(scene), server.url(), given.only)))
    print(_totals(tried, time.monotonic() - began))
    return 0 if tried and all(one.killed for one in tried) else 1


def _all(trials: Trials, server_url: str, only: str) -> Iterator[Trying]:
    damages = data_mutations(server_url)
    for damage in damages:
        if _chosen(f"{damage.what}: {damage.name}", only):
            yield trials.of_data(damage)
    for change, shown in code_mutations(damages):
        if _chosen(f"code: {change.name}", only):
            yield trials.of_code(change, shown)
    yield trials.of_the_end()


def _chosen(name: str, only: str) -> bool:
    return any(words in name for words in only.split(","))


def _shown(tried: Iterable[Trying]) -> Iterator[Trying]:
    print(f"{'':10}{'what':9}{'mutation':62}{'seen by':28}{'seconds':>8}")
    for one in tried:
        state = "killed" if one.killed else "SURVIVED"
        print(f"{state:10}{one.what:9}{one.name:62}{one.seen_by:28}{one.seconds:8.2f}", flush=True)
        if one.wrong:
            print(f"    {one.wrong}", flush=True)
        yield one


def _totals(tried: Sequence[Trying], seconds: float) -> str:
    counts = Counter(one.what for one in tried)
    killed = Counter(one.what for one in tried if one.killed)
    lines = ["", f"{'what':10}{'mutations':>10}{'killed':>10}{'survived':>10}{'seconds':>10}"]
    for what, count in counts.items():
        took = sum(one.seconds for one in tried if one.what == what)
        lines.append(f"{what:10}{count:10}{killed[what]:10}{count - killed[what]:10}{took:10.0f}")
    lines.append(f"{'all':10}{len(tried):10}{killed.total():10}{len(tried) - killed.total():10}{seconds:10.0f}")
    return "\n".join(lines)


def _version(server_url: str) -> int:
    with psycopg.connect(server_url) as connection:
        return connection.info.server_version // 10000


if __name__ == "__main__":
    sys.exit(main())
