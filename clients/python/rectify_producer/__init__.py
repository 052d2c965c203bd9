"""Producers of findings for Rectify 整改闭环: over HTTP, without dependencies."""

from rectify_producer.answers import Answers, RecheckRequest
from rectify_producer.intake import Away, Intake, Refused
from rectify_producer.run import Run

__all__ = ["Answers", "Away", "Intake", "RecheckRequest", "Refused", "Run"]
