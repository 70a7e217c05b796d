"""How the tests are spread over the cores."""
import pytest


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is nothing to spread
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Spread(LoadScopeScheduling):
        """The cells of a notebook share a kernel, so they stay together; every other test goes where there is room."""

        def _split_scope(self, nodeid):
            file = nodeid.split("::")[0]
            return file if file.endswith(".ipynb") else nodeid

    return Spread(config, log)
