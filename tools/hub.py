"""usage: python tools/hub.py [--port 8000] [--folder FOLDER] [--cull SECONDS]

Starts a JupyterHub for trying, on this machine alone: any name logs in, without a password. Its environment is build/hub, which
`make hub` fills; what students do is kept in FOLDER (build/hub/run). It prints the nbgitpuller link to hand out. The course that
the link brings is this checkout's last commit, so that you can change the course, commit, start again, and see what students get.

--cull SECONDS   end kernels that have been idle for so long, as large hubs do; never, without it
"""
import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "build" / "hub"
NAME = "rnn-course"         # nbgitpuller clones into a folder called like the repository

CONFIG = """# written by tools/hub.py
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.db_url = "sqlite:///{folder}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.ConfigurableHTTPProxy.command = ["{place}/proxy/node_modules/.bin/configurable-http-proxy"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home/{{username}}"
c.Spawner.cmd = ["{place}/bin/jupyterhub-singleuser"]
c.Spawner.args = {arguments!r}
c.Spawner.default_url = "/lab"
# when all come at once, a slow machine needs more than the usual half minute
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
c.Spawner.environment = {{"JUPYTER_CONFIG_PATH": "{root}/tools/jupyter"}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def publish(folder, root=ROOT):
    """The last commit of a checkout as a repository of its own in the folder; its address."""
    bare = folder / "upstream" / NAME
    if not bare.exists():
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", bare], check=True)
        # for a checkout without its history
        subprocess.run(["git", "config", "receive.shallowUpdate", "true"], cwd=bare, check=True)
    subprocess.run(["git", "push", "--quiet", "--force", bare, "HEAD:refs/heads/main"], cwd=root, check=True)
    return bare.as_uri()


def link(hub, repository, path="lab/tree/{}/notebooks/00_start_here.ipynb"):
    """The nbgitpuller link of a repository on a hub."""
    query = urlencode({"repo": repository, "branch": "main", "urlpath": path.format(NAME)})
    return f"{hub}/hub/user-redirect/git-pull?{query}"


def configure(folder, port, cull=None, more=()):
    """Write the hub's configuration into the folder, and return its path."""
    arguments = ["--allow-root"] * (hasattr(os, "geteuid") and os.geteuid() == 0) + list(more)
    if cull:
        arguments += [f"--MappingKernelManager.cull_idle_timeout={cull}", "--MappingKernelManager.cull_interval=5",
                      "--MappingKernelManager.cull_connected=True"]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "jupyterhub_config.py"
    path.write_text(CONFIG.format(port=port, hub_port=free_port(), proxy_port=free_port(), folder=folder, place=PLACE, root=ROOT,
                                  arguments=arguments), encoding="utf-8")
    return path


def command(config):
    """What starts the hub with this configuration."""
    return [str(PLACE / "bin" / "python"), "-m", "jupyterhub", "-f", str(config)]


def main(arguments):
    parser = argparse.ArgumentParser(description="A JupyterHub for trying, on this machine alone.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--folder", type=lambda given: Path(given).resolve(), default=PLACE / "run")
    parser.add_argument("--cull", type=int, metavar="SECONDS")
    options = parser.parse_args(arguments)
    config = configure(options.folder, options.port, options.cull)
    hub = f"http://127.0.0.1:{options.port}"
    print(f"The hub: {hub} (any name, no password; Ctrl+C ends it)\nThe link to hand out: {link(hub, publish(options.folder))}\n"
          'Both answer once it says "JupyterHub is now running".', flush=True)
    # in a session of its own: Ctrl+C reaches it as a request to end, students' servers and all
    process, asked = subprocess.Popen(command(config), cwd=options.folder, start_new_session=True), []

    def end(*_):
        asked.append(True)
        process.terminate()

    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, end)
    code = process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)      # a hub that is ended while it starts leaves its proxy behind
    return 0 if asked else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
