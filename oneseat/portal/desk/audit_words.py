"""Puts entries of the audit log into words: who, what, and the facts in a fixed order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from oneseat.portal.desk.justification import WORDS
from oneseat.portal.exam import schedule
from oneseat.state.accounts.audit import AuditRecord
from oneseat.state.accounts.operators import Role
from oneseat.web.role_words import ROLE_WORDS
from signing.text import Text

OPERATOR = "operator:"
SERVICE = "service:"
"""A program, by the id of its service token."""
ACTORS = {
    "command line": Text("command line", "命令行"),
    "pipeline": Text("issuing", "签发程序"),
    "portal": Text("portal", "平台自动"),
}

ACTS = {
    "desk.login": Text("Logged in at the desk", "登录管理台"),
    "desk.login.refused": Text("Login at the desk refused", "登录管理台被拒绝"),
    "desk.logout": Text("Logged out", "退出管理台"),
    "identity.checked": Text("Identity compared for the exam room", "为考场核对身份"),
    "incident.taken": Text("Incident of the exam room taken", "收到考场故障通报"),
    "order.taken": Text("Order of the exam room taken", "收到考务指令"),
    "room.admission": Text("Admission without tickets switched", "切换无凭证入场"),
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
    "help.incident-answered": Text("Requests answered with a fault", "以故障公告统一答复"),
    "help.incident-ended": Text("Announced fault ended", "结束故障公告"),
    "help.identity-checked": Text("Identity of a caller checked", "核对来电人"),
    "room.entered": Text("Entered the exam room's pages", "进入考场工作页"),
    "room.left": Text("Left the exam room's pages", "退出考场工作页"),
    "room.groups-prepared": Text("Groups made in advance", "预先建立考场分组"),
    "room.group-assigned": Text("Group given to invigilators", "指定分组监考员"),
    "room.group-taken-over": Text("Group taken over", "接管分组"),
    "room.incident-opened": Text("Incident opened in the room", "考场发布故障通报"),
    "room.incident-closed": Text("Incident closed in the room", "考场结束故障通报"),
    "room.identity-seen": Text("Identity photographs seen", "查看核验照片"),
    "room.identity-again": Text("New identity photographs asked for", "请考生重新拍照"),
    "room.identity-decided": Text("Decided on an identity", "人证核验结论"),
    "operator.added": Text("Operator added", "新增操作员"),
    "operator.disabled": Text("Operator shut out", "停用操作员"),
    "operator.enabled": Text("Operator let in again", "启用操作员"),
    "operator.password": Text("Operator's password changed", "更改操作员密码"),
    "operator.role": Text("Operator's role changed", "更改操作员角色"),
    "operator.totp-set": Text("Operator's second factor set", "设置操作员动态码"),
    "operator.totp-removed": Text("Operator's second factor removed", "取消操作员动态码"),
    "clock.trusted": Text("Signed in spite of a doubtful clock", "时钟存疑，仍予签名"),
    "service-token.made": Text("Service token made", "新增服务令牌"),
    "service-token.revoked": Text("Service token revoked", "撤销服务令牌"),
    "room.export": Text("Evidence exported", "导出考试档案"),
    "room.hold": Text("Seat's data held", "暂停清除考生数据"),
    "room.release": Text("Hold on a seat's data released", "恢复清除考生数据"),
    "room.photos": Text("Registered photographs taken in", "导入报名照片"),
    "room.purge": Text("Recordings and data erased as due", "清除到期的录像和数据"),
    "state.purge": Text("Exam's data erased", "清除考试数据"),
    "unpublish": Text("Installers withdrawn", "撤下安装包"),
    "issue": Text("Licences issued", "签发许可"),
    "issue.phone": Text("Phone licences issued", "签发手机端许可"),
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
    "attempt": Text("attempt", "考试记录"),
    "outcome": Text("decision:", "结论"),
    "registered": Text("registered photograph", "报名照片"),
    "photos": Text("photographs", "照片数"),
    "about": Text("about", "范围"),
    "ordered_by": Text("ordered by", "批准人"),
    "until": Text("until", "至"),
    "agrees": Text("agrees:", "一致"),
    "order": Text("order", "编号"),
    "measure": Text("measure", "措施"),
    "session": Text("session", "场次"),
    "seconds": Text("seconds", "秒数"),
    "on": Text("on:", "开启"),
    "matched": Text("traits that match", "相同特征"),
    "recorded": Text("of", "共记录"),
    "version": Text("version", "版本"),
    "matches": Text("candidates shown:", "显示人数"),
    "group": Text("group", "分组"),
    "groups": Text("groups", "分组数"),
    "first": Text("first invigilator", "第一监考"),
    "second": Text("second invigilator", "第二监考"),
    "operator": Text("operator", "操作员"),
    "role": Text("role", "角色"),
    "totp": Text("second factor:", "动态码"),
    "release": Text("release", "发布号"),
    "seats": Text("candidates", "考生数"),
    "new": Text("new", "新增"),
    "replaced": Text("replaced", "替换"),
    "batch": Text("issue run", "签发轮次"),
    "added": Text("added", "新增"),
    "issued": Text("issued", "签发数"),
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
    if actor.startswith(SERVICE):
        token = actor.removeprefix(SERVICE)
        return Text(f"program {token}", f"程序 {token}")
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
