"""Roles, and the one table of what each may do. The database knows the coarse of it too (migrations/0009_account.sql); a test compares.

三员分立: the system administrator and the security administrator see no records and no audit; the auditor reads the audit and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

ROLES: Mapping[str, tuple[str, str]] = MappingProxyType({
    "street_clerk": ("街乡填报员", "Street clerk"),
    "district_clerk": ("区填报员", "District clerk"),
    "reviewer": ("审核员", "Reviewer"),
    "district_head": ("区负责人", "District head"),
    "risk_officer": ("市局风险管理员", "City risk officer"),
    "commander": ("指挥员", "Commander"),
    "enterprise": ("企业用户", "Enterprise user"),
    "auditor": ("审计员", "Auditor"),
    "system_admin": ("系统管理员", "System administrator"),
    "security_admin": ("安全管理员", "Security administrator"),
    "api_client": ("只读接口", "Read-only API client"),
})  # fmt: skip

OPERATIONS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "map.read": ("查看地图、清单与定级", "Map, lists and grades"),
    "contact.reveal": ("查看遮蔽的联系人（记入审计）", "Lift a contact's mask (audited)"),
    "feature.propose": ("填报与变更申请", "Propose records and changes"),
    "feature.decide": ("审核", "Decide on proposals"),
    "feature.put": ("直接登记在册记录", "Write records in force"),
    "import.propose": ("批量填报", "Bring files and hand them in"),
    "danger.report": ("登记隐患与挂账", "Report hidden dangers"),
    "danger.rectify": ("隐患整改", "Rectify hidden dangers"),
    "danger.check": ("隐患复查与销账", "Check and close hidden dangers"),
    "danger.supervise": ("重大隐患挂牌督办", "Supervise major hidden dangers"),
    "import.run": ("批量导入", "Import files"),
    "export.run": ("导出", "Export"),
    "whatif.run": ("推演", "What-if"),
    "method.manage": ("起草与批准定级方法", "Draft and approve grading methods"),
    "stock.move": ("物资出入库与盘点", "Record stock movements"),
    "stock.approve": ("复核盘点差异与报废", "Approve count differences and scrap"),
    "incident.read": ("查看突发事件与处置方案", "See incidents and plans"),
    "incident.command": ("处置突发事件：立案、方案、占用", "Command incidents: record, plan, reserve"),
    "shelter.report": ("上报避难场所状态与人数", "Report shelters' state and people"),
    "account.manage": ("管理账户", "Manage accounts"),
    "account.own": ("自己的账户", "The own account"),
    "audit.read": ("查看审计", "Read the audit"),
    "system.manage": ("系统运行", "Run the system"),
    "roles.read": ("查看角色权限表", "See this table"),
})  # fmt: skip

OWN = frozenset({"account.own", "roles.read"})
READER = OWN | {"map.read", "contact.reveal", "export.run", "whatif.run", "incident.read"}
CLERK = frozenset({"feature.propose", "import.propose", "stock.move", "danger.report", "danger.rectify", "shelter.report"})
DECIDER = frozenset({"feature.decide", "stock.approve", "danger.check"})
MAY: Mapping[str, frozenset[str]] = MappingProxyType({
    "street_clerk": OWN | CLERK | {"map.read", "contact.reveal", "export.run", "incident.read"},
    "district_clerk": READER | CLERK,
    "reviewer": READER | DECIDER,
    "district_head": READER | DECIDER,
    "risk_officer": READER | CLERK | DECIDER
    | {"danger.supervise", "feature.put", "import.run", "method.manage", "incident.command"},
    "commander": READER | {"incident.command"},
    "enterprise": OWN,  # reports its own sources only once they can be told apart; until then it sees nothing rather than too much
    "auditor": OWN | {"audit.read"},
    "system_admin": OWN | {"system.manage"},
    "security_admin": OWN | {"account.manage"},
    "api_client": frozenset({"map.read", "roles.read"}),
    # the product's own
    "operator": frozenset(OPERATIONS),  # the command line
    "engine": frozenset({"map.read"}),
    "gate": frozenset(),  # the sign-in itself
})  # fmt: skip

# The kinds of organisation a role belongs to.
HOMES: Mapping[str, frozenset[str]] = MappingProxyType({
    "street_clerk": frozenset({"street"}),
    "district_clerk": frozenset({"district", "zone"}),
    "reviewer": frozenset({"city", "district", "zone"}),
    "district_head": frozenset({"district", "zone"}),
    "enterprise": frozenset({"street", "district", "zone"}),
    "api_client": frozenset({"city", "district", "zone"}),
    **dict.fromkeys(("risk_officer", "commander", "auditor", "system_admin", "security_admin"), frozenset({"city"})),
})  # fmt: skip

# Roles whose sign-in needs a second factor where RISKMAP_TOTP=required.
TWICE = frozenset({"reviewer", "district_head", "risk_officer", "system_admin", "security_admin", "auditor"})

Scope = Literal["city", "org", "none"]


def may(role: str, operation: str) -> bool:
    """Whether a role may do an operation; an unknown role may nothing."""
    return operation in MAY.get(role, frozenset())


def scope(role: str, org_kind: str) -> Scope:
    """What a person of this role sees: the whole city, the own organisation and all under it, or no record at all."""
    if not may(role, "map.read"):
        return "none"
    return "city" if org_kind == "city" else "org"


def home(role: str) -> str:
    """The page a person of this role begins on."""
    return "/" if may(role, "map.read") else "/audit" if may(role, "audit.read") else "/roles"
