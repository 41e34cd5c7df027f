"""What a layer.toml may say. The declaration drives validation, template, list, filters, search, card, legend, export and API schema."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

FieldType = Literal["text", "integer", "number", "boolean", "date", "code", "codes", "phone", "person", "uscc"]
PERSONAL = frozenset({"phone", "person"})  # masked by role in whatever leaves the product (core/mask.py)
GradingRole = Literal["none", "source", "major_hazard", "shelter", "team", "depot", "occupants"]
Visibility = Literal["public", "staff", "steward"]

# What every record has, outside `attributes`. A layer may relabel or require them in [common].
COMMON_FIELDS = ("code", "name", "parent_code", "district", "town", "address", "lon", "lat", "verified_on")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Strict):
    """A text in both languages of the product."""

    zh: str
    en: str


class Option(Strict):
    code: str
    zh: str
    en: str = ""


class LayerField(Strict):
    """One declared attribute. `unit` is part of the meaning; `low`/`high` are inclusive bounds."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    type: FieldType
    label: Label
    unit: str = ""
    required: bool = False
    indexed: bool = False
    facet: bool = False  # offered as a filter with counts
    low: float | None = None
    high: float | None = None
    max_length: Annotated[int, Field(ge=1, le=4000)] = 200
    options: tuple[Option, ...] = ()  # short lists stand here …
    codes: str | None = None  # … long ones in data/codes/<name>.tsv
    aliases: tuple[str, ...] = ()  # other headings seen in office tables
    example: str = ""
    hint: Label | None = None
    default: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> LayerField:
        if self.type in ("code", "codes") and not (self.options or self.codes):
            raise ValueError(f"field {self.name}: a code needs options or codes")
        if self.name in COMMON_FIELDS:
            raise ValueError(f"field {self.name}: common fields are not declared again")
        return self


class Level(Strict):
    """Where the registered level of a record comes from."""

    rule: Literal["lxs", "gb18218", "field"]
    likelihood: str | None = None  # rule lxs
    severity: str | None = None
    field: str | None = None  # rule gb18218 (一级…四级) or field (1..4)


class Grading(Strict):
    """What the record is to the grading engine; field names tell it where its figures stand."""

    role: GradingRole = "none"
    accident_type: str | None = None  # source: code field whose type sets the footprint
    modelled_radius_m: str | None = None
    capacity: str | None = None  # shelter: people
    state: str | None = None  # shelter: a closed one does not count
    occupants: str | None = None  # occupants: people


class Look(Strict):
    """How it is drawn. Icon is icon.svg of the folder (currentColor, 24 × 24)."""

    order: int = 100
    by_level: bool = False  # symbol by level, never clustered at Ⅰ
    min_zoom: Annotated[int, Field(ge=0, le=19)] = 9
    default_on: bool = False


class Common(Strict):
    """Which common fields a record of this layer must have, and what they are called here."""

    required: tuple[str, ...] = ("name",)
    labels: dict[str, Label] = {}
    aliases: dict[str, tuple[str, ...]] = {}


class Layer(Strict):
    """A layer, as declared by layers/<name>/layer.toml."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    label: Label
    group: Literal["risk", "resource", "reference"]
    code_prefix: Annotated[str, Field(pattern=r"^[A-Z]{2,4}$")]
    description: Label
    parents: tuple[str, ...] = ()
    visibility: Visibility = "steward"
    common: Common = Common()
    level: Level | None = None
    grading: Grading = Grading()
    look: Look = Look()
    list_columns: tuple[str, ...] = ()
    search: tuple[str, ...] = ()  # attributes searched besides name, code, address
    sort: str = "id"
    field: tuple[LayerField, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Layer:
        names = [f.name for f in self.field]
        if len(names) != len(set(names)):
            raise ValueError(f"layer {self.name}: a field is declared twice")
        known = set(names) | set(COMMON_FIELDS) | {"level", "effective_level"}
        asked: list[Any] = [*self.list_columns, *self.search]
        if self.level:
            asked += [self.level.likelihood, self.level.severity, self.level.field]
        personal = {f.name for f in self.field if f.type in PERSONAL}
        told = personal.intersection([*self.search, self.sort, *(f.name for f in self.field if f.facet)])
        if told:  # who does not see it could find it out by asking
            raise ValueError(f"layer {self.name}: persons and phones are not searched, sorted or counted: {', '.join(sorted(told))}")
        g = self.grading
        asked += [g.accident_type, g.modelled_radius_m, g.capacity, g.state, g.occupants]
        for name in asked:
            if name and name not in known:
                raise ValueError(f"layer {self.name}: {name} is not a field of it")
        for name in (*self.common.required, *self.common.labels, *self.common.aliases):
            if name not in COMMON_FIELDS:
                raise ValueError(f"layer {self.name}: {name} is not a common field")
        return self

    def fields(self) -> dict[str, LayerField]:
        """Declared attributes by name, in the order of the file."""
        return {f.name: f for f in self.field}


Value = str | int | float | bool | dt.date | list[str] | None
