"""Names of functions and variables as people write them, from those the linker knows.

C++ names are taken apart by the binutils' own c++filt (or LLVM's), which comes with every linker that can build a firmware. Without it
they stay as they are.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable

_PROGRAMS = ("c++filt", "llvm-cxxfilt")
_CLONE = re.compile(r"\.(part|constprop|isra|cold|lto_priv|clone)\b.*$")
_NUMBERED = re.compile(r"\.\d+$")
"""A static inside a C function: `calls.3`."""
_LAMBDA_CALL = re.compile(r"(\{lambda\([^{}]*\)#\d+\})::operator\(\)$")


def function_names(names: Iterable[str]) -> dict[str, str]:
    """Without parameters, nameless namespaces and the compiler's marks of copies: `_ZN3lcd4SpiDma4sendEPKvj` is `lcd::SpiDma::send`."""
    plain = {name: _CLONE.sub("", name) for name in names}
    taken_apart = _take_apart(plain.values())
    return {name: _LAMBDA_CALL.sub(r"\1", taken_apart.get(one, one)) for name, one in plain.items()}


def variable_names(names: Iterable[str]) -> dict[str, str]:
    """An expression that is valid where the variable is: a static inside a function goes by its last name."""
    plain = {name: _NUMBERED.sub("", name) for name in names}
    taken_apart = _take_apart(plain.values())
    return {
        name: one.rpartition("::")[2] if plain[name].startswith("_ZZ") else one
        for name in plain
        for one in (taken_apart.get(plain[name], plain[name]),)
    }


def _take_apart(names: Iterable[str]) -> dict[str, str]:
    mangled = sorted({name for name in names if name.startswith("_Z")})
    program = next((path for path in map(shutil.which, _PROGRAMS) if path), None)
    if not mangled or program is None:
        return {}
    done = subprocess.run([program, "-p"], input="\n".join(mangled), capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(mangled):
        return {}
    return {name: line.replace("(anonymous namespace)::", "") for name, line in zip(mangled, lines, strict=True)}
