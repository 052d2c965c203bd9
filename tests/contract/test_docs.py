"""The documents say what the code says: rules, tests, settings, metrics, logs, commands, topics, files, links."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from prometheus_client.metrics import MetricWrapperBase
from typer.main import get_command

from schemas.topics import Topics
from schemas.vocabulary import EVENT_LABELS, STATUS_LABELS
from streams.cli.terminal.root import app
from streams.log_events import LogEvent
from streams.rules.state.outcomes import LABELS
from streams.rules.state.refusals import RefusalCode
from streams.settings.model import Settings
from streams.settings.sources import variable
from streams.worker.metrics import Metrics
from tests.contract.rules_index import rule_pages, rules_of

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [*DOCS, *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"))]
NUMBER = re.compile(r"(?<![\w-])[A-Z]-\d+\b")
RANGE = re.compile(r"(?<![\w-])([A-Z])-(\d+) to \1-(\d+)\b")
DEFINED = re.compile(r"^([A-Z]-\d+)  ", re.MULTILINE)
RULES = [rule for path in rule_pages() for rule in rules_of(path)]
LINK = re.compile(r"\]\(([^)\s]+)\)")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
CITED_FILE = re.compile(r"`((?:streams|schemas|notifiers|tests|bench|broker|scripts)/[\w./]*)`")


def page(name: str) -> str:
    """A document."""
    return (ROOT / name).read_text("utf-8")


def texts(path: Path) -> Iterator[str]:
    """Every text in a module: docstrings, and what it says; no names, no comments."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def program() -> list[Path]:
    """Every module of the product."""
    return sorted(path for name in ("streams", "schemas", "notifiers") for path in (ROOT / name).rglob("*.py"))


def numbers(text: str) -> set[str]:
    """Rule numbers in a text, those inside a range too."""
    found = set(NUMBER.findall(text))
    for letter, first, last in RANGE.findall(text):
        found |= {f"{letter}-{number}" for number in range(int(first), int(last) + 1)}
    return found


def test_every_rule_of_the_code_is_described_and_every_described_one_is_in_the_code() -> None:
    """Docstrings, comments and events on one side, docs/rules on the other."""
    used = {number for path in program() for number in numbers(path.read_text("utf-8"))}
    assert {rule.number for rule in RULES} == used


def test_a_rule_is_one_rule() -> None:
    """A number is explained once in the code and described once; what is cited elsewhere in the documents exists."""
    explained = Counter(n for path in program() for text in texts(path) for n in DEFINED.findall(text))
    described = Counter(rule.number for rule in RULES)
    assert {number for number, times in (explained + Counter()).items() if times > 1} == set()
    assert {number for number, times in described.items() if times > 1} == set()
    assert {number for path in PAGES for number in numbers(path.read_text("utf-8"))} == set(described)


def test_a_rule_says_source_file_and_proof() -> None:
    """Each rule of docs/rules has all three, and its file cites the number."""
    for number, text in RULES:
        assert re.search(r"\*Source:\* [NOD?]\b|\*Source:\* \?", text), number
        source, proof = text.partition("*Proof:*")[::2]
        assert TEST.search(proof), number
        files = [ROOT / name for name in CITED_FILE.findall(source.partition("*Code:*")[2])]
        cited = {found for path in files for said in texts(path) for found in numbers(said)}
        assert number in cited, f"{number} is not cited in {[path.name for path in files]}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_named_tests_and_files_exist(path: Path) -> None:
    """`tests/x.py::test_y` is a test, `streams/...` a file or folder."""
    text = path.read_text("utf-8")
    for name, test in TEST.findall(text):
        assert (ROOT / name).is_file(), name
        functions = [
            node.name
            for node in ast.walk(ast.parse(page(name)))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        assert test in functions, f"{name}::{test}"
    assert [name for name in CITED_FILE.findall(text) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_resolve(path: Path) -> None:
    """Files are there, and headings too."""
    for link in LINK.findall(path.read_text("utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        name, _, heading = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        assert not heading or heading in headings(target.read_text("utf-8")), link


def headings(text: str) -> set[str]:
    """The anchors that a page's headings get on the usual forges."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_setting_is_described_with_its_default() -> None:
    """The table of docs/operations.md holds exactly the settings there are, and their defaults."""
    rows = re.findall(r"^\| `(RECTIFY_\w+)` \| (.*?) \|", page("docs/operations.md"), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(variable(name) for name in Settings.model_fields)
    told = dict(rows)
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        if isinstance(default, str | int) and default != "":
            assert told[variable(name)] == f"`{default}`", name


def test_every_metric_is_described() -> None:
    """Names and labels, exactly those that a worker shows."""
    rows = re.findall(r"^\| `(rectify_\w+)` \| (.*?) \|", page("docs/operations.md"), re.MULTILINE)
    told = {name.removesuffix("_total"): set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    collectors = (value for value in vars(Metrics()).values() if isinstance(value, MetricWrapperBase))
    assert told == {collector._name: set(collector._labelnames) for collector in collectors}


def test_every_outcome_is_described() -> None:
    """What a message may become is closed: the lists of the code, and the tables of docs/operations.md."""
    table = page("docs/operations.md").partition("\n| of | prefix | outcomes |\n")[2].partition("\n\n")[0]
    rows = [row.strip("| ").split("|") for row in table.splitlines()[1:]]
    words = {of: re.findall(r"`(\w+)`", said) for of, _, said in rows}
    words["rechecks "] += words["findings "]
    told = [f"{prefix.strip('` ')}{word}" for of, prefix, _ in rows for word in words[of]]
    assert sorted(told) == sorted(LABELS)


def test_every_code_of_a_dead_letter_is_described() -> None:
    """Those that a refusal may have, exactly."""
    told = page("docs/operations.md").partition(" Codes: ")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", told)) == set(get_args(RefusalCode))


def test_every_log_event_is_listed_used_and_described() -> None:
    """What is logged under a stable name, streams/log_events.py and the table of docs/operations.md are the same."""
    table = page("docs/operations.md").partition("\n## Logs\n")[2].partition("\n## ")[0]
    told = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    logged = set()
    for path in program():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="log")), args=[name, *_]):
                    assert isinstance(name, ast.Constant), f"{path}:{node.lineno}: an event's name is no expression"
                    logged.add(name.value)
    assert logged == set(get_args(LogEvent)) == told


def test_every_log_event_has_its_comment_and_nobody_logs_past_the_list() -> None:
    """One line a name, with what it means; no module asks structlog for a logger that takes any text."""
    listed = page("streams/log_events.py").partition("LogEvent = Literal[\n")[2].partition("\n]")[0]
    lines = [line for line in listed.splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in lines if not re.fullmatch(r' {4}"[a-z_]+",  # .+', line)] == []
    assert len(lines) == len(get_args(LogEvent))
    asking = [path.name for path in program() if "structlog.get_logger" in path.read_text("utf-8")]
    assert asking == ["log_events.py"]


def test_every_topic_is_described() -> None:
    """The topics of the contract, exactly."""
    table = page("docs/operations.md").partition("\n## Topics\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `(rectify\.[\w.-]+)` \|", table, re.MULTILINE)
    assert told == [spec.name for spec in Topics().specs()]


def commands() -> dict[str, list[str]]:
    """Every command of `rectify`, with those below it."""
    root: Any = get_command(app)
    context = root.make_context("rectify", [], resilient_parsing=True)
    commands = {name: root.get_command(context, name) for name in root.list_commands(context)}
    return {name: one.list_commands(context) if hasattr(one, "commands") else [] for name, one in commands.items()}


def test_every_command_is_described() -> None:
    """What `rectify --help` lists, and what lies below, stands in one row of README.md's table."""
    rows = re.findall(r"^\| (`rectify .*?) \| (.*) \|$", page("README.md"), re.MULTILINE)
    for name, below in commands().items():
        row = [" ".join(cells) for cells in rows if re.search(rf"[` ]{name}`", cells[0])]
        assert len(row) == 1, name
        assert [part for part in below if f"`{part}`" not in row[0]] == [], name


def test_commands_that_are_shown_exist() -> None:
    """Every `rectify x y` in a document is a command."""
    known = commands()
    for path in PAGES:
        for words in re.findall(
            r"(?:`|^|\| )rectify ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", path.read_text("utf-8"), re.MULTILINE
        ):
            first, _, second = words.partition(" ")
            assert first in known, f"{path.name}: rectify {words}"
            assert not known[first] or not second or second in known[first], f"{path.name}: rectify {words}"


def test_the_glossary_has_the_labels() -> None:
    """Statuses and events are called in the glossary what people see."""
    told = re.findall(r"^\| `(\w+)` \| (.*?) \|", page("docs/glossary.md"), re.MULTILINE)
    assert told == [*STATUS_LABELS.items(), *EVENT_LABELS.items()]


def test_the_readme_is_the_projects() -> None:
    """pyproject.toml names it, and the changelog has a section for the version there."""
    project = tomllib.loads(page("pyproject.toml"))["project"]
    assert project["readme"] == "README.md"
    assert re.search(rf"^## \[?{re.escape(project['version'])}\b", page("CHANGELOG.md"), re.MULTILINE)
