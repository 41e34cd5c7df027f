"""Who reads a person's name and phone number in whose record, and what the others read instead.

The rule: units read those of their own records (clerks, reviewers, heads), the city's risk officer and its reviewers all of them, a commander
those of the places and teams help comes from. Everybody else reads a mask; a member of staff may lift it for one record, with a reason, audited.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.layer import PERSONAL, Layer

EVERYWHERE = frozenset({"risk_officer", "operator", "engine"})
OWN_UNIT = frozenset({"street_clerk", "district_clerk", "reviewer", "district_head"})
SIGN = "****"


def unmasked(actor: Actor, layer: Layer, steward_org: int | None) -> bool:
    """Whether this reader's work needs the persons and phones of a record of this layer in the hands of `steward_org`."""
    if actor.role in EVERYWHERE:
        return True
    if actor.role == "commander":
        return layer.group == "resource"
    if actor.role not in OWN_UNIT:
        return False
    return actor.scope == "city" or (steward_org is not None and steward_org in (actor.orgs or (actor.org,)))


def veil(value: Any, kind: str) -> str | None:
    """A mask that says that there is a value and helps to tell it from another: 010****67, 王****. None stays None: missing is missing."""
    if value is None or value == "":
        return None
    text = str(value)
    if kind == "phone":
        return text[:3] + SIGN + text[-2:] if len(text) >= 8 else SIGN
    return (text[0] if len(text) > 1 else "") + SIGN


class Mask:
    """What one reader sees of the records of one layer."""

    def __init__(self, actor: Actor, layer: Layer) -> None:
        self._actor, self._layer = actor, layer
        self._kinds = {f.name: f.type for f in layer.field if f.type in PERSONAL}
        self._known: dict[int | None, bool] = {}

    def lifted(self, steward_org: int | None) -> bool:
        """Whether the reader sees all of a record in the hands of `steward_org`."""
        if steward_org not in self._known:
            self._known[steward_org] = not self._kinds or unmasked(self._actor, self._layer, steward_org)
        return self._known[steward_org]

    def over(self, values: Mapping[str, Any], steward_org: int | None) -> dict[str, Any]:
        """Field → value, as the reader sees it. Values are masked wherever they are personal, whatever else stands beside them."""
        if self.lifted(steward_org):
            return dict(values)
        return {name: veil(v, self._kinds[name]) if name in self._kinds else v for name, v in values.items()}

    def hidden(self, values: Mapping[str, Any], steward_org: int | None) -> list[str]:
        """The fields that hold something the reader does not see."""
        return [] if self.lifted(steward_org) else [name for name in self._kinds if values.get(name) not in (None, "")]

    def kinds(self, steward_org: int | None) -> dict[str, str]:
        """Personal fields → type, where they are masked; empty where the reader sees all."""
        return {} if self.lifted(steward_org) else self._kinds

    def features(self, found: Sequence[dict[str, Any]], owners: Sequence[int]) -> None:
        """GeoJSON features masked in place; `owners`: the organisation of each."""
        if not self._kinds:
            return
        for feature, owner in zip(found, owners, strict=True):
            kinds = self.kinds(owner)
            properties = feature["properties"]
            for name in kinds.keys() & properties.keys():
                properties[name] = veil(properties[name], kinds[name])


NUMBER = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?(1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8})(?![\d.])")  # a phone in the midst of a text


def veiled(value: Any, kinds: Mapping[str, str]) -> Any:
    """Anything that was written down, without persons and phones: fields by name (`kinds`: field → type) at any depth, phones in any text."""
    if isinstance(value, Mapping):
        return {k: veil(v, kinds[k]) if k in kinds and not isinstance(v, (Mapping, list)) else veiled(v, kinds) for k, v in value.items()}
    if isinstance(value, list):
        return [veiled(v, kinds) for v in value]
    return NUMBER.sub(lambda found: str(veil(found[1], "phone")), value) if isinstance(value, str) else value
