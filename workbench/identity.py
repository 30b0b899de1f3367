"""Are the four packages ours?  ``timeline`` and ``reports`` are also names of other distributions on PyPI.

Checked before anything is imported from them, because the wrong one would fail in some unrelated way.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from importlib.util import find_spec
from pathlib import Path

DISTRIBUTION = "infusion-timeline"
PACKAGES = ("parsers", "timeline", "reports", "workbench")
HERE = Path(__file__).resolve().parent.parent

Finder = Callable[[str], ModuleSpec | None]


def stranger(find: Finder = find_spec, root: Path = HERE) -> str | None:
    """What is wrong with the installation, in words a user can act on; ``None`` when all four belong together.

    They do when each is a package beside this ``workbench`` and, where the distribution was installed as a wheel,
    its ``__init__.py`` is the one that the wheel brought.
    """
    for name in PACKAGES:
        spec = find(name)
        if spec is None:
            return _advice(f"The package '{name}' of Infusion Timeline is missing.", name)
        place = _place(spec)
        if place != root / name:
            return _advice(f"Python found another package named '{name}': {place or 'a built-in module'}.", name)
    if replaced := _replaced_package(root):
        return _advice(f"The package '{replaced}' was overwritten by another distribution.", replaced)
    return None


def _place(spec: ModuleSpec) -> Path | None:
    if spec.origin and spec.has_location:
        file = Path(spec.origin).resolve()
        return file.parent if file.name == "__init__.py" else file
    folders = list(spec.submodule_search_locations or ())
    return Path(folders[0]).resolve() if folders else None


def _replaced_package(root: Path) -> str | None:
    """A package whose ``__init__.py`` is not the one recorded at installation (editable installs record none)."""
    ours = _installed()
    if ours is None or Path(str(ours.locate_file(""))).resolve() != root:
        return None
    for file in ours.files or ():
        if len(file.parts) == 2 and file.parts[0] in PACKAGES and file.name == "__init__.py" and file.hash:
            digest = hashlib.new(file.hash.mode, Path(str(file.locate())).read_bytes()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
                return file.parts[0]
    return None


def _installed() -> Distribution | None:
    try:
        return distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return None


def _advice(problem: str, package: str) -> str:
    others = sorted({name for name in packages_distributions().get(package, []) if name != DISTRIBUTION})
    remove = f"pip uninstall {' '.join(others)}\n  " if others else ""
    return (
        f"{problem}\nInfusion Timeline cannot run beside it. Use an environment of its own, or:\n"
        f"  {remove}pip install --force-reinstall --no-deps {DISTRIBUTION}"
    )
