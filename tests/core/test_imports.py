"""`import rnnlib` needs numpy alone, and the numeric core never reaches up to figures or widgets."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rnnlib

PACKAGE = Path(rnnlib.__file__).parent
# each file, and those of the package that it may rest on: arrows point downwards only
LAYERS = {"_check": set(), "gradcheck": set(), "cells": {"_check"}, "sequence": {"_check", "cells"},
          "readout": {"_check", "cells"}, "generation": {"_check", "readout"},
          "layer": {"_check", "readout", "sequence"}, "linear": {"_check", "cells", "layer"},
          "attention": {"_check", "cells", "layer", "readout"},
          "patterns": {"_check", "cells", "sequence", "readout", "generation", "layer", "attention"},
          "training": {"_check", "sequence"}}
TOYDATA = sorted((PACKAGE / "course" / "toydata").glob("*.py"))


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """(modules of other packages, names taken from inside the package), imports inside functions too."""
    outside, inside = set(), set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            outside |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            outside.add(node.module.split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            inside |= {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            inside.add("(by name)")
    return outside, inside


def third_party(names):
    return {name for name in names if name not in sys.stdlib_module_names}


@pytest.mark.parametrize("name", LAYERS)
def test_the_core_rests_on_numpy_and_on_what_lies_below(name):
    outside, inside = imports(PACKAGE / f"{name}.py")
    assert third_party(outside) <= {"numpy"}
    assert inside <= LAYERS[name]


def test_the_start_of_the_package():
    outside, inside = imports(PACKAGE / "__init__.py")
    assert third_party(outside) == set()
    assert inside <= {*LAYERS, "(by name)"}                         # figures and the like are loaded when first used


@pytest.mark.parametrize("path", TOYDATA, ids=[path.stem for path in TOYDATA])
def test_toydata_rests_on_numpy(path):
    outside, inside = imports(path)
    assert third_party(outside) <= {"numpy", "rnnlib"}
    assert not inside & {"figures", "live", "explorers", "exercises"}


@pytest.mark.parametrize("name", LAYERS)
def test_no_global_randomness(name):
    """Only the types of numpy.random are named; nothing is drawn but from an `rng`."""
    for node in ast.walk(tree(PACKAGE / f"{name}.py")):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "random":
            assert node.attr == "Generator", f"line {node.lineno}: numpy.random.{node.attr}"


def test_import_brings_numpy_alone():
    code = ("import sys, numpy.random; before = set(sys.modules); import rnnlib\n"
            "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, check=True,
                          timeout=60)
    brought = {name for name in done.stdout.split() if name not in sys.stdlib_module_names}
    assert not brought & {"matplotlib", "ipywidgets", "IPython", "torch", "pandas", "scipy", "PIL", "traitlets"}
    assert brought - {"numpy"} == {"rnnlib"}                        # more of numpy may be loaded, nothing else


def test_without_torch_parity_is_skipped_with_a_sentence():
    """As on a machine without torch: one line that says what was not compared, and no error."""
    code = ("import sys; sys.modules['torch'] = None\n"             # now `import torch` fails like a missing package
            "import pytest\n"
            "sys.exit(pytest.main(['-q', '-rs', '-o', 'addopts=', '-p', 'no:cacheprovider', *sys.argv[1:]]))")
    files = [str(Path(__file__).with_name(name)) for name in ("test_torch_parity.py", "test_reference.py")]
    done = subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, cwd=PACKAGE.parent,
                          timeout=120, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.strip().splitlines()[-1]
    assert "1 skipped" in last and "passed" in last and "failed" not in last and "error" not in last
    assert "torch is not installed" in done.stdout and "test_reference.py" in done.stdout


def test_version():
    assert rnnlib.__version__.count(".") == 2 and np.__version__
