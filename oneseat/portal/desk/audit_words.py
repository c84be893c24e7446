"""Puts entries of the audit log into words: who, what, and the facts in a fixed order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from oneseat.portal.desk.justification import WORDS
from oneseat.portal.desk.visits import ROLE_WORDS
from oneseat.portal.exam import schedule
from oneseat.state.accounts.audit import AuditRecord
from oneseat.state.accounts.operators import Role
from signing.text import Text

OPERATOR = "operator:"
ACTORS = {
    "command line": Text("command line", "命令行"),
    "pipeline": Text("issuing", "签发程序"),
    "portal": Text("portal", "平台自动"),
}

ACTS = {
    "desk.login": Text("Logged in at the desk", "登录管理台"),
    "desk.login.refused": Text("Login at the desk refused", "登录管理台被拒绝"),
    "desk.logout": Text("Logged out", "退出管理台"),
    "seat.found": Text("Looked up", "查询考生"),
    "seats.listed": Text("Several candidates listed", "查询考生（多人）"),
    "seat.moved": Text("Seat freed for another computer", "办理更换电脑"),
    "seat.rebound": Text("Same computer under a new key", "识别为同一台电脑，已重新登记"),
    "seat.traits-mismatched": Text("Another computer asked, refused", "另一台电脑请求激活，已拒绝"),
    "seat.rebind-asked": Text("Asked to free the seat for the same computer", "申请为本机重新登记"),
    "seat.rebind-approved": Text("Seat freed for the same computer", "核准为本机重新登记"),
    "seat.rebind-refused": Text("Freeing the seat refused", "驳回本机重新登记的申请"),
    "seat.revoked": Text("Licence revoked", "撤销许可"),
    "seat.reissue-queued": Text("New licence asked for", "申请重新签发"),
    "seat.allowed": Text("Allowed to download after the window", "允许逾期下载"),
    "seat.proofs-reset": Text("Failed identity checks forgotten", "重置验证次数"),
    "seat.logged-out": Text("Candidate logged out everywhere", "让考生退出登录"),
    "charter.published": Text("Charter put in force", "发布考试规程"),
    "maintenance.started": Text("Maintenance begun", "开始维护"),
    "maintenance.ended": Text("Maintenance ended", "结束维护"),
    "audit.listed": Text("Entries of the audit log exported", "导出审计记录"),
    "audit.exported": Text("Head of the audit log exported", "导出审计摘要"),
    "missing.exported": Text("List of who has not downloaded exported", "导出未下载名单"),
    "help.claim": Text("Help request claimed", "受理求助"),
    "help.release": Text("Help request given back", "求助退回队列"),
    "help.call": Text("Called about a help request", "拨打求助电话"),
    "help.reached": Text("Reached about a help request", "求助电话已接通"),
    "help.missed": Text("Not reached about a help request", "求助电话未接通"),
    "help.answer": Text("Help request answered", "答复求助"),
    "help.note": Text("Note on a help request", "备注求助单"),
    "help.solve": Text("Help request closed", "办结求助"),
    "help.picture-seen": Text("Picture of a help request seen", "查看求助图片"),
    "help.incident-begun": Text("Fault announced", "发布故障公告"),
    "help.incident-ended": Text("Announced fault ended", "结束故障公告"),
    "help.identity-checked": Text("Identity of a caller checked", "核对来电人"),
    "operator.added": Text("Operator added", "新增操作员"),
    "operator.disabled": Text("Operator shut out", "停用操作员"),
    "operator.enabled": Text("Operator let in again", "启用操作员"),
    "operator.password": Text("Operator's password changed", "更改操作员密码"),
    "operator.totp-set": Text("Operator's second factor set", "设置操作员动态码"),
    "operator.totp-removed": Text("Operator's second factor removed", "取消操作员动态码"),
    "clock.trusted": Text("Signed in spite of a doubtful clock", "时钟存疑，仍予签名"),
    "service-token.made": Text("Service token made", "新增服务令牌"),
    "service-token.revoked": Text("Service token revoked", "撤销服务令牌"),
    "state.purge": Text("Exam's data erased", "清除考试数据"),
    "unpublish": Text("Installers withdrawn", "撤下安装包"),
    "issue": Text("Licences issued", "签发许可"),
    "publish": Text("Release published", "发布安装包"),
    "charter.publish": Text("Charter put in force", "发布考试规程"),
    "key.made": Text("Key made", "生成密钥"),
    "key.retired": Text("Key retired", "停用旧密钥"),
    "key.withdrawn": Text("Key withdrawn", "撤回密钥"),
}

FACTS = {
    "why": Text("because:", "原因"),
    "request": Text("request", "求助单"),
    "picture": Text("picture", "图片"),
    "about": Text("about", "范围"),
    "ordered_by": Text("ordered by", "批准人"),
    "until": Text("until", "至"),
    "matched": Text("traits that match", "相同特征"),
    "recorded": Text("of", "共记录"),
    "version": Text("version", "版本"),
    "matches": Text("candidates shown:", "显示人数"),
    "operator": Text("operator", "操作员"),
    "role": Text("role", "角色"),
    "totp": Text("second factor:", "动态码"),
    "release": Text("release", "发布号"),
    "seats": Text("candidates", "考生数"),
    "new": Text("new", "新增"),
    "replaced": Text("replaced", "替换"),
    "batch": Text("issue run", "签发轮次"),
    "added": Text("added", "新增"),
    "refreshed": Text("refreshed", "更新"),
    "reissued": Text("re-issued", "重新签发"),
    "unchanged": Text("unchanged", "不变"),
    "faulty": Text("faulty rows", "有误行"),
    "missing": Text("not on the roster", "名单外"),
    "withdrawn": Text("withdrawn", "撤销"),
    "entries": Text("entries", "条数"),
    "note": Text("note:", "备注"),
    "token": Text("token", "令牌"),
    "scopes": Text("scopes", "权限"),
    "job": Text("job", "任务"),
    "doubt": Text("doubt", "原因"),
    "rows": Text("rows", "行数"),
    "key": Text("key", "密钥"),
    "kid": Text("thumbprint", "指纹"),
    "created": Text("made at", "生成时间"),
    "where": Text("kept in", "存放于"),
    "log_entries": Text("entries before", "此前条数"),
    "log_digest": Text("digest before", "此前摘要"),
}
"""The facts that are shown, in the order in which they are."""

_YES = Text("yes", "是")
_NO = Text("no", "否")
_SET = {True: Text("set", "已启用"), False: Text("not set", "未启用")}
_HIDDEN_FACTS = {"jti", "reason"}


@dataclass(frozen=True)
class EntryWords:
    """An entry in words. ``actor`` is an operator's name, or what acted."""

    title: Text
    actor: Text
    detail: Text


def describe(entry: AuditRecord, zone: ZoneInfo) -> EntryWords:
    """An entry in words; times in them are the zone's."""
    title = ACTS.get(entry.act, Text(entry.act, entry.act))
    facts = {name: value for name, value in json.loads(entry.facts).items() if name not in _HIDDEN_FACTS}
    known = [name for name in FACTS if name in facts]
    clauses = [_fact(name, facts[name], zone) for name in [*known, *(facts.keys() - FACTS.keys())]]
    detail = Text(", ".join(clause.en for clause in clauses), "，".join(clause.zh for clause in clauses))
    return EntryWords(title, actor_words(entry.actor), detail)


def actor_words(actor: str) -> Text:
    """Who acted: an operator's name, or a program in words."""
    name = actor.removeprefix(OPERATOR)
    return Text(name, name) if actor.startswith(OPERATOR) else ACTORS.get(actor, Text(actor, actor))


def _fact(name: str, value: object, zone: ZoneInfo) -> Text:
    words, shown = FACTS.get(name, Text(name, name)), _value(name, value, zone)
    return Text(f"{words.en} {shown.en}", f"{words.zh} {shown.zh}")


def _value(name: str, value: object, zone: ZoneInfo) -> Text:
    if name == "until":
        return schedule.deadline(datetime.fromisoformat(str(value)), zone)
    if name == "role" and value in set(Role):
        return ROLE_WORDS[Role(str(value))]
    if name == "why":
        return WORDS.get(str(value), Text(f"{value}", f"{value}"))
    if isinstance(value, bool):
        return _SET[value] if name == "totp" else (_YES if value else _NO)
    return Text(f"{value}", f"{value}")
