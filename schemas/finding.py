"""A finding 检出: one problem seen at one place by one producer run (topic `rectify.findings`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Day, Document, Identifier, Instant, Locator, Model, Text
from schemas.vocabulary import Severity


class Finding(Model):
    """One sighting. Every accepted finding counts as one occurrence of its problem."""

    type: Literal["finding"] = "finding"
    asset_id: Identifier = Field(description="website or account, as in the registry")
    check: Identifier = Field(description="what was looked for: a code of the catalogue")
    observed_at: Instant = Field(description="when it was seen")
    locator: Locator = Field(default="", description="where on the asset; empty = the asset as a whole")
    source: Identifier | None = Field(default=None, description="the producer")
    run_id: Identifier | None = Field(default=None, description="the producer's run")
    level: Literal["breach", "warning"] = Field(default="breach", description="a warning opens no ticket")
    severity: Severity | None = Field(default=None, description="overrides the catalogue; never part of identity")
    cause: Text | None = Field(default=None, min_length=1, description="root cause named by the producer")
    fingerprint: Identifier | None = Field(default=None, description="the producer's own stable identity")
    received_at: Instant | None = Field(default=None, description="when a citizen's message reached the unit")
    due_by: Day | Instant | None = Field(
        default=None,
        union_mode="left_to_right",
        description="a date (end of that working day) or time set by an official notice",
    )
    basis: Text | None = Field(default=None, description="which official notice set `due_by`")
    first_load: bool = Field(
        default=False,
        description="an old finding of an asset that is loaded for the first time: its time begins now",
    )
    title: Text | None = None
    detail: Text | None = None
    evidence: Document = Field(
        default_factory=dict,
        description="what was seen, at most 64 KiB with the unknown fields; "
        "`content_hash` (text): of the content judged, a verdict ends when it changes",
    )
