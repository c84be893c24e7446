"""What operators' roles are called, at the desk and in the exam room."""

from __future__ import annotations

from oneseat.state.accounts.operators import Role
from signing.text import Text

ROLE_WORDS = {
    Role.VIEWER: Text("viewer", "查看"),
    Role.SUPPORT: Text("support", "客服"),
    Role.ADMIN: Text("admin", "管理员"),
    Role.INVIGILATOR: Text("invigilator", "监考员"),
    Role.LEAD: Text("lead invigilator", "监考组长"),
    Role.CHIEF: Text("chief invigilator", "主考"),
    Role.JUDGE: Text("judge", "认定人员"),
}
