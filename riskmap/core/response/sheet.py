"""A plan as ordered sections of plain text: the one source of what the screen, the page to sign and every file say, word for word.

`sheet` takes the incident and the plan as they are kept (or a trial, which has neither number nor hash) and the reader's language. A section is
{key, title, note, parts}; a part is one of
  {kind: "figures", items: [{key, label, value, unit, bad}]}
  {kind: "facts",   rows: [{label, value}]}
  {kind: "table",   key, head: [{text, num}], rows: [{cells: [text], tone, id, layer, lon, lat}], empty}
  {kind: "lines",   key, items: [{text, tone, note?, id?, layer?}]}
`tone` is "", "bad" (missing, short, nobody's) or "struck" (struck out). The section "map" has no parts: its picture is made by who shows it.
What is not known says so; it is never a zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from riskmap.core.bilingual import half
from riskmap.core.response.refuge import STRUCK, WHY
from riskmap.core.response.severity import CLAUSE
from riskmap.core.response.wording import BASIS, LEVELS, NAMES, UNITS, VALUES

BEIJING = dt.timezone(dt.timedelta(hours=8))
NUMERAL = ("", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ")
SPARE = 8  # usable shelters with nobody sent to them that are named
PLACES = 12  # places of people without a shelter that are named
FEW = 2  # depots named beside an item; all of them are in the table of depots
MOST = 40  # struck-out shelters named one by one; how many more there are is said
# what is known of a way, the worst first; without roads nothing is
ROUTES = {
    "none": "无安全路线 / no safe route",
    "crosses": "穿过影响区 / crosses the zone",
    None: "估算，未核查 / estimate, not checked",
    "clear": "核查畅通 / checked clear",
}
WINDS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")

Part = dict[str, Any]
Words = Mapping[str, Mapping[str, str]]


def sheet(plan: Mapping[str, Any], held: Mapping[str, Any] | None, kept: Mapping[str, Any] | None, words: Words,
          english: bool = False) -> dict[str, Any]:  # fmt: skip
    """{title, exercise, code, number, hash, made_at, made_by, as_of, sections}. `plan`: an outcome; `held`: the incident; `kept`: the plan's row;
    `words`: "event", "site" and "team" → code → its words, from the catalogue."""
    w = _Writer(plan, held, words, english)
    return {
        "title": w.title(),
        "exercise": bool(held and held["exercise"]),
        "code": held["code"] if held else None,
        "number": kept["number"] if kept else None,
        "hash": kept["hash"] if kept else None,
        "made_at": w.at(kept["recorded_at"]) if kept else None,
        "made_by": (kept["person"] or kept["actor"]) if kept else None,
        "as_of": w.at(plan["at"]),
        "sections": [one for one in (w.incident(), w.map(), w.people(), w.zone(), w.sites(), w.shelters(), w.struck(), w.supplies(), w.teams(),
                                     w.sources(), w.unknowns(), w.assumptions()) if one],
    }  # fmt: skip


class _Writer:
    """Writes one plan for one reader."""

    def __init__(self, plan: Mapping[str, Any], held: Mapping[str, Any] | None, words: Words, english: bool) -> None:
        self.plan, self.held, self.words, self.english = plan, held, words, english
        self.depots = {d["id"]: d for d in plan["depots"]}

    # words

    def t(self, text: str) -> str:
        return half(text, self.english)

    def n(self, value: Any) -> str:
        """A number as it is written; what is not known says so."""
        if value is None:
            return self.t("未知 / unknown")
        return f"{value:,.0f}" if float(value) == int(value) else f"{value:,.1f}"

    def at(self, moment: Any) -> str:
        """A moment in Beijing's time, to the minute."""
        if moment is None:
            return self.t("未知 / unknown")
        told = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return f"{told.astimezone(BEIJING):%Y-%m-%d %H:%M}"

    def way(self, metres: float | None) -> str:
        if metres is None:
            return ""
        return f"{metres:,.0f} m" if metres < 1000 else f"{metres / 1000:,.1f} km"

    def minutes(self, seconds: float | None) -> str:
        return "" if seconds is None else f"{max(1, round(seconds / 60)):,} " + self.t("分 / min")

    def unit(self, unit: str) -> str:
        return self.t(UNITS.get(unit, unit))

    def name(self, one: Mapping[str, Any]) -> str:
        return one.get("name") or one.get("code") or f"#{one['id']}"

    def head(self, *texts: str) -> list[dict[str, Any]]:
        """Column heads; those that begin with # hold numbers."""
        return [{"text": self.t(x.removeprefix("#")), "num": x.startswith("#")} for x in texts]

    def row(self, one: Mapping[str, Any] | None, cells: Sequence[str], tone: str = "") -> dict[str, Any]:
        there = {k: one.get(k) if one else None for k in ("id", "layer", "lon", "lat")}
        return {"cells": list(cells), "tone": tone, **there}

    def line(self, zh: str, en: str, tone: str = "") -> dict[str, Any]:
        return {"text": en if self.english else zh, "tone": tone}

    def lines(self, key: str, items: list[dict[str, Any]]) -> Part:
        return {"kind": "lines", "key": key, "items": items}

    def section(self, key: str, title: str, *parts: Part, note: str = "") -> dict[str, Any]:
        return {"key": key, "title": self.t(title), "note": self.t(note), "parts": list(parts)}

    def title(self) -> str:
        return str((self.held["facts"]["title"] if self.held else "") or self.plan["place"]["name"] or self.kind())

    def kind(self) -> str:
        return self.word("event", self.plan["kind"])

    def word(self, table: str, code: str | None) -> str:
        return self.t(self.words[table].get(code, code) if code else "未知 / unknown")

    # sections, in their order

    def incident(self) -> dict[str, Any]:
        place, held = self.plan["place"], self.held
        where = " ".join(x for x in ((held or {}).get("district") or "", (held or {}).get("address") or "", place["name"] or "") if x)
        rows = [
            ("类别 / Kind", self.kind()),
            ("地点 / Place", f"{where} {place['lon']:.5f}, {place['lat']:.5f} (WGS 84)".strip()),
        ]
        if held:
            facts = held["facts"]
            rows += [
                ("发生 / Happened", self.at(held["happened_at"])),
                ("接报 / Reported", self.at(held["reported_at"])),
                ("录入 / Recorded", self.at(held["recorded_at"])),
                ("来源 / Source", facts.get("source") or self.n(None)),
                ("起因 / Cause", facts.get("cause") or self.n(None)),
                ("伤亡损失 / Losses", self.losses(facts)),
                ("拟定等级 / Level proposed", self.level(facts)),
                ("措施 / Measures", facts.get("measures") or self.n(None)),
            ]
        return self.section("incident", "事件 / Incident", {"kind": "facts", "rows": [{"label": self.t(k), "value": v} for k, v in rows]})

    def losses(self, facts: Mapping[str, Any]) -> str:
        parts = (("死亡 / dead", "deaths", "人 / people"), ("重伤 / seriously hurt", "serious", "人 / people"),
                 ("直接损失 / direct loss", "loss_wan", "万元 / 10,000 yuan"))  # fmt: skip
        told = [f"{self.t(word)} {self.n(facts.get(k))}" + ("" if facts.get(k) is None else f" {self.t(unit)}") for word, k, unit in parts]
        return (", " if self.english else "，").join(told)

    def level(self, facts: Mapping[str, Any]) -> str:
        level = facts.get("level")
        if level is None:
            accident = str(facts["kind"]).startswith("accident")
            why = "伤亡损失未知 / losses are not known" if accident else "只拟定事故灾难的等级 / only accidents are levelled"
            return self.t("未拟定 / none") + f" ({self.t(why)})"
        least = self.t("，至少如此：有一项未知 / , at least: something is not known") if facts.get("level_least") else ""
        return f"{NUMERAL[level]} {self.t(LEVELS[level])} ({self.t(CLAUSE)}{least})"

    def map(self) -> dict[str, Any]:
        return self.section("map", "示意图 / Map")

    def people(self) -> dict[str, Any]:
        p = self.plan["people"]
        unit = self.t("人 / people")
        figures = [
            {"key": key, "label": self.t(label), "value": self.n(p[key]), "unit": "" if p[key] is None else unit, "bad": bad}
            for key, label, bad in (("moving", "须转移 / To be moved", False), ("placed", "已有去处 / With a place", False),
                                    ("unmet", "无处安置 / With no place", p["unmet"] != 0))
        ]  # fmt: skip
        if p["residents"] is None:
            first = self.line("居民数未知，只计了在册单位的人，不完整", "residents are not known; only registered sites are counted", "bad")
        else:
            whole, most = self.n(round(p["residents"])), self.n(p["most"])
            first = self.line(f"区内居民 {whole} 人，边界网格整格计则 {most} 人", f"{whole} residents, {most} if cells on the edge count whole")
        lines = [first]
        if p["helpless"]:
            who = self.n(p["helpless"])
            lines.append(self.line(f"医院、养老和福利机构另有 {who} 人，用车转运到同类机构", f"{who} more in hospitals and homes go by vehicle"))
        if p["sites_unknown"]:
            n = p["sites_unknown"]
            lines.append(self.line(f"{n} 处单位人数未知，未计入", f"{n} sites with unknown occupants are not counted", "bad"))
        return self.section("people", "人员 / People", {"kind": "figures", "items": figures}, self.lines("people", lines))

    def zone(self) -> dict[str, Any]:
        z = self.plan["zone"]
        more = "> " if any(level["decides"] and level["beyond"] for level in z["levels"]) else ""  # the model ends there, the gas may not
        rows = [{"label": self.t("影响区 / Zone"), "value": self.t(VALUES.get(("kind", z["kind"]), z["kind"]))},
                {"label": self.t("面积 / Area"), "value": f"{z['area_km2']:,} km²"},
                {"label": self.t("最远 / Farthest"), "value": more + self.way(z["farthest_m"])}]  # fmt: skip
        if z["substance"]:
            rows.insert(0, {"label": self.t("物质 / Substance"), "value": z["substance"]})
        if z["every_direction"]:
            rows.append({"label": self.t("方向 / Direction"), "value": self.t("各方向都算 / every direction counts")})
        parts: list[Part] = [{"kind": "facts", "rows": rows}]
        if z["levels"]:
            lines = []
            for level in z["levels"]:
                reach = ("< " if level["below"] else "> " if level["beyond"] else "") + self.way(level["distance_m"])
                decides = self.t("是 / yes") if level["decides"] else ""
                lines.append(self.row(None, [level["name"], f"{level['value']:g} {level['unit']}", reach, decides, self.t(level.get("note") or "")]))
            head = self.head("范围 / Range", "#阈值 / Threshold", "#最远 / Reach", "定区 / Decides", "后果 / Effect")
            parts.append({"kind": "table", "key": "levels", "head": head, "rows": lines, "empty": ""})
        return self.section("zone", "影响区 / Zone", *parts)

    def sites(self) -> dict[str, Any]:
        rows = []
        for one in self.plan["sites"]:
            beds = "" if one["beds"] is None else self.t(f"床位 {self.n(one['beds'])} / {self.n(one['beds'])} beds")
            cells = [self.name(one), self.word("site", one["kind"]), self.n(one["occupants"]), beds]
            rows.append(self.row(one, cells, "bad" if one["occupants"] is None else ""))
        return self.section("sites", "重点单位 / Protected sites", {"kind": "table", "key": "sites", "rows": rows,
            "head": self.head("名称 / Name", "类别 / Kind", "#人数 / People", "备注 / Note"),
            "empty": self.t("区内没有登记的学校、医院、养老机构 / no registered school, hospital or home inside")})  # fmt: skip

    def shelters(self) -> dict[str, Any]:
        came: dict[int, list[Mapping[str, Any]]] = {}
        for a in self.plan["assignment"]:
            came.setdefault(a["shelter"], []).append(a)
        usable = [s for s in self.plan["shelters"] if s["why"] is None]
        spare = [s for s in usable if not s["assigned"]]
        rows = []
        for s in [s for s in usable if s["assigned"]] + spare[:SPARE]:
            own = sorted(came.get(s["id"], []), key=lambda a: -a["people"])
            who = (", " if self.english else "、").join(self.t(a["group"]) for a in own[:2])
            if len(own) > 2:
                who += self.t(f" 等 {len(own)} 处 / , and {len(own) - 2} more")
            cells = [self.name(s), self.n(s["assigned"]), self.n(s["left"]), self.way(s["distance_m"]), self.minutes(s["seconds"])]
            rows.append(self.row(s, [*cells, self.route(own), who]))
        lines = self.unmet()
        if len(spare) > SPARE:
            n = len(spare) - SPARE
            lines.append(self.line(f"另有 {n} 处可用而没有安排人", f"{n} more may be used and nobody is sent there"))
        mode = next((a["value"] for a in self.plan["assumptions"] if a["name"] == "mode"), "")
        head = self.head("避难场所 / Shelter", "#安排 / Sent", "#余位 / Left", "#路程 / Way", f"#{self.mode(mode)}", "路线 / Route", "来自 / From")
        table = {"kind": "table", "key": "shelters", "rows": rows, "head": head, "empty": self.t("没有可用的避难场所 / no shelter may be used")}
        return self.section("shelters", "人员去向 / Where people go", table, self.lines("unmet", lines),
                            note="总时间最少，不超容量 / least time in all, never over capacity")  # fmt: skip

    def unmet(self) -> list[dict[str, Any]]:
        """Who has no place, and where they are."""
        unmet = self.plan["unmet"]
        lines = []
        if unmet:
            n = self.n(sum(u["people"] for u in unmet))
            lines.append(self.line(f"{n} 人无处安置", f"{n} people have no place", "bad"))
            lines += [{"text": f"{self.t(u['group'])} {self.n(u['people'])}", "tone": "bad"} for u in unmet[:PLACES]]
            if len(unmet) > PLACES:
                lines.append(self.line(f"另有 {len(unmet) - PLACES} 处", f"and {len(unmet) - PLACES} more places", "bad"))
        if self.plan["people"]["unmet"] is None:
            lines.append(self.line("居民数未知，无处安置的人数也未知", "residents are not known, neither is how many have no place", "bad"))
        return lines

    def mode(self, mode: str) -> str:
        return {"walk": "步行 / On foot", "drive": "乘车 / By vehicle"}.get(mode, "时间 / Time")

    def route(self, own: Sequence[Mapping[str, Any]]) -> str:
        """What is known of the ways to a shelter: the worst verdict of them."""
        if not own:
            return ""
        told = {a.get("route") for a in own}
        return self.t(next((word for verdict, word in ROUTES.items() if verdict in told), "未知 / unknown"))

    def struck(self) -> dict[str, Any]:
        """Shelters nobody is sent to, with why: those in the gas struck out, the others named with their state."""
        out = [s for s in self.plan["shelters"] if s["why"] is not None]
        out.sort(key=lambda s: (s["why"] not in STRUCK, s["from_m"]))
        items = [
            {"text": self.name(s), "note": self.t(WHY[s["why"]]), "tone": "struck" if s["why"] in STRUCK else "", "id": s["id"], "layer": s["layer"]}
            for s in out[:MOST]
        ]
        if len(out) > MOST:
            items.append(self.line(f"另有 {len(out) - MOST} 处，近处的已列", f"{len(out) - MOST} more; the nearest are named"))
        if not items:
            items = [{"text": self.t("没有 / none"), "tone": ""}]
        gone = sum(s["why"] in STRUCK for s in out)
        return self.section("struck", "不用的避难场所 / Shelters that are not used", self.lines("struck", items),
                            note=f"{gone} 处在区内或下风，划掉 / {gone} inside the zone or downwind, struck out")  # fmt: skip

    def supplies(self) -> dict[str, Any]:
        rows, out = [], dict[int, list[str]]()
        for s in self.plan["supplies"]:
            shares = [x for x in s["shares"] if x["depot"] in self.depots]
            for x in shares:
                out.setdefault(x["depot"], []).append(f"{s['en'] if self.english else s['zh']} {self.n(x['pieces'])} {self.unit(x['unit'])}")
            gives = self.few([f"{self.name(self.depots[x['depot']])} {self.n(x['pieces'])} {self.unit(x['unit'])}" for x in shares])
            could = self.few([f"{self.name(self.depots[x['depot']])} {self.n(x['worth'])}" for x in s["could"] if x["depot"] in self.depots])
            cells = [s["en"] if self.english else s["zh"], self.unit(s["unit"]), *(self.n(s[k]) for k in ("need", "allocated", "shortage"))]
            rows.append(self.row(None, [*cells, gives, could], "bad" if s["shortage"] else ""))
        days = next((a["value"] for a in self.plan["assumptions"] if a["name"] == "days"), None)
        head = self.head("品名 / Item", "单位 / Unit", "#需要 / Need", "#可调 / Given", "#缺口 / Short", "出库 / From", "谁能补 / Who could fill it")
        empty = self.t("没有储备库或没有标准，物资未知 / no depot or no norm: supplies are not known")
        note = f"{self.n(days)} 天，已扣保底、过期和他处占用 / {self.n(days)} days, less reserves, expired lots and what others hold"
        table = {"kind": "table", "key": "supplies", "rows": rows, "head": head, "empty": empty}
        by = [self.row(self.depots[d], [self.name(self.depots[d]), "；".join(what)]) for d, what in out.items()]
        depots = {"kind": "table", "key": "depots", "rows": by, "head": self.head("储备库 / Depot", "出库 / Gives"), "empty": ""}
        return self.section("supplies", "物资 / Supplies", table, depots, note=note)

    def few(self, texts: list[str]) -> str:
        """The first of many, and how many there are."""
        more = len(texts) - FEW
        return "；".join(texts[:FEW]) + (self.t(f" 等 {len(texts)} 库 / , and {more} more") if more > 0 else "")

    def teams(self) -> dict[str, Any]:
        rows = []
        for x in self.plan["teams"]:
            cells = [self.name(x), self.word("team", x["kind"]), self.n(x["members"]), self.way(x["distance_m"]), self.minutes(x["seconds"])]
            rows.append(self.row(x, [*cells, self.t(x["why"] or "")], "struck" if x["why"] else ""))
        none = self.t("没有可用的队伍： / no team may be called: ")
        lack = [{"text": none + self.word("team", k), "tone": "bad"} for k in self.plan["teams_lacking"]]
        head = self.head("队伍 / Team", "专长 / Skill", "#人数 / People", "#路程 / Way", "#到达 / Arrives", "为什么不用 / Why not")
        table = {"kind": "table", "key": "teams", "rows": rows, "head": head, "empty": self.t("没有可用的队伍 / no team may be called")}
        return self.section("teams", "队伍 / Teams", table, self.lines("lacking", lack))

    def sources(self) -> dict[str, Any]:
        p = self.plan
        counts = "，".join(f"{NUMERAL[int(k)] or self.t('未评估 / not assessed')} {v}" for k, v in p["levels"].items() if v)
        first = self.line(f"区内风险源 {p['sources_count']} 处", f"{p['sources_count']} risk sources inside")
        return self.section("sources", "区内风险源 / Risk sources inside", self.lines("sources", [first | {"note": counts}]))

    def unknowns(self) -> dict[str, Any]:
        items = [{"text": self.t(x), "tone": "bad"} for x in [*self.plan["warnings"], *self.plan["lacks"]]]
        return self.section("unknowns", "警示与未知 / Warnings and what is not known", self.lines("unknowns", items))

    def assumptions(self) -> dict[str, Any]:
        rows = []
        for a in self.plan["assumptions"]:
            cells = [NAMES.get(a["name"], a["name"]), self.value(a), BASIS.get(a["basis"], a["basis"]), a["note"]]
            rows.append(self.row(None, [self.t(x) for x in cells]) | {"key": a["name"]})
        head = self.head("项目 / What", "取值 / Value", "依据 / Basis", "说明 / Note")
        return self.section("assumptions", "假定 / Assumptions", {"kind": "table", "key": "assumptions", "rows": rows, "head": head, "empty": ""})

    def value(self, a: Mapping[str, Any]) -> str:
        """A value with its unit, as it is written."""
        value = a["value"]
        if value is None:
            return self.n(None)
        if isinstance(value, str):
            return self.t(VALUES.get((a["name"], value), value))
        unit = self.t(a["unit"])
        if a["name"] == "wind_from_deg":
            return f"{WINDS[round(float(value) / 22.5) % 16]} {value:g}°"
        return f"{value:,g}" + (f" {unit}" if unit else "")
