"""Progress displays: what they say, from several threads, on terminals and elsewhere."""

from __future__ import annotations

import threading
import time
from io import StringIO

from rich.console import Console

from migrator.report.bars import Bars
from migrator.report.lines import Plain
from migrator.report.lull import Lull
from migrator.report.progress import display


def lines_of(stream: StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def wait_for(stream: StringIO, number: int) -> None:
    deadline = time.monotonic() + 10
    while len(lines_of(stream)) < number and time.monotonic() < deadline:
        time.sleep(0.005)


def test_a_line_names_the_task_its_rows_its_share_its_rate_and_the_time_left() -> None:
    stream = StringIO()
    with Plain(stream, interval=0.02) as progress:
        progress.start("copy public.orders", total=1000)
        progress.advance("copy public.orders", rows=400, bytes_=2048)
        wait_for(stream, 1)
    line = lines_of(stream)[0]
    assert line.startswith("copy public.orders: 400 of 1,000 rows (40 %), 2.0 kB, ")
    assert "rows/s" in line
    assert line.endswith("left")


def test_a_task_that_does_not_move_is_told_too() -> None:
    stream = StringIO()
    with Plain(stream, interval=0.02) as progress:
        progress.start("waiting for a lock on public.orders")
        wait_for(stream, 2)
    assert lines_of(stream)[1].startswith("waiting for a lock on public.orders: ")


def test_nothing_is_said_while_nothing_runs() -> None:
    stream = StringIO()
    with Plain(stream, interval=0.01) as progress:
        progress.start("a")
        progress.finish("a")
        before = len(lines_of(stream))
        time.sleep(0.1)
        assert len(lines_of(stream)) <= before + 1


def test_many_tasks_are_one_line() -> None:
    stream = StringIO()
    with Plain(stream, interval=0.05) as progress:
        for number in range(7):
            progress.start(f"task {number}")
        progress.advance("task 6", rows=10, bytes_=10)
        progress.finish("task 6")
        wait_for(stream, 1)
    assert "2 more running; 1 finished: 10 rows, 10 bytes" in lines_of(stream)[0]


def test_the_sum_begins_anew_when_nothing_runs() -> None:
    stream = StringIO()
    with Plain(stream, interval=0.02) as progress:
        progress.advance("earlier", rows=5)
        progress.finish("earlier")
        progress.start("later")
        before = len(lines_of(stream))
        wait_for(stream, before + 1)
    assert "finished" not in lines_of(stream)[-1]


def test_what_is_said_comes_at_once_and_harmless() -> None:
    stream = StringIO()
    with Plain(stream) as progress:
        progress.say("fencing \x1b[2J")
        assert lines_of(stream) == ["fencing \\x1b[2J"]


def test_many_threads_may_tell_at_once() -> None:
    stream = StringIO()

    def work(name: str) -> None:
        for rows in range(200):
            progress.advance(name, rows=rows)
        progress.finish(name)

    with Plain(stream, interval=0.001) as progress:
        progress.start("last")
        threads = [threading.Thread(target=work, args=(f"t{number}",)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        before = len(lines_of(stream))
        wait_for(stream, before + 2)
    assert lines_of(stream)[-1].endswith("8 finished: 1,592 rows")


def test_bars_show_every_figure_and_go_when_they_are_done() -> None:
    stream = StringIO()
    console = Console(file=stream, force_terminal=True, width=160, height=20, color_system=None, highlight=False)
    with Bars(console) as progress:
        progress.start("copy [orders]", total=1000)
        progress.advance("copy [orders]", rows=250, bytes_=3_000_000)
        progress.pause()  # the bars are drawn once more before they go
        progress.say("a line [above]")
        progress.start("copy [orders]", total=1000)
        progress.advance("copy [orders]", rows=1500, bytes_=3_000_000)
        progress.advance("never started", rows=5)
        progress.pause()
        progress.start("another")
        progress.finish("copy [orders]")
        progress.finish("unknown")
    output = stream.getvalue()
    assert "copy [orders]" in output
    assert "a line [above]" in output
    assert "25 %" in output
    assert "250/1,000 rows" in output
    assert "2.9 MB" in output


def test_more_tasks_than_lines_are_counted() -> None:
    stream = StringIO()
    console = Console(file=stream, force_terminal=True, width=100, height=8, color_system=None, highlight=False)
    with Bars(console) as progress:
        for number in range(12):
            progress.start(f"task {number}", total=10)
        progress.pause()
    assert "7 more running" in stream.getvalue()


def test_bars_are_for_terminals_alone() -> None:
    assert isinstance(display(Console(file=StringIO(), force_terminal=False)), Plain)
    assert isinstance(display(Console(file=StringIO(), force_terminal=True, _environ={"TERM": "dumb"})), Plain)
    assert isinstance(display(Console(file=StringIO(), force_terminal=True, _environ={"TERM": "xterm"})), Bars)


def test_what_counted_other_things_than_rows_is_not_told_as_none_of_them() -> None:
    stream = StringIO()
    with Plain(stream, interval=0.02) as progress:
        progress.start("copying rows")
        progress.start("making databases", total=3, unit="databases")
        progress.advance("making databases", rows=3)
        progress.finish("making databases")
        wait_for(stream, 1)
    assert lines_of(stream)[-1].endswith("; 1 finished")


def test_while_no_task_runs_the_lines_say_what_is_done_and_what_is_waited_for() -> None:
    stream = StringIO()
    with Plain(stream, 0.02, Lull("dry-run", lambda: "waiting for CREATE TABLE in erp")) as progress:
        wait_for(stream, 1)
        assert lines_of(stream)[0].startswith("dry-run goes on, ")
        progress.say("building the schemas")
        before = len(lines_of(stream))
        wait_for(stream, before + 2)
    assert lines_of(stream)[-1].startswith("dry-run: building the schemas, ")
    assert lines_of(stream)[-1].endswith(" so far; waiting for CREATE TABLE in erp")


def test_a_paused_display_leaves_the_terminal_alone_until_it_goes_on() -> None:
    stream = StringIO()
    with Plain(stream, 0.01, Lull("migrate")) as progress:
        progress.pause()
        before = len(lines_of(stream))
        time.sleep(0.1)
        assert len(lines_of(stream)) == before
        progress.resume()
        wait_for(stream, before + 1)
        assert len(lines_of(stream)) > before


def test_bars_show_what_is_waited_for_and_let_it_go_when_a_task_starts() -> None:
    stream = StringIO()
    console = Console(file=stream, force_terminal=True, width=160, height=20, color_system=None, highlight=False)
    with Bars(console, Lull("verify", lambda: "waiting for a session in erp"), patience=0.02) as progress:
        deadline = time.monotonic() + 10
        while "waiting for a session in erp" not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert "verify goes on, " in stream.getvalue()
        progress.start("digests", total=10)
        progress.pause()
        stream.seek(0)
        stream.truncate()
        progress.start("digests", total=10)
        progress.pause()
    assert "digests" in stream.getvalue()
    assert "waiting for" not in stream.getvalue()
