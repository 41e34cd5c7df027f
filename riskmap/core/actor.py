"""Who acts: handed through every flow, set into every transaction."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person or process. `orgs` are the organisations whose records are theirs; `scope` 'city' sees all, 'none' sees none."""

    id: str
    name: str
    role: str
    org: int
    scope: str = "org"
    orgs: tuple[int, ...] = field(default=())
    unit: str = ""
    layers: tuple[str, ...] | None = None  # a program's key may be for some layers only; None: all of them


# Until accounts exist there is one built-in officer, on the loopback address only.
OFFICER = Actor(id="officer", name="市局风险管理员", role="risk_officer", org=1, scope="city", orgs=(1,), unit="市应急管理局")
OPERATOR = Actor(id="operator", name="命令行操作员", role="operator", org=1, scope="city", orgs=(1,), unit="市应急管理局")
# The sign-in itself: it alone compares passwords and opens sessions, and sees no record.
GATE = Actor(id="gate", name="登录", role="gate", org=1, scope="none")
