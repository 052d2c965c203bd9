"""The alert rules, read and played by Prometheus' own `promtool`: each fires when it should, and not before."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Final

import yaml

from tests.contract.test_ops import alerts

OPS: Final = Path(__file__).parents[3] / "ops"
JOB: Final = 'job="rectify",instance="w1"'

# alert -> series that make it fire, the minute by which it fires, a series with which it must not
PLAYED: Final[dict[str, tuple[dict[str, str], int, dict[str, str]]]] = {
    "RectifyWorkerGone": ({f"up{{{JOB}}}": "1 0x20"}, 7, {f"up{{{JOB}}}": "1 0x3 1x20"}),
    "RectifyNotReady": (
        {f'rectify_ready{{{JOB},check="broker"}}': "1 0x20"}, 7,
        {f'rectify_ready{{{JOB},check="broker"}}': "1 0x3 1x20"},
    ),
    "RectifyNoticesLate": (
        {f"rectify_notice_oldest_due_seconds{{{JOB}}}": "901x20"}, 6,
        {f"rectify_notice_oldest_due_seconds{{{JOB}}}": "900x20"},
    ),
    "RectifyDueWorkLate": (
        {f"rectify_duewatch_lateness_seconds{{{JOB}}}": "301x20"}, 6,
        {f"rectify_duewatch_lateness_seconds{{{JOB}}}": "301x20",
         'rectify_duewatch_lateness_seconds{instance="w2"}': "0x20"},
    ),
    "RectifyOutboxStuck": (
        {f"rectify_outbox_age_seconds{{{JOB}}}": "61x20"}, 4, {f"rectify_outbox_age_seconds{{{JOB}}}": "60x20"},
    ),
    "RectifyOffsetsLost": ({f"rectify_gaps_total{{{JOB}}}": "0 0 5x20"}, 3, {f"rectify_gaps_total{{{JOB}}}": "5x20"}),
    "RectifyInternalError": (
        {f'rectify_dead_letters_total{{{JOB},code="internal_error"}}': "0 0 1x20"}, 3,
        {f'rectify_dead_letters_total{{{JOB},code="invalid_json"}}': "0 0 1x20"},
    ),
    "RectifySetAside": (
        {f'rectify_set_aside{{{JOB},kind="ticket"}}': "0 0 1x20"}, 3,
        {f'rectify_set_aside{{{JOB},kind="ticket"}}': "0x20"},
    ),
    "RectifyProviderLeftAlone": (
        {f'rectify_provider_breaker_open{{{JOB},channel="sms"}}': "1x20"}, 11,
        {f'rectify_provider_breaker_open{{{JOB},channel="sms"}}': "1x5 0x20"},
    ),
    "RectifyLag": (
        {f'rectify_consumer_lag{{{JOB},topic="rectify.findings",partition="{n}"}}': "60000x40" for n in (0, 1)}, 16,
        {f'rectify_consumer_lag{{{JOB},topic="rectify.findings",partition="0"}}': "100000x40"},
    ),
    "RectifyBatchesSlow": (
        {f'rectify_batch_seconds_bucket{{{JOB},le="{le}"}}': "0x60" if le == "1" else "0+10x60"
         for le in ("1", "30", "+Inf")},
        30,
        {f'rectify_batch_seconds_bucket{{{JOB},le="{le}"}}': "0+10x60" for le in ("1", "30", "+Inf")},
    ),
    "RectifyDeadLettersCut": (
        {f"rectify_dead_letters_cut_total{{{JOB}}}": "0 0 1x20"}, 3,
        {f'rectify_dead_letters_total{{{JOB},code="missing_field"}}': "0 0 90x20"},
    ),
    "RectifyRefused": (
        {f'rectify_dead_letters_total{{{JOB},code="missing_field"}}': "0+5x90"}, 60,
        {f'rectify_dead_letters_total{{{JOB},code="missing_field"}}': "0+1x90"},
    ),
    "RectifyNoticesFail": (
        {f'rectify_notices_sent_total{{{JOB},channel="sms",outcome="uncertain",code="no_answer"}}': "0+1x90"}, 60,
        {f'rectify_notices_sent_total{{{JOB},channel="sms",outcome="accepted",code="accepted"}}': "0+1x90"},
    ),
    "RectifyNothingArrives": (
        {f'rectify_messages_total{{{JOB},outcome="opened"}}': "7x1600",
         f'rectify_messages_total{{{JOB},outcome="reviewed"}}': "0+1x1600"}, 1_560,
        {f'rectify_messages_total{{{JOB},outcome="recheck_gone"}}': "0+1x1600"},
    ),
    "RectifyDecisionsBurnFast": (
        {f"rectify_messages_late_total{{{JOB}}}": "0+10x90", f"rectify_batch_size_sum{{{JOB}}}": "0+100x90"}, 10,
        {f"rectify_messages_late_total{{{JOB}}}": "0+2x90", f"rectify_batch_size_sum{{{JOB}}}": "0+100x90"},
    ),
    "RectifyDecisionsBurnSlow": (
        {f"rectify_messages_late_total{{{JOB}}}": "0+2x90", f"rectify_batch_size_sum{{{JOB}}}": "0+100x90"}, 60,
        {f"rectify_messages_late_total{{{JOB}}}": "0+2x90", f"rectify_batch_size_sum{{{JOB}}}": "0+500x90"},
    ),
    "RectifyLettersBurnFast": (
        {f'rectify_notices_late_total{{{JOB},channel="{name}"}}': "0+2x90" for name in ("email", "sms")}
        | {f'rectify_notices_sent_total{{{JOB},channel="email",outcome="accepted"}}': "0+10x90"}, 30,
        {f'rectify_notices_late_total{{{JOB},channel="email"}}': "1x90",  # one letter is no alarm
         f'rectify_notices_sent_total{{{JOB},channel="email",outcome="accepted"}}': "1x90"},
    ),
    "RectifyLettersBurnSlow": (
        {f'rectify_notices_late_total{{{JOB},channel="email"}}': "0+1x90",
         f'rectify_notices_sent_total{{{JOB},channel="email",outcome="accepted"}}': "0+30x90"}, 60,
        {f'rectify_notices_late_total{{{JOB},channel="email"}}': "0+1x90",
         f'rectify_notices_sent_total{{{JOB},channel="email",outcome="accepted"}}': "0+200x90"},
    ),
}  # fmt: skip


def promtool(*words: str | Path) -> str:
    """What it says; it must be content."""
    done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def play(alert: str, series: dict[str, str], minute: int, *, fires: bool) -> dict[str, Any]:
    """One test of promtool's: whether this alert fires at that minute."""
    asked = {
        "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})',
        "eval_time": f"{minute}m",
        "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
    }
    given = [{"series": name, "values": values} for name, values in series.items()]
    return {"name": f"{alert} {fires}", "interval": "1m", "input_series": given, "promql_expr_test": [asked]}


def test_prometheus_takes_the_rules_and_the_example() -> None:
    """Its own parser, of expressions and of the templates in the annotations."""
    assert "SUCCESS" in promtool("check", "rules", OPS / "alerts.yml")
    assert "SUCCESS" in promtool("check", "config", OPS / "prometheus.yml")


def test_each_alert_fires_and_only_then(tmp_path: Path) -> None:
    """Every alert of the file is played twice."""
    assert list(PLAYED) == [rule["alert"] for rule in alerts()]
    tests = [
        play(alert, series, minute, fires=fires)
        for alert, (firing, minute, silent) in PLAYED.items()
        for series, fires in ((firing, True), (silent, False))
    ]
    file = tmp_path / "played.yml"
    file.write_text(
        yaml.safe_dump({"rule_files": [str(OPS / "alerts.yml")], "evaluation_interval": "1m", "tests": tests})
    )
    assert "SUCCESS" in promtool("test", "rules", file)
