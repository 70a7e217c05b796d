"""usage: python tools/notebooks.py [--check] [NAME...]

Executes notebooks with this Python and stores them in the one form that is committed: running it twice changes no byte.
NAME is a path, or how a name in notebooks/ begins ("01"); without names, all of them. --check writes nothing and says
which would change.
"""
import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from learner_copy import write_whole
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 2
CELL_SECONDS = 300
# two kernels fill two cores: with a thread for each core in each of them they would wait for one another
os.environ.setdefault("OMP_NUM_THREADS", "1")
WIDGET = "application/vnd.jupyter.widget-view+json"
# What editors and runners leave in a cell that says nothing about the lesson.
LITTER = {"execution", "ExecuteTime", "collapsed", "scrolled", "trusted"}


def normalised_outputs(outputs):
    kept = []
    for output in outputs:
        # A reopened notebook would say "model not found" here, and the ids in it differ in every run.
        output.get("data", {}).pop(WIDGET, None)
        if output.get("data") == {}:
            continue
        # Where printed text is cut into messages depends on timing.
        if kept and output.output_type == "stream" and kept[-1].get("name") == output.name:
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def normalise(notebook):
    """Changes an executed notebook into its committed form."""
    notebook.metadata = nbformat.from_dict({
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    })
    for cell in notebook.cells:
        for litter in LITTER & set(cell.metadata):
            del cell.metadata[litter]
        if cell.cell_type == "code":
            cell.outputs = normalised_outputs(cell.outputs)
    return notebook


def execute(path, before=None):
    """The bytes that the notebook should have. Raises ValueError with the place and the error where a cell fails.

    before : a line of Python that the kernel runs first.
    """
    notebook = nbformat.v4.upgrade(nbformat.read(path, as_version=4))  # an old one gets cell ids
    started = []
    client = NotebookClient(
        notebook,
        # Where no kernels are installed Jupyter offers its own Python: another "python3" cannot stand in for it.
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])),
        # no word about unencrypted sockets, which stay on this machine
        extra_arguments=["--log-level=ERROR", *([f"--IPKernelApp.exec_lines={before}"] if before else [])],
        resources={"metadata": {"path": str(path.parent)}},
        timeout=CELL_SECONDS,
        record_timing=False,
        on_cell_start=lambda cell, cell_index: started.append(cell_index + 1),
    )
    # A matplotlib backend chosen in the shell would replace the one that draws into the notebook.
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    try:
        client.execute(env=environment, cleanup_kc=True)
    except CellExecutionError as error:
        raise ValueError(f"cell {started[-1]} raised {error.ename}: {error.evalue}") from None
    except CellTimeoutError:
        raise ValueError(f"cell {started[-1]} took longer than {CELL_SECONDS} s") from None
    except DeadKernelError:
        raise ValueError(f"the kernel died in cell {started[-1]}") from None
    return nbformat.writes(normalise(notebook)).rstrip("\n").encode() + b"\n"


def process(path, check):
    """(all is well, what to say about it) for one notebook."""
    try:
        before, after = path.read_bytes(), execute(path)
    except (OSError, ValueError) as error:
        return False, f"{path.name}: {error}; left as it was"
    if after == before:
        return True, f"{path.name}: unchanged"
    if check:
        return False, f"{path.name}: would change"
    write_whole(path, after)
    return True, f"{path.name}: rewritten"


def find(names, folder):
    if not names:
        return sorted(folder.glob("*.ipynb"))
    paths = []
    for name in names:
        matches = [Path(name).resolve()] if Path(name).is_file() else sorted(folder.glob(f"{name}*.ipynb"))
        if not matches:
            raise ValueError(f"no notebook is called {name!r}; there are: "
                             + ", ".join(path.stem for path in sorted(folder.glob("*.ipynb"))))
        paths += matches
    return paths


def main(arguments, folder=ROOT / "notebooks"):
    parser = argparse.ArgumentParser(description="Execute and normalise notebooks.")
    parser.add_argument("--check", action="store_true", help="write nothing, say which would change")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a path, or how the name of a notebook begins")
    options = parser.parse_args(arguments)
    try:
        paths = find(options.names, folder)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    well = True
    with ProcessPoolExecutor(AT_ONCE) as pool:
        for fine, line in pool.map(partial(process, check=options.check), paths):
            well = well and fine
            print(line, file=sys.stdout if fine else sys.stderr, flush=True)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
