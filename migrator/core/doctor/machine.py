"""Judges this machine: programs, memory, and the directories that files go to."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.core.doctor.diagnosis import EVERY_STAGE, Diagnosis, version_text
from migrator.core.doctor.facts import Directory, Machine, Program, Wanted
from migrator.core.result.wording import size

# What a process of ours took at most in docs/performance.md, rounded up.
_PROCESS_BYTES = 200_000_000
_LITTLE_DISK = 1_000_000_000
_WITH_PROGRAMS = ("backup", "dry-run", "migrate", "rollback")
_STAGES_OF_COMMANDS = {
    "backup.encrypt": ("backup",),
    "backup.decrypt": ("backup", "rollback"),
    "roles.hand_out": ("migrate",),
}
_STAGES_OF_DIRECTORIES = {"backups": ("backup", "rollback"), "spool": ("migrate",)}


def judge_machine(machine: Machine, wanted: Wanted, source_bytes: int | None) -> Iterator[Diagnosis]:
    """Programs and their versions, memory and processors for the jobs, directories; `source_bytes` where known."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    yield Diagnosis("programs", "migrator", "ok", versions)
    for program in machine.programs:
        yield _program(program, _WITH_PROGRAMS)
    for program in wanted.commands:
        yield _program(program, _STAGES_OF_COMMANDS[program.name])
    yield from _memory(machine, wanted.jobs)
    for directory in machine.directories:
        yield _directory(directory, source_bytes)


def _program(program: Program, stages: tuple[str, ...]) -> Diagnosis:
    if program.problem:
        return Diagnosis("programs", program.name, "failed", program.problem, program.remedy, stages)
    version = f"{version_text(program.version)}, " if program.version is not None else ""
    return Diagnosis("programs", program.name, "ok", f"{version}{program.path}", stages=stages)


def _memory(machine: Machine, jobs: int) -> Iterator[Diagnosis]:
    needed = (jobs + 1) * _PROCESS_BYTES
    stages = ("dry-run", "migrate", "verify")
    if machine.memory_bytes is None:
        yield Diagnosis("machine", "memory", "warning", "how much is free cannot be seen on this system", stages=stages)
    elif machine.memory_bytes < needed:
        yield Diagnosis(
            "machine", "memory", "warning",
            f"{size(machine.memory_bytes)} free; {jobs} jobs may take {size(needed)}",
            f"--jobs {max(1, machine.memory_bytes // _PROCESS_BYTES - 1)}, or free memory.", stages,
        )  # fmt: skip
    else:
        yield Diagnosis("machine", "memory", "ok", f"{size(machine.memory_bytes)} free", stages=stages)
    if machine.processors < jobs:
        yield Diagnosis(
            "machine", "processors", "warning", f"{machine.processors} for {jobs} jobs",
            f"--jobs {machine.processors}.", stages,
        )  # fmt: skip
    else:
        yield Diagnosis("machine", "processors", "ok", f"{machine.processors} for {jobs} jobs", stages=stages)


def _directory(directory: Directory, source_bytes: int | None) -> Diagnosis:
    part, subject, path = "disk", f"paths.{directory.setting}", directory.path
    stages = _STAGES_OF_DIRECTORIES.get(directory.setting, EVERY_STAGE)
    if not directory.writable:
        remedy = f"Let the account that runs migrator write there, or name another: [paths] {directory.setting}."
        return Diagnosis(part, subject, "failed", f"{path} cannot be written", remedy, stages)
    holds_backups = directory.setting == "backups" and source_bytes is not None
    needed = source_bytes if holds_backups and source_bytes is not None else _LITTLE_DISK
    if directory.free_bytes < needed:
        why = f"; a backup of the source takes up to {size(needed)}" if holds_backups else ""
        remedy = f"Free space there, or name another directory: [paths] {directory.setting}."
        return Diagnosis(part, subject, "warning", f"{size(directory.free_bytes)} free in {path}{why}", remedy, stages)
    return Diagnosis(part, subject, "ok", f"{size(directory.free_bytes)} free in {path}", stages=stages)
