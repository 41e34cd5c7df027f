"""Hidden dangers (隐患) found at risk sources over two years, each with the events of its life and some past their deadline."""

from __future__ import annotations

import datetime as dt

import numpy as np

from riskmap.core.demo import names
from riskmap.core.demo.land import pick
from riskmap.core.demo.sources import Sources

COUNT = 12_000
MAJOR_SHARE = 0.03
DEADLINE_DAYS = {"general": (7, 30), "major": (15, 90)}
ENDS = {"closed": 0.76, "rectifying": 0.10, "listed": 0.06, "rectified": 0.06, "withdrawn": 0.02}
LATE_SHARE = 0.014                                    # of open ones in an ordinary district; the method minds 5 %
BEHIND = ("110111", "110112", "110105")               # districts the demo shows falling behind
LATE_BEHIND = 0.09                                    # … and only these let a major one lapse
TITLES = {
    "general": ("灭火器过期", "疏散通道堆物", "配电箱未上锁", "警示标志缺失", "巡检记录不全", "应急照明损坏", "气瓶未固定",
                "防护罩缺失", "私拉电线", "台账未更新"),
    "major": ("可燃气体报警系统失效", "重大危险源未设紧急切断", "特种作业人员无证上岗", "涉爆粉尘未及时清理", "安全距离不足",
              "消防系统瘫痪"),
}


def find(sources: Sources, seed: int, today: dt.date) -> tuple[dict[str, list], dict[str, list]]:
    """(dangers, events). A danger hangs on `feature_code`; an event on `danger_code`, in order of `happened_on`.

    State now is the last event; overdue is an open one whose deadline lies before today.
    """
    rng = np.random.default_rng([seed, 9])
    at = np.sort(pick(rng, np.array([0.0, 12.0, 6.0, 2.0, 1.0])[sources.level], COUNT))
    districts = [sources.table["district"][i] for i in at.tolist()]
    codes = names.codes("HD", districts)
    # a major one belongs to a source that can do harm
    major = rng.random(COUNT) < MAJOR_SHARE * np.array([0, 8.0, 4.0, 1.0, 0.2])[sources.level[at]]
    ends = np.array(list(ENDS))[pick(rng, np.array(list(ENDS.values())), COUNT)]
    dangers: dict[str, list] = {k: [] for k in ("code", "feature_code", "title", "grade", "found_on")}
    events: dict[str, list] = {k: [] for k in ("danger_code", "state", "deadline_on", "person", "note", "happened_on")}
    for i, source in enumerate(at.tolist()):
        grade = "major" if major[i] else "general"
        behind = districts[i] in BEHIND
        late = rng.random() < (LATE_BEHIND if behind else 0.0 if grade == "major" else LATE_SHARE)
        life = _life(rng, grade, str(ends[i]), bool(late), today)
        titles = TITLES[grade]
        title = titles[int(rng.integers(0, len(titles)))]
        row = (codes[i], sources.table["code"][source], title, grade, life[0][1].isoformat())
        for key, value in zip(dangers, row, strict=True):
            dangers[key].append(value)
        person = names.people(rng, 1)[0]
        for state, on, deadline in life:
            event = (codes[i], state, deadline.isoformat(), person, None, on.isoformat())
            for key, value in zip(events, event, strict=True):
                events[key].append(value)
    return dangers, events


def _life(rng: np.random.Generator, grade: str, end: str, late: bool, today: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """(state, day, deadline) from listing to how it stands today; only open ones that are `late` are past their deadline."""
    span = int(rng.integers(*DEADLINE_DAYS[grade]))
    if end in ("closed", "withdrawn"):
        found = today - dt.timedelta(days=int(rng.integers(span + 12, 730)))
    elif late:
        found = today - dt.timedelta(days=span + int(rng.integers(1, 60)))
    else:
        found = today - dt.timedelta(days=int(rng.integers(0, span)))
    deadline = found + dt.timedelta(days=span)
    path = {"listed": ("listed",), "rectifying": ("listed", "rectifying"), "rectified": ("listed", "rectifying", "rectified"),
            "closed": ("listed", "rectifying", "rectified", "closed"), "withdrawn": ("listed", "withdrawn")}[end]
    until = min(today, found + dt.timedelta(days=span + 10 if end == "closed" else span))
    room = max(0, (until - found).days)
    steps = np.sort(rng.integers(0, room + 1, len(path)))
    steps[0] = 0
    return [(state, found + dt.timedelta(days=int(step)), deadline) for state, step in zip(path, steps, strict=True)]
