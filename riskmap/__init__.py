"""城市风险一张图: the risks of a city on one map, graded and explained."""

__version__ = "0.1.0"
