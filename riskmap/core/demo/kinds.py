"""What kinds of enterprises the demo city has, how many, where they stand, and which risk sources they keep."""

# ruff: noqa: E501  (tables: one kind, one line)

from __future__ import annotations

from typing import NamedTuple

ENTERPRISES = 20_173                  # the city's own figure of 2019, as are the two counts of filling stations
PETROL, GAS = 989, 187


class Kind(NamedTuple):
    """`count` enterprises; `place`: people, mixed, park or hill; `mix`: kind of risk source → share of its sources."""

    key: str
    count: int
    section: str                      # GB/T 4754
    place: str
    types: tuple[str, ...]
    busy: float                       # sources of one against the average
    mix: dict[str, float]


KINDS = (
    Kind("chemical", 420, "C", "park", ("净水剂厂", "涂料厂", "气体充装站", "化工原料库", "医药化工厂", "精细化工厂", "胶粘剂厂", "油品仓储公司"), 2.2,
         {"chemical": 0.7, "special_equipment": 0.12, "storage": 0.1, "utility": 0.08}),
    Kind("petrol_station", PETROL, "F", "mixed", ("加油站",), 0.5, {"chemical": 0.2, "commerce": 0.3, "utility": 0.3, "other": 0.2}),
    Kind("gas_station", GAS, "F", "mixed", ("加气站",), 0.5, {"special_equipment": 0.4, "utility": 0.3, "other": 0.3}),
    Kind("gas_heating", 640, "D", "people", ("燃气储配站", "供热厂", "燃气调压站", "锅炉房"), 1.1,
         {"gas_heating": 0.75, "special_equipment": 0.15, "utility": 0.1}),
    Kind("manufacture", 4_300, "C", "park",
         ("金属制品厂", "食品厂", "家具厂", "印刷厂", "机械厂", "电子厂", "汽车配件厂", "建材厂", "服装厂", "包装材料厂"), 1.5,
         {"manufacture": 0.72, "special_equipment": 0.12, "storage": 0.08, "utility": 0.06, "chemical": 0.02}),
    Kind("storage", 1_100, "G", "park", ("冷库", "物流园", "仓储公司", "快递分拣中心"), 1.3,
         {"storage": 0.75, "special_equipment": 0.15, "utility": 0.1}),
    Kind("construction", 1_250, "E", "mixed", ("住宅工地", "轨道工地", "市政工地", "装修工程", "桥梁工地"), 1.4,
         {"construction": 0.85, "special_equipment": 0.1, "utility": 0.05}),
    Kind("commerce", 5_400, "H", "people", ("餐饮店", "购物中心", "超市", "宾馆", "农贸市场", "写字楼", "地下商场"), 0.75,
         {"commerce": 0.75, "utility": 0.13, "special_equipment": 0.08, "gas_heating": 0.04}),
    Kind("crowd", 2_350, "R", "people", ("体育馆", "影剧院", "网吧", "歌舞厅", "展览馆", "学校", "医院", "养老院"), 0.8,
         {"crowd": 0.7, "utility": 0.15, "special_equipment": 0.1, "gas_heating": 0.05}),
    Kind("mine", 47, "B", "hill", ("石灰石矿", "采石场", "尾矿库", "铁矿"), 2.4, {"mine": 0.85, "special_equipment": 0.1, "utility": 0.05}),
    Kind("traffic", 620, "G", "mixed", ("客运站", "货运公司", "公交场站", "停车场", "出租车公司"), 0.9,
         {"traffic": 0.75, "utility": 0.15, "commerce": 0.1}),
    Kind("utility", 870, "N", "people", ("污水处理站", "变电站", "环卫站", "地下管廊", "自来水厂", "垃圾转运站"), 1.1,
         {"utility": 0.85, "special_equipment": 0.15}),
    Kind("office", 2_000, "L", "people", ("物业公司", "科技公司", "服务公司", "维修公司"), 0.5,
         {"other": 0.45, "utility": 0.35, "commerce": 0.2}),
)
assert sum(kind.count for kind in KINDS) == ENTERPRISES
BY_KEY = {kind.key: kind for kind in KINDS}

# Industry by district, shares of what stands in parks; hills by where the mines are.
PARKS = {"110105": 5, "110106": 5, "110107": 1, "110108": 2, "110109": 1, "110111": 16, "110112": 16, "110113": 17, "110114": 13,
         "110115": 17, "110116": 3, "110117": 2, "110118": 2, "110119": 1}
HILLS = {"110109": 4, "110111": 4, "110114": 1, "110116": 2, "110117": 1, "110118": 4, "110119": 1}


class Part(NamedTuple):
    """A risk source as people call it: what could happen (GB 6441-2025) and how grave it tends to be."""

    name: str
    accident: str
    gravity: float


FIRE, FALL, COLLAPSE, MACHINE, LIFT, SHOCK, DROWN = "WSA10009", "WSA10010", "WSA10012", "WSA10004", "WSA10005", "WSA10006", "WSA10007"
VESSEL, PIPE, GAS_BLAST, VAPOUR, DUST, POISON, ASPHYXIA, LEAK, OTHER = ("WSA10014", "WSA10015", "WSA10016", "WSA10017", "WSA10018",
                                                                        "WSA10023", "WSA10024", "WSA10026", "WSA10099")
ROAD, YARD, SLIDE, WATER, HIT = "WSA10003", "WSA10002", "WSA10025", "WSA10013", "WSA10001"

PARTS: dict[str, tuple[Part, ...]] = {
    "chemical": (Part("液氯储存单元", POISON, 3.0), Part("氨制冷机房", POISON, 2.2), Part("甲类仓库", FIRE, 2.2), Part("溶剂罐区", VAPOUR, 2.6),
                 Part("气瓶充装间", VESSEL, 2.2), Part("反应釜", VESSEL, 2.0), Part("卸车区", LEAK, 1.4), Part("危化品暂存间", FIRE, 1.0),
                 Part("污水池", ASPHYXIA, 0.6), Part("化验室", FIRE, 0.2)),
    "petrol_station": (Part("汽油储罐及加油区", VAPOUR, 1.5),),
    "gas_station": (Part("储气罐及加气区", GAS_BLAST, 1.8),),
    "gas_heating": (Part("燃气锅炉房", GAS_BLAST, 1.8), Part("液化石油气储罐区", GAS_BLAST, 3.1), Part("燃气调压箱", GAS_BLAST, 1.5),
                    Part("天然气管道", PIPE, 2.0), Part("热力管道", PIPE, 1.0), Part("换热站", OTHER, 0.5)),
    "manufacture": (Part("喷漆房", FIRE, 0.9), Part("涉爆粉尘车间", DUST, 1.9), Part("冲压车间", MACHINE, 0.1), Part("焊接区", FIRE, 0.3),
                    Part("熔炼炉", "WSA10022", 1.3), Part("除尘系统", DUST, 1.1), Part("配电室", SHOCK, 0.1), Part("原料库", FIRE, 0.6),
                    Part("起重作业区", LIFT, 0.2), Part("污水处理间", ASPHYXIA, 0.4)),
    "construction": (Part("深基坑", COLLAPSE, 1.6), Part("塔式起重机", LIFT, 1.4), Part("高支模", COLLAPSE, 1.5), Part("外脚手架", FALL, 0.9),
                     Part("临时用电", SHOCK, 0.3), Part("隧道开挖面", COLLAPSE, 1.8), Part("动火作业区", FIRE, 0.6), Part("临边洞口", FALL, 0.4)),
    "storage": (Part("立体货架库", FIRE, 0.9), Part("氨制冷机房", POISON, 2.0), Part("装卸月台", YARD, 0.0), Part("充电区", FIRE, 0.7),
                Part("冷库", FIRE, 1.0), Part("堆场", COLLAPSE, 0.1)),
    "commerce": (Part("厨房燃气间", GAS_BLAST, 1.55), Part("地下车库充电区", FIRE, 1.55), Part("中庭", FIRE, 1.15), Part("油烟管道", FIRE, 0.95),
                 Part("电动扶梯", MACHINE, 0.75), Part("地下仓库", FIRE, 1.25), Part("外立面广告牌", HIT, 0.65)),
    "crowd": (Part("观众厅", FIRE, 1.95), Part("疏散通道", FIRE, 1.55), Part("宿舍", FIRE, 1.55), Part("看台", COLLAPSE, 1.45), Part("游泳池", DROWN, 1.15),
              Part("实验室", FIRE, 1.35), Part("病房楼", FIRE, 1.95), Part("食堂", GAS_BLAST, 1.35)),
    "special_equipment": (Part("压力容器", VESSEL, 0.9), Part("电梯", MACHINE, 0.0), Part("叉车", YARD, 0.0), Part("起重机械", LIFT, 0.3),
                          Part("锅炉", VESSEL, 0.8), Part("压力管道", PIPE, 0.6)),
    "mine": (Part("尾矿坝", COLLAPSE, 2.4), Part("采场边坡", SLIDE, 1.4), Part("爆破作业面", "WSA10019", 2.2), Part("提升系统", LIFT, 1.0),
             Part("采空区", COLLAPSE, 1.6), Part("排水泵房", WATER, 0.8)),
    "traffic": (Part("客车停放区", FIRE, 0.5), Part("充电站", FIRE, 0.7), Part("站台", ROAD, 0.4), Part("维修车间", FIRE, 0.3),
                Part("危货车辆停放区", LEAK, 1.5)),
    "utility": (Part("配电室", SHOCK, 0.1), Part("有限空间", ASPHYXIA, 0.9), Part("地下管廊", ASPHYXIA, 0.8), Part("水泵房", SHOCK, 0.0),
                Part("化粪池", ASPHYXIA, 0.7), Part("消防水池", DROWN, 0.1)),
    "other": (Part("办公区", FIRE, -0.4), Part("档案库", FIRE, 0.0), Part("电动自行车停放区", FIRE, 0.5), Part("机房", FIRE, 0.0)),
}
REGULATORS = {
    "chemical": "应急管理局", "petrol_station": "商务局", "gas_station": "城市管理委", "gas_heating": "城市管理委", "manufacture": "经济和信息化局",
    "construction": "住房城乡建设委", "storage": "商务局", "commerce": "商务局", "crowd": "文化和旅游局", "special_equipment": "市场监督管理局",
    "mine": "应急管理局", "traffic": "交通委", "utility": "城市管理委", "other": "街道办事处",
}
MEASURES = ("双人双锁、泄漏报警、每日巡检", "自动喷淋、可燃气体报警", "专人值守、限量存放", "作业许可、现场监护", "定期检测、设置警示标志", "培训上岗、每周自查")
