"""Where build results are kept: files named by what they were made from.

A file appears whole or not at all (written beside, then renamed), so concurrent runs can share the folder without locks: at worst
two of them make the same file, and the second rename replaces it with the same bytes. Nothing is ever changed in place.

Objects are found in two steps, because the headers a source includes are known only afterwards: the key of the source and the flags
leads to *manifests*, each of which lists the files that were read, with a digest of each; the one that matches names the object.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

VERSION = "1"
"""Part of every key: raise it when what the same inputs produce changes in a way the keys can't see."""

KEEP_SECONDS = 14 * 24 * 3600
"""Unused files older than this go when a build finds time."""


KEEP_MANIFESTS = 8
"""States of the headers that are remembered for one source: going back to an earlier one compiles nothing."""


class Dependency(msgspec.Struct, frozen=True, array_like=True):
    """A file that a compilation read."""

    path: str
    digest: str


class Manifest(msgspec.Struct, frozen=True):
    """What one compilation read, and what it made."""

    dependencies: tuple[Dependency, ...]
    object: str
    """Key of the object file."""


class BuildCache:
    """One cache folder.

    Args:
        folder: Where; None for the user's cache folder, or a temporary one, removed at exit, when that is not writable.
        environment: Supplies XDG_CACHE_HOME and HOME.
    """

    def __init__(self, folder: Path | None, environment: Mapping[str, str]) -> None:
        self.folder = _usable(folder, environment)
        self._digests: dict[str, str | None] = {}

    def key(self, *parts: str | bytes) -> str:
        """A name for what was made from `parts`."""
        digest = hashlib.blake2b(VERSION.encode(), digest_size=16)
        for part in parts:
            data = part.encode(errors="surrogateescape") if isinstance(part, str) else part
            digest.update(len(data).to_bytes(8, "little"))
            digest.update(data)
        return digest.hexdigest()

    def path(self, name: str) -> Path:
        """Where the file `name` is or would be."""
        return self.folder / name

    def read(self, name: str) -> bytes | None:
        """The bytes of the file, or None when there is none."""
        try:
            return self.path(name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Make the file, at once and whole."""
        with self.scratch() as folder:
            (folder / "file").write_bytes(data)
            self.adopt(folder / "file", name)

    def adopt(self, made: Path, name: str) -> Path:
        """Move a finished file of the same file system into the cache."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        made.replace(path)
        return path

    def has(self, name: str) -> bool:
        """Whether the file is there. A file that is asked for counts as used."""
        with suppress(OSError):
            os.utime(self.path(name))
            return True
        return False

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder of its own for work in progress."""
        folder = Path(tempfile.mkdtemp(prefix="work-", dir=self.folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def digest(self, path: str) -> str | None:
        """Digest of a source file's contents, None when it can't be read. Asked once per build."""
        if path not in self._digests:
            try:
                self._digests[path] = hashlib.blake2b(Path(path).read_bytes(), digest_size=16).hexdigest()
            except OSError:
                self._digests[path] = None
        return self._digests[path]

    def _manifests(self, key: str) -> list[Manifest]:
        try:
            return msgspec.json.decode(self.read(f"manifests/{key}") or b"[]", type=list[Manifest])
        except msgspec.DecodeError:
            return []  # damaged, or written by another version

    def find_object(self, key: str) -> str | None:
        """Name of the object made for `key`, if everything it was made from is as it was then."""
        for manifest in self._manifests(key):
            if all(self.digest(entry.path) == entry.digest for entry in manifest.dependencies):
                name = f"objects/{manifest.object}.o"
                return name if self.has(name) else None
        return None

    def keep_object(self, key: str, made: Path, read: Iterable[str]) -> str:
        """Adopt the object `made` for `key` from the files `read`; return its name."""
        files = sorted(set(read))
        content = self.key(key, *(f"{path} {self.digest(path) or ''}" for path in files))
        self.adopt_object(content, made)
        return self.note_object(key, content, files)

    def has_object(self, content: str) -> bool:
        """Whether an object of that content is there."""
        return self.has(f"objects/{content}.o")

    def adopt_object(self, content: str, made: Path) -> None:
        """Move a finished object into the cache; `content` is a key of all that decides about it."""
        self.adopt(made, f"objects/{content}.o")

    def note_object(self, key: str, content: str, read: Iterable[str]) -> str:
        """Remember that `key` leads to an object as long as the files `read` don't change; return its name."""
        dependencies = tuple(Dependency(path, self.digest(path) or "") for path in sorted(set(read)))
        made = Manifest(dependencies, content)
        others = [manifest for manifest in self._manifests(key) if manifest.dependencies != dependencies]
        self.write(f"manifests/{key}", msgspec.json.encode([made, *others][:KEEP_MANIFESTS]))
        return f"objects/{content}.o"

    def prune(self, now: float | None = None) -> None:
        """Delete what nobody asked for in `KEEP_SECONDS`. Errors don't matter: somebody else may be pruning."""
        limit = (time.time() if now is None else now) - KEEP_SECONDS
        for folder, _, names in os.walk(self.folder):  # which passes over folders that vanish meanwhile
            for path in (Path(folder, name) for name in names):
                with suppress(OSError):
                    if path.stat().st_mtime < limit:
                        path.unlink()


def parse_depfile(text: str) -> list[str]:
    """The prerequisites in a make rule as `-MD` writes it."""
    _, _, rest = text.replace("\\\n", " ").partition(": ")
    words: list[str] = []
    word = ""
    escaped = False
    for character in rest:
        if escaped:
            word += character if character in " #\\" else "\\" + character
            escaped = False
        elif character == "\\":
            escaped = True
        elif character.isspace():
            if word:
                words.append(word)
            word = ""
        else:
            word += character
    return [one.replace("$$", "$") for one in ([*words, word] if word else words)]


def _usable(folder: Path | None, environment: Mapping[str, str]) -> Path:
    if folder is None:
        base = environment.get("XDG_CACHE_HOME") or ""
        home = environment.get("HOME") or ""
        if os.path.isabs(base):
            folder = Path(base) / "dmalab"
        elif os.path.isabs(home):
            folder = Path(home) / ".cache" / "dmalab"
    if folder is not None:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK | os.X_OK):
                return folder.absolute()
    return _temporary()


_temporary_folder: Path | None = None


def _temporary() -> Path:
    global _temporary_folder  # one folder per process, made on demand
    if _temporary_folder is None:
        _temporary_folder = Path(tempfile.mkdtemp(prefix="dmalab-"))
        atexit.register(shutil.rmtree, _temporary_folder, ignore_errors=True)
    return _temporary_folder
