"""usage: python tools/open_lab.py [--edit] [JUPYTERLAB OPTION...]

Opens JupyterLab on lesson 00 of the learner's own copy of the course; --edit opens the originals instead.
"""
import os
import sys
import tempfile
from pathlib import Path

from learner_copy import ROOT, copy_course


def lab_arguments(folder, options, is_root):
    arguments = [
        # The whole checkout, so that a lesson can link to the library it explains.
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{folder}/00_start_here.ipynb",
    ]
    if is_root:  # in a container; Jupyter refuses to start otherwise
        arguments.append("--allow-root")
    return arguments + options


def config_path(given):
    """With tools/jupyter, whose settings keep JupyterLab from asking about news and updates over the first lesson."""
    return os.pathsep.join(filter(None, [str(ROOT / "tools" / "jupyter"), given]))


def data_path(given):
    """This Python's own place before all others: no "python3" kernel from elsewhere may replace the one with rnnlib."""
    return os.pathsep.join(filter(None, [os.path.join(sys.prefix, "share", "jupyter"), given]))


def main(options):
    try:
        from jupyter_core import paths
        from jupyterlab.labapp import main as jupyterlab
    except ImportError:
        print(f"JupyterLab is not installed for {sys.executable}: in the course's folder, run "
              f'{Path(sys.executable).name} -m pip install -e ".[lab]"', file=sys.stderr)
        return 1
    try:
        for path in (paths.jupyter_runtime_dir(), paths.jupyter_config_dir()):      # else its start ends in a page of traceback
            os.makedirs(path, mode=0o700, exist_ok=True)
            tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        print(f"JupyterLab cannot write to {error.filename or path} ({error.strerror}): set HOME to a folder of your own, as in "
              f"HOME={ROOT / 'build' / 'home'} make lab", file=sys.stderr)
        return 1
    folder = "my_notebooks"
    if options[:1] == ["--edit"]:
        folder, options = "notebooks", options[1:]
    elif not copy_course():
        return 1
    os.environ["JUPYTER_CONFIG_PATH"] = config_path(os.environ.get("JUPYTER_CONFIG_PATH"))
    os.environ["JUPYTER_PATH"] = data_path(os.environ.get("JUPYTER_PATH"))
    return jupyterlab(lab_arguments(folder, options, is_root=hasattr(os, "geteuid") and os.geteuid() == 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
