"""What Binder would build: repo2docker's recipe for this repository, made without Docker. The build itself is untried."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RECIPE = ("-m", "repo2docker", "--no-build", "--debug")


@pytest.fixture(scope="module")
def recipe():
    if sys.platform == "win32":
        pytest.skip("repo2docker does not run on Windows")
    run = subprocess.run([sys.executable, *RECIPE, str(ROOT)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout + run.stderr


def test_it_takes_environment_yml_and_the_python_named_there(recipe):
    named = re.search(r"python=([\d.]+)", (ROOT / "environment.yml").read_text(encoding="utf-8"))[1]
    assert f"conda environment for python={named}" in recipe
    assert 'env update -p ${NB_PYTHON_PREFIX} --file "environment.yml"' in recipe


def test_the_course_is_there_before_it_is_installed(recipe):
    """`-e .` needs the folder rnnlib, and it is installed where the learner's kernel looks."""
    assert recipe.index("WORKDIR ${REPO_DIR}") < recipe.index("COPY --chown=0:0 src/ ${REPO_DIR}/") < recipe.index("env update")
    assert "ENV KERNEL_PYTHON_PREFIX=${NB_PYTHON_PREFIX}" in recipe


def test_nothing_else_in_the_repository_changes_the_recipe(recipe):
    """No second step that a build would wait for: no packages of the system, no postBuild, no other language."""
    for step in ("apt.txt", "postBuild", "requirements.txt", "install.R", "Project.toml", "start"):
        assert not (ROOT / step).exists() and not (ROOT / "binder" / step).exists() and not (ROOT / ".binder" / step).exists()
    assert recipe.count("env update") == 1 and "npm install" not in recipe

