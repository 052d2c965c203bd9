"""`make test` and `make prove` together run everything, and nothing twice."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

_CONFTEST = (
    (Path(__file__).parents[1] / "support" / "long.py").read_text(encoding="utf-8")
    + """
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    mark_second_databases(items)
"""
)
_TESTS = """
import pytest

@pytest.fixture(params=["sqlite", "postgresql"])
def database(request): return request.param

@pytest.fixture
def pipeline(database): return database

def test_whole(pipeline): pass

@pytest.mark.on_both
def test_story(pipeline): pass

@pytest.mark.on_sqlite("many cases")
def test_case(database): pass

@pytest.mark.on_sqlite("a file")
class TestFile:
    def test_page(self, database): pass

    @pytest.mark.on_both
    def test_count(self, database): pass

def test_query(database): pass

@pytest.mark.long("an hour")
def test_play(): pass
"""
SHORT = {
    "test_whole[sqlite]", "test_story[sqlite]", "test_story[postgresql]", "test_case[sqlite]", "test_query[sqlite]",
    "test_query[postgresql]", "TestFile::test_page[sqlite]", "TestFile::test_count[sqlite]",
    "TestFile::test_count[postgresql]",
}  # fmt: skip
LONG = {"test_whole[postgresql]", "test_case[postgresql]", "TestFile::test_page[postgresql]", "test_play"}


@pytest.mark.parametrize(("half", "wanted"), [("not long", SHORT), ("long", LONG)])
def test_each_half_has_its_tests(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, half: str, wanted: set[str]
) -> None:
    """A pipeline and what is `on_sqlite` leave PostgreSQL to the long half; queries and what is `on_both` do not."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(_CONFTEST)
    pytester.makepyfile(_TESTS)
    run = pytester.runpytest_inprocess("--collect-only", "-q", "-m", half)
    assert {line.partition("::")[2] for line in run.outlines if "::" in line} == wanted
