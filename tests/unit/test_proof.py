"""`--require-integration` fails a run that left integration tests out."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

_CONFTEST = (
    (Path(__file__).parents[1] / "support" / "proof.py").read_text(encoding="utf-8")
    + """
def pytest_configure(config):
    config.pluginmanager.register(IntegrationProof())
"""
)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a project with one unit and one integration test."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(_CONFTEST)
    for folder in ("unit", "integration"):
        pytester.mkdir(folder)
        (pytester.path / folder / f"test_{folder}.py").write_text(f"def test_{folder}(): pass")
    return pytester


def test_a_whole_run_passes(project: pytest.Pytester) -> None:
    """With integration tests that passed the outcome is that of the tests."""
    assert project.runpytest_inprocess().ret == 0


@pytest.mark.parametrize(
    ("half", "code"), [("not long", pytest.ExitCode.OK), ("long", pytest.ExitCode.NO_TESTS_COLLECTED)]
)
def test_a_half_passes(project: pytest.Pytester, half: str, code: pytest.ExitCode) -> None:
    """What `make test` leaves to `make prove` is not left out; here there is nothing that takes long."""
    run = project.runpytest_inprocess("-m", half)
    assert run.ret == code


@pytest.mark.parametrize("arguments", [["unit"], ["-k", "not integration"], ["--deselect", "integration"]])
def test_leaving_them_out_fails(project: pytest.Pytester, arguments: list[str]) -> None:
    """A path, an expression or an option that leaves them out fails the run and says so."""
    run = project.runpytest_inprocess(*arguments)
    assert run.ret == 1
    run.stdout.fnmatch_lines(["ERROR --require-integration: *"])


@pytest.mark.parametrize(
    "skipping",
    [
        "import pytest\n@pytest.mark.skip\ndef test_skipped(): pass",
        "import pytest\ndef test_skipping(): pytest.skip('no server')",
        "import pytest\npytest.skip('no server', allow_module_level=True)",
        "import pytest\npytest.importorskip('no_such_module')",
    ],
)
def test_one_skip_fails(project: pytest.Pytester, skipping: str) -> None:
    """One skipped test or module is enough, whatever way it is skipped."""
    (project.path / "integration" / "test_more.py").write_text(skipping)
    run = project.runpytest_inprocess()
    assert run.ret == 1
    run.stdout.fnmatch_lines(["ERROR --require-integration: 1 integration tests did not run*test_more.py*"])
