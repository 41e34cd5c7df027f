"""The door to layers/ and data/codes/: all of it, or refuse to start."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from riskmap.core import chemical
from riskmap.core.layer import Layer, LayerField, Option
from riskmap.core.ledger import Ledger
from riskmap.core.response.substance import Substance, substances
from riskmap.core.response.supply import Norm, norms, packs
from riskmap.errors import NotFound, SetupError

RESPONSE = ("substance", "relief_norm", "relief_pack", "event_kind", "report_deadline")
STANDARD = ("gb18218_table1", "gb18218_table2", "beta", "alpha", "hazard_grade")


@dataclass(frozen=True, slots=True)
class Response:
    """What a plan reckons with: substances, norms of relief, what a pack holds, and the kinds of incident with the teams each calls."""

    substances: tuple[Substance, ...] = ()
    norms: tuple[Norm, ...] = ()
    packs: Mapping[tuple[str, str], tuple[Decimal, str]] = dataclasses.field(default_factory=dict)
    kinds: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    deadlines: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every layer by name, in drawing order, and every code list by name."""

    layers: Mapping[str, Layer]
    codes: Mapping[str, tuple[Option, ...]]
    folders: Mapping[str, Path]
    ledgers: Mapping[str, Ledger] = dataclasses.field(default_factory=dict)
    standard: chemical.Tables = dataclasses.field(default_factory=lambda: chemical.Tables((), (), (), (), ()))  # GB 18218-2018
    editions: Mapping[str, str] = dataclasses.field(default_factory=dict)  # its files → the head of their SHA-256
    response: Response = Response()

    def ledger(self, name: str) -> Ledger:
        """The ledger of that name, or NotFound with the names there are."""
        if name not in self.ledgers:
            raise NotFound("没有这个台账 / no such ledger", where=name, remedy="可用台账 / ledgers: " + ", ".join(self.ledgers))
        return self.ledgers[name]

    def layer(self, name: str) -> Layer:
        """The layer of that name, or NotFound with the names there are."""
        try:
            return self.layers[name]
        except KeyError:
            raise NotFound(
                "没有这个图层 / no such layer", where=name, remedy="可用图层 / layers: " + ", ".join(self.layers)
            ) from None

    def options(self, field: LayerField) -> tuple[Option, ...]:
        """The code list a field of type code or codes draws from."""
        return field.options or (self.codes[field.codes] if field.codes else ())

    def with_role(self, *roles: str) -> list[str]:
        """Names of the layers whose records are `roles` to the grading engine."""
        return [layer.name for layer in self.layers.values() if layer.grading.role in roles]

    def staff_layers(self) -> list[str]:
        """Layers whose records all signed-in staff may read."""
        return [layer.name for layer in self.layers.values() if layer.visibility in ("staff", "public")]


def load(layers_dir: Path, codes_dir: Path) -> Catalogue:
    """Read every layers/*/layer.toml, the ledgers beside them and data/codes/*.tsv. Raises SetupError naming the file and the fault."""
    codes = {path.stem: _codes(path) for path in sorted(codes_dir.glob("*.tsv"))}
    found: list[tuple[Layer, Path]] = []
    for path in sorted(layers_dir.glob("*/layer.toml")):
        found.append((_layer(path), path.parent))
    if not found:
        raise SetupError(
            "没有图层 / no layer found", where=str(layers_dir), remedy="恢复 layers/ 目录 / restore the layers folder"
        )
    prefixes: dict[str, str] = {}
    for layer, folder in found:
        if layer.code_prefix in prefixes:
            raise SetupError(
                f"code_prefix {layer.code_prefix} is used twice",
                where=f"{folder}, {prefixes[layer.code_prefix]}",
                remedy="给其中一个换前缀 / change one",
            )
        prefixes[layer.code_prefix] = str(folder)
        for field in layer.field:
            if field.codes and field.codes not in codes:
                raise SetupError(
                    f"field {field.name}: code list {field.codes} does not exist",
                    where=str(folder / "layer.toml"),
                    remedy=f"add data/codes/{field.codes}.tsv",
                )
        for parent in layer.parents:
            if parent not in {other.name for other, _ in found}:
                raise SetupError(
                    f"parent layer {parent} does not exist",
                    where=str(folder / "layer.toml"),
                    remedy="修正 parents / mend parents",
                )
        if not (folder / "icon.svg").is_file():
            raise SetupError("icon.svg is missing", where=str(folder), remedy="放入 24 × 24 的 icon.svg / add one")
    found.sort(key=lambda pair: (pair[0].look.order, pair[0].name))
    ledgers = _ledgers(found, codes)
    by_name, folders = {layer.name: layer for layer, _ in found}, {layer.name: folder for layer, folder in found}
    editions = {name: hashlib.sha256((codes_dir / f"{name}.tsv").read_bytes()).hexdigest()[:12] for name in STANDARD}
    return Catalogue(by_name, codes, folders, ledgers, gb18218(codes_dir), editions, response(codes_dir))


def gb18218(codes_dir: Path) -> chemical.Tables:
    """The tables of GB 18218-2018 as core.chemical takes them."""
    return chemical.Tables(*(_table(codes_dir / f"{name}.tsv") for name in STANDARD))


def response(codes_dir: Path) -> Response:
    """The tables a plan reckons with."""
    matter, norm, pack, kind, deadline = (_table(codes_dir / f"{name}.tsv") for name in RESPONSE)
    return Response(substances(matter), norms(norm), packs(pack), {r["code"]: r for r in kind}, tuple(deadline))


def _ledgers(found: list[tuple[Layer, Path]], codes: Mapping[str, tuple[Option, ...]]) -> dict[str, Ledger]:
    """Every other *.toml of a layer's folder is a ledger that hangs on its records."""
    ledgers: dict[str, Ledger] = {}
    for layer, folder in found:
        for path in sorted(folder.glob("*.toml")):
            if path.name == "layer.toml":
                continue
            try:
                ledger = Ledger.model_validate(tomllib.loads(path.read_text("utf-8")), strict=False)
            except (ValidationError, tomllib.TOMLDecodeError) as fault:
                raise SetupError(
                    f"ledger does not parse: {fault}", where=str(path), remedy="按 layers/README.md 修正 / mend as layers/README.md says"
                ) from None
            lost = [f.codes for f in ledger.field if f.codes and f.codes not in codes]
            if (ledger.name, ledger.layer) != (path.stem, layer.name) or ledger.name in ledgers or lost:
                raise SetupError(
                    "ledger: name is the file's, layer the folder's, once only, with code lists that exist",
                    where=str(path),
                    remedy=f'name = "{path.stem}", layer = "{layer.name}"' + "".join(f", data/codes/{c}.tsv" for c in lost),
                )
            ledgers[ledger.name] = ledger
    return ledgers


def _layer(path: Path) -> Layer:
    try:
        layer = Layer.model_validate(tomllib.loads(path.read_text("utf-8")), strict=False)
    except (ValidationError, tomllib.TOMLDecodeError) as fault:
        raise SetupError(
            f"layer.toml does not parse: {fault}",
            where=str(path),
            remedy="按 layers/README.md 修正 / mend as layers/README.md says",
        ) from None
    if layer.name != path.parent.name:
        raise SetupError(f"name {layer.name} differs from its folder", where=str(path), remedy=f'name = "{path.parent.name}"')
    return layer


def _codes(path: Path) -> tuple[Option, ...]:
    return tuple(Option(code=row["code"], zh=row["zh"], en=row.get("en") or "") for row in _table(path))


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))
