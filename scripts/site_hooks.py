"""What the site of the documents does beside mkdocs.

Pages of the repository's root are in it; the rules are a page for each room and an index of them all; a link to what is
no document becomes its path.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File  # in .venv-docs

ROOT = Path(__file__).parents[1]
OF_THE_ROOT = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
ROOM = re.compile(r"^## (([A-Z]) .+)$", re.MULTILINE)
RULE = re.compile(r"^\*\*([A-Z]-\d+)\*\* ", re.MULTILINE)
SENTENCE = re.compile(r"(.{20,}?[.。:：;；])(?:\s|$)")


def on_files(files: Any, config: Any) -> Any:
    """The pages that stand elsewhere in the repository, or in another form."""
    written = {page: _linked((ROOT / name).read_text("utf-8"), "", "docs") for name, page in OF_THE_ROOT.items()}
    files.remove(files.get_file_from_path("rules.md"))
    for name, text in {**written, **_rules()}.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links of the documents to what is no document."""
    if page.file.generated_by is not None:
        return markdown
    folder = posixpath.dirname(f"docs/{page.file.src_uri}")
    return _linked(markdown, folder, folder)


def _rules() -> dict[str, str]:
    """The index, and a page for each room, whose rules are headings: each is found by its number, and by its words."""
    intro, *parts = ROOM.split((ROOT / "docs" / "rules.md").read_text("utf-8"))
    pages, index = {}, [_linked(intro.partition("\nLetters:")[0].rstrip(), "docs", "docs")]
    for title, letter, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        name = f"rules/{letter.lower()}.md"
        headed = RULE.sub(lambda found: f"### {found[1]}\n\n", text)
        pages[name] = f"# {title}\n{_linked(headed, 'docs', 'docs/rules')}"
        _, *rules = RULE.split(text)
        index += ["", f"## [{title}]({name})", ""]
        index += [
            f"- [{number}]({name}#{number.lower()}) {_first(rule)}"
            for number, rule in zip(rules[::2], rules[1::2], strict=True)
        ]
    return {"rules.md": "\n".join(index), **pages}


def _first(rule: str) -> str:
    """Its first sentence, on one line, without links."""
    text = LINK.sub(lambda found: found[2], " ".join(rule.split("\n\n", maxsplit=1)[0].split()))
    found = SENTENCE.match(text.partition("*Source:*")[0])
    return found[1] if found else text[:200]


def _linked(text: str, folder: str, here: str) -> str:
    """The text with the links of the site. `folder`: where it stands in the repository; `here`: of its page."""
    return LINK.sub(lambda found: _moved(found, folder, here), text)


def _moved(found: re.Match[str], folder: str, here: str) -> str:
    mark, text, link = found.groups()
    if "://" in link or (link.startswith("#") and folder == here):
        return found[0]
    name, hash_, heading = link.partition("#")
    target = posixpath.normpath(posixpath.join(folder, name))
    if target in OF_THE_ROOT:
        target = f"docs/{OF_THE_ROOT[target]}"
    if target == "docs/rules.md" and re.match(r"[a-z]-", heading):
        target, hash_, heading = f"docs/rules/{heading[0]}.md", "", ""
    if not target.startswith("docs/"):
        return text if f"`{target}`" in text else f"{text} (`{target}`)"
    return f"{mark}[{text}]({posixpath.relpath(target, here)}{hash_}{heading})"
