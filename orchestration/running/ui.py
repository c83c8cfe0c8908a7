"""Starting Dagster's web pages on this machine.

What belongs here: the Dagster commands that serve the pages. What does not: what the pages show (definitions).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from orchestration.running.instance import dagster_home
from orchestration.settings import PROJECT_ROOT, Settings


def serve(settings: Settings, *, port: int, read_only: bool, path_prefix: str) -> NoReturn:
    """Become Dagster's web server, and its daemon too unless read_only; path_prefix goes with read_only."""
    dagster_home(settings)
    os.environ["CLAWBACK_HOME"] = str(settings.root)
    os.chdir(PROJECT_ROOT)
    on = ["--workspace", "workspace.yaml", "--host", "127.0.0.1", "--port", str(port)]
    if read_only:
        web = str(Path(sys.executable).with_name("dagster-webserver"))
        os.execv(web, [web, *on, "--read-only", *(["--path-prefix", path_prefix] if path_prefix else [])])
    # A script's shell starts what it puts into the background with Ctrl-C ignored. Dagster treats SIGTERM as it treats
    # Ctrl-C: only SIGKILL would end it then.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    dagster = str(Path(sys.executable).with_name("dagster"))
    os.execv(dagster, [dagster, "dev", *on])
