"""Cases from real life through the real pipeline, on both databases: those that are marked `pipeline: true`."""

from __future__ import annotations

import pytest

from tests.support.pipeline import Pipeline
from tests.support.scenario import Case, cases
from tests.support.scenario_pipeline import Installation

MARKED = [case for case in map(Case, cases()) if case.for_pipeline]


@pytest.mark.parametrize("case", MARKED, ids=lambda case: case.path.stem)
async def test_case(pipeline: Pipeline, case: Case) -> None:
    """What the file expects happens."""
    stage = Installation(pipeline)
    await stage.begin(case.data["clock"])
    async with pipeline.working():
        await case.play(stage)
