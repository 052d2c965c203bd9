"""What proved that a problem is gone, or does not suffice yet, in words. Pure.

C-39  Unless the policy says otherwise (`sending.closed`), a closing is told to the duty contacts by
      mail, with its proof: who no longer saw it, in which run or recheck, or which person decided and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from streams.presentation.labels import ABSENT, GONE, LINE, NOBODY

NOTED: Final = {
    "flapping": "该问题时好时坏，须更长时间未再检出",
    "nobody_asked": "未经申请，仅作记录",
    "producer_closes_too_many": "该巡检方疑似采集异常，仅作记录",
}


def proof_words(event: Mapping[str, Any]) -> str:
    """What proves that it is gone."""
    proof = event.get("proof") or {}
    who = proof.get("source") or NOBODY
    if proof.get("kind") == "run":
        accepted = f"，该次巡检经 {proof['accepted_by']} 采信" if proof.get("accepted_by") else ""
        return f"{who}的巡检 {proof.get('run_id') or ''} {ABSENT}{accepted}"
    if proof.get("kind") == "count":
        return _counted(proof.get("evidence") or {})
    if proof.get("kind") == "person":
        if event["reason"] == "asset_removed":
            return f"资产已关停注销，经 {proof.get('by') or NOBODY} 核实"
        word = "审核通过" if event["reason"] == "approved" else "人工认定"
        return f"{proof.get('by') or NOBODY} {word}，理由：{proof.get('reason') or '未说明'}"
    return f"{who}{GONE}"


def _counted(evidence: Mapping[str, Any]) -> str:
    if "probes" in evidence:
        return (
            f"{evidence['days']} 天内访问 {evidence['probes']} 次，{evidence['failed']} 次打不开，已低于{LINE['veto']}"
        )
    return f"累计 {evidence.get('count')} 处，已低于 {evidence.get('line')} 处的{LINE['veto']}"
