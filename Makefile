# Everything runs in .venv, which tools/setup.sh makes and fills when it has to.
# PYTHON=python3.12 chooses the interpreter it is made with; ARGS="..." is passed on.
PYTHON_HERE = .venv/bin/python

# A matplotlib backend chosen in the user's shell would replace the one that draws into the notebook.
unexport MPLBACKEND
# Without stored bytecode every test worker and every kernel would compile all its imports again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help lab edit test test-browser bench notebooks assignments questions slides weights scores mistakes sweep evidence picture sheet site serve links hub test-hub release clean
.DEFAULT_GOAL := help

help:       ## print these lines
	@sed -n 's/^\([a-z-]*\): *## /  make \1|/p' Makefile | awk -F '|' '{printf "%-22s %s\n", $$1, $$2}'

lab:        ## open your own copy of the course in JupyterLab (ARGS="--no-browser --port 8899")
	@sh tools/setup.sh lab
	@$(PYTHON_HERE) tools/open_lab.py $(ARGS)

edit:       ## open the original notebooks in JupyterLab, to change the course itself
	@sh tools/setup.sh lab
	@$(PYTHON_HERE) tools/open_lab.py --edit $(ARGS)

test:       ## run the unit tests and re-execute every notebook (ARGS="-k cells" picks some)
	@sh tools/setup.sh lab test
	@# one thread each: the workers already fill the cores
	@OMP_NUM_THREADS=1 $(PYTHON_HERE) -m pytest -n auto --maxprocesses 4 \
		--nbval --nbval-current-env --ignore=tests/browser --ignore=tests/hub --ignore=notebooks/extra tests notebooks $(ARGS)

notebooks:  ## re-execute and tidy the notebooks (ARGS="01_rnn_cell" one, ARGS="--check" only says)
	@sh tools/setup.sh lab test
	@$(PYTHON_HERE) tools/notebooks.py $(ARGS)

test-browser:  ## run every notebook, the site too, and move every slider in a real Chromium (ARGS="-k 04" one lesson)
	@sh tools/setup.sh lab test browser
	@command -v chromium chromium-browser google-chrome >/dev/null || $(PYTHON_HERE) -m playwright install chromium
	@$(MAKE) --no-print-directory site ARGS="--pyodide self"
	@OMP_NUM_THREADS=1 $(PYTHON_HERE) -m pytest -n 2 tests/browser $(ARGS)

bench:      ## measure speed and memory beside torch, write benchmarks/results.md (ARGS="core" one part)
	@$(MAKE) --no-print-directory build/bench/made
	@build/bench/bin/python benchmarks/run.py $(ARGS)

# Its own environment, for torch is large; TORCH=torch==2.13.0 chooses a release (rm -r build/bench first).
build/bench/made: pyproject.toml
	@sh tools/setup.sh lab test
	@$(PYTHON_HERE) -m venv --clear build/bench
	@echo "Installing the course and torch into build/bench: once, a few minutes."
	@build/bench/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[lab,test,browser,bench]" $(TORCH)
	@command -v chromium chromium-browser google-chrome >/dev/null || build/bench/bin/python -m playwright install chromium
	@touch $@

assignments:  ## write the exercises of every lesson for nbgrader into build/assignments (ARGS="--to FOLDER 02" one lesson)
	@sh tools/setup.sh lab test teach
	@$(PYTHON_HERE) tools/assignments.py $(ARGS)

questions:  ## write the quiz and a question for each lesson as Moodle XML and GIFT into build/questions (ARGS="--to FOLDER")
	@sh tools/setup.sh lab test
	@$(PYTHON_HERE) tools/questions.py $(ARGS)

slides:     ## make a deck of slides of each lesson in build/slides/html, no kernel, no network (ARGS="04" one, "--quick" still)
	@sh tools/setup.sh lab test
	@OMP_NUM_THREADS=1 $(PYTHON_HERE) tools/slides.py $(ARGS)

weights:    ## train the networks that the lessons ship, anew (ARGS="ambiguous_names" one)
	@sh tools/setup.sh lab
	@$(PYTHON_HERE) tools/weights.py $(ARGS)

scores:     ## train every task anew, three seeds each: baseline, ceiling, target, reached (ARGS="motion" one)
	@sh tools/setup.sh lab
	@$(PYTHON_HERE) tools/scores.py $(ARGS)

mistakes:   ## try the held-out wrong solutions of the exercises: accepted, named, located (ARGS="bptt" one, ARGS="--all" verdicts)
	@sh tools/setup.sh lab
	@OMP_NUM_THREADS=1 $(PYTHON_HERE) tools/mistakes.py $(ARGS)

sweep:      ## train the recall runs of lesson 05 that are missing (40 minutes; ARGS="--anew" all)
	@sh tools/setup.sh lab
	@OMP_NUM_THREADS=1 $(PYTHON_HERE) tools/sweep_recall.py $(ARGS)

evidence:   ## make the stored runs behind the lessons' sentences that are missing (hours; ARGS="--anew fresh" one table)
	@sh tools/setup.sh lab
	@OMP_NUM_THREADS=1 $(PYTHON_HERE) tools/evidence.py $(ARGS)

picture:    ## take README's picture anew, in a real Chromium
	@sh tools/setup.sh lab browser
	@$(PYTHON_HERE) tools/picture.py

sheet:      ## draw every figure at its ends and oddly, light and dark, on pages to look at (ARGS="03" one lesson)
	@sh tools/setup.sh lab test
	@OMP_NUM_THREADS=1 $(PYTHON_HERE) tools/contact_sheet.py $(ARGS)

site:       ## build the static site into build/site/html (ARGS="--pyodide self" holds its own Python)
	@$(MAKE) --no-print-directory build/site-env/made
	@build/site-env/bin/python tools/build_site.py $(ARGS)

serve:      ## build the static site and serve it on this machine (ARGS="--serve 8001" another port)
	@$(MAKE) --no-print-directory build/site-env/made
	@build/site-env/bin/python tools/build_site.py --serve $(ARGS)

# Its own environment: JupyterLite's parts for the browser would trouble a JupyterLab that is installed beside them.
build/site-env/made: pyproject.toml
	@sh tools/setup.sh lab
	@$(PYTHON_HERE) -m venv --clear build/site-env
	@echo "Installing what builds the site into build/site-env: once, a minute."
	@build/site-env/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[lab,test,site]"
	@touch $@

links:      ## write the Binder, class and site links into README.md from the address in pyproject.toml
	@sh tools/setup.sh lab
	@$(PYTHON_HERE) tools/links.py

hub:        ## start a JupyterHub for trying, on this machine alone (ARGS="--port 8001")
	@$(MAKE) --no-print-directory build/hub/made
	@$(PYTHON_HERE) tools/hub.py $(ARGS)

test-hub:   ## try that hub with students in a real Chromium, two and then ten (ARGS="-k 'not ten'")
	@sh tools/setup.sh lab test browser teach
	@$(MAKE) --no-print-directory build/hub/made
	@$(PYTHON_HERE) -m pytest tests/hub $(ARGS)

# Its own environment: a hub's students have nothing of what tests and tools need.
build/hub/made: pyproject.toml
	@sh tools/setup.sh lab
	@command -v npm >/dev/null || { echo "npm is not installed: the hub's proxy comes from there; install Node.js" >&2; exit 1; }
	@$(PYTHON_HERE) -m venv build/hub
	@echo "Installing a JupyterHub and the course into build/hub: once, one to three minutes."
	@build/hub/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[lab,hub]"
	@npm install --silent --no-audit --no-fund --prefix build/hub/proxy "configurable-http-proxy@^5"
	@touch $@

release:    ## say what is missing for a release; tags nothing
	@sh tools/setup.sh lab
	@$(PYTHON_HERE) tools/release.py

clean:      ## remove .venv, caches and what was built; my_notebooks/, assignments and the hub's homes stay
	@rm -rf .venv *.egg-info .pytest_cache .ruff_cache .hypothesis
	@find build -mindepth 1 -maxdepth 1 ! -name assignments ! -name hub -exec rm -rf {} + 2>/dev/null || true
	@find build/hub -mindepth 1 -maxdepth 1 ! -name run -exec rm -rf {} + 2>/dev/null || true
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
