"""What the kernel says of running processes and memory (Linux /proc)."""

from __future__ import annotations

import os
from pathlib import Path


def living_in(folder: Path) -> list[int]:
    """pids of PostgreSQL processes whose working directory is `folder`: a server and its backends sit in their data folder."""
    try:
        target = folder.resolve(strict=True)
    except FileNotFoundError:
        return []
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (
                Path(os.readlink(entry / "cwd")) == target
                and (entry / "comm").read_text().startswith("postgres")
                and not _zombie(entry)
            ):
                found.append(int(entry.name))
        except (OSError, ValueError):
            continue  # gone meanwhile, or another person's
    return sorted(found)


def memory_bytes() -> int:
    """Memory this process may use: the machine's, or the container's limit where that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def _zombie(entry: Path) -> bool:
    return (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
