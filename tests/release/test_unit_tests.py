"""Every unit test of dbt holds: the rules of the models over rows that stand beside them.

What belongs here: running them, once, over a warehouse whose tables are there. What does not: the rules themselves
(`*_unit_tests.yml` beside the models), tests of data, which run in every build (test_mutants).
"""

from __future__ import annotations

import json
import os

from orchestration.assets.warehouse import dbt_environment
from orchestration.settings import Settings
from tests import forked_dbt
from tests.conftest import copy_home


def test_every_unit_test_of_the_project_passes(published, tmp_path):
    original, _ = published
    settings = Settings(home=tmp_path / "home", edition="recorded")
    copy_home(original, settings.root, "landing", "releases")
    words = ["test", "--select", "test_type:unit", "--target-path", str(settings.dbt_target_dir)]
    done = forked_dbt.run(words, {**os.environ, **dbt_environment(settings)})
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))["results"]
    declared = json.loads((settings.dbt_target_dir / "manifest.json").read_text(encoding="utf-8"))["unit_tests"]
    assert {result["unique_id"] for result in results} == declared.keys()
    assert {result["status"] for result in results} == {"pass"}
    assert len(results) > 80
