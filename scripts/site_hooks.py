"""What the site of the documents does beside mkdocs.

Pages of the repository's root are in it; a link to what is no document becomes its path.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File  # in .venv-docs

ROOT = Path(__file__).parents[1]
OF_THE_ROOT = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def on_files(files: Any, config: Any) -> Any:
    """The pages that stand elsewhere in the repository."""
    written = {page: _linked((ROOT / name).read_text("utf-8"), "", "docs") for name, page in OF_THE_ROOT.items()}
    for name, text in written.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links of the documents to what is no document."""
    if page.file.generated_by is not None:
        return markdown
    folder = posixpath.dirname(f"docs/{page.file.src_uri}")
    return _linked(markdown, folder, folder)


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
    if not target.startswith("docs/"):
        return text if f"`{target}`" in text else f"{text} (`{target}`)"
    return f"{mark}[{text}]({posixpath.relpath(target, here)}{hash_}{heading})"
