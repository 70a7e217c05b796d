"""How the tests are spread over the cores."""
import pytest


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is nothing to spread
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Spread(LoadScopeScheduling):
        """Cells of a notebook share a kernel, browser tests of a lesson its page: they stay together. Others go anywhere."""

        def _split_scope(self, nodeid):
            file, _, test = nodeid.partition("::")
            if file.endswith(".ipynb"):
                return file
            if "browser" in file:
                return file + test.partition("[")[2]
            return nodeid

    return Spread(config, log)
