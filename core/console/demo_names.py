"""Names and phones of demonstration people. The phones are of no network in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
)
MALE = "伟强磊军洋勇杰涛明超辉刚平建国志远浩宇轩子涵博文俊峰"
FEMALE = "芳娜秀英敏静丽艳娟霞梅琳雪婷慧颖佳怡欣悦诗涵若兰雨桐"
OCCUPATIONS = ("教师", "工程师", "会计", "护士", "销售", "公务员", "自由职业", "学生", "退休")


def given(rng: random.Random, gender: str) -> str:
    """Return a given name of one or two characters."""
    pool = FEMALE if gender == "female" else MALE
    return "".join(rng.choice(pool) for _n in range(rng.choice((1, 2, 2))))


def name(rng: random.Random, gender: str) -> str:
    """Return a full name."""
    return rng.choice(SURNAMES) + given(rng, gender)


def phone(rng: random.Random, n: int) -> str:
    """Return a valid mobile number, another one for each `n`."""
    return f"138{rng.randrange(10**4):04d}{(n * 7919 + 5051) % 10_000:04d}"
