"""A bulletin as a Word document: the figures put into a template (docxtpl)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import TemplateError, UndefinedError

from streams.documents.context import context
from streams.documents.filling import environment
from streams.documents.standard import standard_template
from streams.documents.still import still
from streams.services.failure import Failure


def word_document(figures: Mapping[str, Any], template: Path | None = None) -> bytes:
    """The .docx; `template`: the office's own, otherwise ours. Raises Failure with what is wrong with it."""
    name = template or "模板 template"
    try:
        given = standard_template() if template is None else template.read_bytes()
        document = DocxTemplate(io.BytesIO(given))
        document.render(context(figures), environment(), autoescape=True)
        made = io.BytesIO()
        document.save(made)
    except OSError as error:
        msg = f"{name}: 不能读取 · cannot be read ({error.strerror})"
        raise Failure(msg) from error
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError) as error:
        msg = f"{name}: 不是 Word 文档（.docx） · not a Word document"
        raise Failure(msg) from error
    except UndefinedError as error:
        msg = (
            f"{name}: 模板用到的内容没有：{error.message}；手工填写的字段见 --typed"
            " · the template names what is not there; fields by hand: --typed"
        )
        raise Failure(msg) from error
    except (TemplateError, SyntaxError) as error:  # the second: tags that tear the document's XML
        msg = f"{name}: 模板有误：{error} · the template is wrong"
        raise Failure(msg) from error
    return still(made.getvalue())
