"""Which parts of the tool a download needs: all that the commands of a machine import, at once or later.

The tool imports by statements, some of them inside functions, and by names that are written out
(``import_module("…")``), so that both together say what can ever be asked for; where a name is put together at run
time, the module is named here.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import grimp

import quetsach
from quetsach.cli.table import below

NOT_OF_A_MACHINE = ("rescue", "packs", "center")
"""Commands for analysts, centres and whoever makes a rescue stick on a Debian: these take the wheel."""
PROGRAMS = ("quetsach.cli.main", "quetsach.endpoint.scanner.worker", "quetsach.endpoint.scanner.memory_worker")
"""What processes are started with, here and by the tool itself."""
_CUT = ("quetsach.cli.center", "quetsach.cli.packs")
"""What the command line enters only for a command that a download has not."""
_BUNDLED = "quetsach/bundled/"
_OF_A_MACHINE = ("quetsach/bundled/packs/", "quetsach/bundled/trust/")
_OF_A_COUNTRY = ("build.toml", "country.toml")
"""What travels in the wheel beside the modules, and what of it machines need; the country tells the tool its time."""


def is_reached(inner: str) -> bool:
    """Return whether a file of the tool's wheel is of use on a machine, by its path in the wheel.

    A data file goes with the package that it lies in, at whatever depth; so does what says whose work the wheel is.
    """
    path = PurePosixPath(inner)
    if inner.startswith(_BUNDLED) or path.parts[0].endswith(".dist-info"):
        is_country = inner.startswith("quetsach/bundled/data/countries/") and path.name in _OF_A_COUNTRY
        return is_country or inner.startswith(_OF_A_MACHINE) or path.name == "METADATA" or "licenses" in path.parts
    modules = reached_modules()
    if path.suffix == ".py":
        return ".".join(path.with_suffix("").parts).removesuffix(".__init__") in modules
    packages = (".".join(parent.parts) for parent in path.parents)
    return next((package in modules for package in packages if package in _graph().modules), False)


@cache
def reached_modules() -> frozenset[str]:
    """Return the modules of ``quetsach`` that a download holds, the packages around them included."""
    return frozenset(name for name in _reached() if _belongs(name, "quetsach"))


@cache
def reached_packages() -> frozenset[str]:
    """Return the top-level packages of others that these import, those of the standard library left out."""
    names = {name.partition(".")[0] for name in _reached()}
    return frozenset(names - {"quetsach"} - sys.stdlib_module_names)


@cache
def _reached() -> frozenset[str]:
    graph = _graph()
    waiting = [*PROGRAMS, *(command.module for command in below("") if command.words not in NOT_OF_A_MACHINE)]
    if missing := set(waiting) - graph.modules:
        raise SystemExit(f"modules that a download starts with are gone: {', '.join(sorted(missing))}")
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached or name not in graph.modules or any(_belongs(name, cut) for cut in _CUT):
            continue
        reached.add(name)
        waiting.append(name.rpartition(".")[0])
        if not graph.is_module_squashed(name):
            waiting.extend(graph.find_modules_directly_imported_by(name))
            waiting.extend(_found_by_name(name))
    return frozenset(reached)


def _found_by_name(module: str) -> Iterator[str]:
    """Yield what the code of a module asks ``import_module`` for, where that is written out."""
    if not _belongs(module, "quetsach"):
        return
    path = Path(quetsach.__file__).parents[1].joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for node in ast.walk(ast.parse(file.read_bytes() if file.is_file() else b"")):  # a folder need not have code
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "import_module":
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("quetsach", include_external_packages=True, exclude_type_checking_imports=True)


def _belongs(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
