"""The user's compilers: which they are, what they can do, and how they say no.

Nothing here knows firmware. Answers that cost a compiler run are kept in the build cache under the compiler's identity.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dmalab.guest.build_cache import BuildCache

INSTALL = (
    "on Debian or Ubuntu: apt install gcc g++ gcc-multilib g++-multilib; "
    "on Fedora: dnf install gcc gcc-c++ glibc-devel.i686 libstdc++-devel.i686"
)
"""What to tell people whose compiler is missing. The multilib packages make 32-bit guests possible."""

LONGEST_COMMAND = 1500
"""Characters of a command that are shown when it failed: compilations, not the link of the whole runtime."""


class BuildError(Exception):
    """Firmware that can't be built. The message is ready to be shown; for a compiler's refusal it ends with the compiler's own words.

    Attributes:
        command: The command that failed, empty when none ran.
        output: The compiler's stderr, unchanged.
    """

    def __init__(self, message: str, *, command: Sequence[str] = (), output: str = "") -> None:
        self.command = tuple(command)
        self.output = output
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Compiler:
    """One compiler driver, found on this machine."""

    command: tuple[str, ...]
    """How to call it; more than one word when the user said so, as in `ccache gcc`."""
    identity: str
    """Changes whenever the program does: for cache keys."""
    environment: Mapping[str, str]
    """What it is called with; its PATH is where the program was found."""

    def run(self, arguments: Sequence[str | Path], what: str, *, cwd: Path | None = None) -> None:
        """Run it.

        Raises:
            BuildError: it failed; `what` begins the message.
        """
        command = [*self.command, *map(str, arguments)]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=self.environment,
            check=False,
        )
        if done.returncode:
            output = done.stdout.decode(errors="replace")
            line = shlex.join(command)
            shown = f"\n  the command was: {line}" if len(line) <= LONGEST_COMMAND else ""
            raise BuildError(
                f"{what} failed (status {done.returncode})\n{output.rstrip()}{shown}",
                command=command,
                output=output,
            )


def find_compiler(variable: str, default: str, environment: Mapping[str, str]) -> Compiler:
    """The compiler that environment variable `variable` names, or `default`.

    Raises:
        BuildError: the program is not there.
    """
    words = shlex.split(environment.get(variable, "")) or [default]
    paths: list[str] = []
    for word in words:
        if word.startswith("-"):
            continue
        path = shutil.which(word, path=environment.get("PATH"))
        if path is None:
            asked = f" (from {variable})" if environment.get(variable) else ""
            raise BuildError(f"compiler not found: {word}{asked}. Install it: {INSTALL}")
        paths.append(os.path.realpath(path))
    stats = [Path(path).stat() for path in paths]
    identity = repr([words, *((path, stat.st_size, stat.st_mtime_ns) for path, stat in zip(paths, stats, strict=True))])
    return Compiler(tuple(words), identity, environment)


_PROBE = {
    "c": '#include <stdio.h>\nint main(void) { return printf("") != 0; }\n',
    "c++": "#include <vector>\nint main() { std::vector<int> v(1); return v.at(0); }\n",
}


def can_link_32(compiler: Compiler, language: str, cache: BuildCache) -> bool:
    """Whether `-m32` gives a program: the compiler finds a 32-bit libc, and has the callbacks we need in that width too."""
    key = cache.key("can-link-32", compiler.identity, language, _PROBE[language])
    known = cache.read(f"probes/{key}")
    if known is None:
        with cache.scratch() as folder:
            source = folder / "probe"
            source.write_text(_PROBE[language])
            try:
                compiler.run(["-m32", "-no-pie", "-x", language, source, "-o", folder / "out"], "probe")
                compiler.run(["-m32", "-fsanitize=thread", "-c", "-x", language, source, "-o", folder / "out"], "probe")
                known = b"yes"
            except BuildError:
                known = b"no"
        cache.write(f"probes/{key}", known)
    return known == b"yes"
