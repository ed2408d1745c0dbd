"""Registers the writer with matplotlib, without importing matplotlib."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_MODULE = "matplotlib.animation"


def register() -> None:
    """Register the writer now if matplotlib is imported, else when its module of animations is."""
    if hasattr(sys.modules.get(_MODULE), "writers"):
        _import_writer()
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _import_writer() -> None:
    # The module registers the writer. It may be the one that is importing matplotlib at the moment.
    importlib.import_module("kinetograph._matplotlib")


class _Finder(MetaPathFinder):
    """Finds nothing itself. It wraps the loader of the module of animations."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _RegisteringLoader(spec.loader)
        return spec


class _RegisteringLoader(Loader):
    """Loads the module of animations, then registers the writer with it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _import_writer()
