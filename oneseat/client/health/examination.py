"""Runs checks in parallel threads, each with a time limit; exceptions become findings."""

from __future__ import annotations

import threading
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Union

from oneseat.client.errors import as_refusal
from oneseat.client.health.check import Check, Finding, Unanswered
from signing.text import Text

_LATE = Text(
    "No answer within {seconds:.0f} s.",
    "{seconds:.0f} 秒内没有结果。",
)
_UNSEEN = Text("Cannot be found out here: {reason}.", "无法检测：{reason}。")
_TRY_AGAIN = Text(
    "Check again; if it stays like this, look at it yourself or ask the hotline.",
    "请重新检测；如仍无法检测，请自行确认或咨询技术服务热线。",
)

_STILL_RUNNING = Text("The check before this one has not ended yet.", "上一次检测还没有结束。")
_WAIT = Text(
    "Wait a moment and check again; if it stays like this, restart the computer.",
    "请稍等片刻再重新检测；如一直如此，请重启电脑。",
)

OnFinding = Callable[[Finding], None]

_late: Dict[str, threading.Thread] = {}
"""Checks by key that did not answer in time. One that still runs holds its device, such as the camera."""


def examine(check: Check) -> Finding:
    """Run one check. A timeout or an exception becomes a finding with status unknown.

    A check that is still running since an earlier call is not started a second time.
    """
    earlier = _late.get(check.key)
    if earlier is not None and earlier.is_alive():
        return check.unknown(_STILL_RUNNING, _WAIT)
    outcome: List[Union[Finding, Exception]] = []

    def run() -> None:
        try:
            outcome.append(check.run())
        except Exception as fault:  # noqa: BLE001 -- becomes a finding
            outcome.append(fault)

    worker = threading.Thread(target=run, name=check.key, daemon=True)
    worker.start()
    worker.join(check.limit_s)
    if not outcome:
        _late[check.key] = worker
        return check.unknown(_LATE.filled({"seconds": check.limit_s}), _TRY_AGAIN)
    result = outcome[0]
    return result if isinstance(result, Finding) else _finding_of_fault(check, result)


def _finding_of_fault(check: Check, fault: Exception) -> Finding:
    if isinstance(fault, Unanswered):
        evidence = Text(_UNSEEN.en.format(reason=fault.reason.en), _UNSEEN.zh.format(reason=fault.reason.zh))
        return check.unknown(evidence, fault.advice or _TRY_AGAIN)
    refusal = as_refusal(fault)
    return check.unknown(refusal.cause_text, refusal.remedy_text)


def examine_all(checks: Sequence[Check], on_finding: Optional[OnFinding] = None) -> List[Finding]:
    """Run all checks and return the findings in their order; ``on_finding`` gets each as soon as it is there.

    A lock makes its calls one at a time; they come from other threads than the caller's.
    """
    findings = _run_in_parallel([check for check in checks if not check.alone], on_finding)
    for check in checks:
        if check.alone:
            findings += _run_in_parallel([check], on_finding)
    order = [check.key for check in checks]
    return sorted(findings, key=lambda finding: order.index(finding.check))


def _run_in_parallel(checks: Iterable[Check], on_finding: Optional[OnFinding]) -> List[Finding]:
    findings: List[Finding] = []
    lock = threading.Lock()

    def run(check: Check) -> None:
        finding = examine(check)
        with lock:
            findings.append(finding)
            if on_finding is not None:
                on_finding(finding)

    threads = [threading.Thread(target=run, args=(check,), daemon=True) for check in checks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return findings
