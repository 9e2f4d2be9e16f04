"""Where compiled code is kept between processes.

Compiling the model takes a minute or two and gives the same code for the same library versions, so the folder is named
after them. The settings act only before PyTensor and Numba are imported.
"""

import hashlib
import os
import sys
from importlib.metadata import version
from pathlib import Path

COMPILERS = ("pytensor", "numba", "llvmlite", "numpy", "pymc", "nutpie")


def use_compile_cache() -> Path:
    """Point PyTensor and Numba at the user's cache and BLAS at one thread, unless the environment says otherwise."""
    folder = cache_root() / _key()
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    if "base_compiledir" not in flags:
        own = f"base_compiledir={folder / 'pytensor'},generated_src_dir={folder / 'source'}"
        os.environ["PYTENSOR_FLAGS"] = f"{flags},{own}" if flags else own
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder / "numba"))
    # The matrices are small: threads inside one product cost more than they save, above all on a busy machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return folder


def cache_root() -> Path:
    """PARLEY_CACHE, else the platform's cache folder."""
    if own := os.environ.get("PARLEY_CACHE"):
        return Path(own)
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return home / "parley"


def is_warm() -> bool:
    """Whether an earlier process has compiled for these versions."""
    return any((cache_root() / _key() / "numba").rglob("*.nbi"))  # importing the model makes the folder


def _key() -> str:
    names = [f"{name}={version(name)}" for name in COMPILERS] + [sys.version, sys.platform]
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
