"""Invented health of invented people: care levels, claims, cost, check-up values.

Care levels follow published counts over published populations. Claims, cost
and check-up values are invented; only the ratio of cost between ages is
published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

# Persons certified for care by sex, age and level (要支援1, 2, 要介護1–5).
# Source: 厚生労働省, 令和4年度 介護保険事業状況報告(年報) 第4-1表, end of March 2023.
_CERTIFIED_MEN: Final = np.array([
    [14961, 15706, 20995, 20817, 14862, 13263, 10544],  # 65–69
    [33531, 33566, 48872, 46657, 34445, 30270, 21777],  # 70–74
    [48678, 45270, 72086, 62881, 45323, 39329, 26505],  # 75–79
    [76667, 62072, 109869, 85355, 61818, 52625, 32150],  # 80–84
    [82965, 67164, 124506, 94288, 70386, 58943, 33563],  # 85–89
    [52537, 47546, 93570, 79140, 65101, 54960, 27570],  # 90+
])  # fmt: skip
_CERTIFIED_WOMEN_65: Final = np.array([14771, 16342, 16515, 15040, 10203, 10001, 9158])
_CERTIFIED_WOMEN: Final = 4_681_211  # 65+, all levels
_CERTIFIED_MEN_40_64: Final = 72_545
# Population in thousands on 1 October 2022, 65–69 … 85–89, 90+; men 40–64.
# Source: 総務省 人口推計, in 国立社会保障・人口問題研究所, 人口統計資料集 2024, 表2-2.
_MEN: Final = np.array([3665, 4405, 3151, 2392, 1429, 681])
_WOMEN: Final = np.array([3870, 4932, 3878, 3350, 2525, 1955])
_MEN_40_64: Final = 21_296
# Recipients in thousands by level, both sexes, 70–74 … 85–89, 90+ (90–94 and 95+ added).
# Source: 厚生労働省, 平成22年度 介護給付費実態調査, April 2011.
_RECIPIENTS: Final = np.array([
    [34.1, 42.1, 56.5, 65.5, 48.7, 39.0, 33.6],
    [78.5, 85.7, 116.1, 118.3, 90.0, 74.2, 63.0],
    [123.8, 131.9, 190.1, 180.1, 138.5, 116.1, 97.7],
    [98.4, 118.0, 193.7, 192.2, 156.7, 136.3, 115.2],
    [40.7, 62.1, 131.7, 168.3, 166.4, 172.4, 149.7],
])  # fmt: skip
_BANDS: Final = np.array([40, 65, 70, 75, 80, 85, 90])  # where the age bands of the rates begin
# Residents of an institution: 特別養護老人ホーム admit 要介護3–5, save for few (invented).
_RESIDENTS: Final = np.array([0.02, 0.0, 0.0, 0.03, 0.05, 0.25, 0.35, 0.30])
_ALONE: Final = 1.15  # one who lives alone is certified that much more often (invented)

# Medical demand relative to ages 40–64, by where the age band begins.
# Source: 日本医師会 地域医療情報システム (JMAP), 医療需要予測指数.
_DEMAND: Final = {0: 0.6, 15: 0.4, 40: 1.0, 65: 2.3, 75: 3.9}
_COST_40_64: Final = 260_000  # yen a year and head (invented, near the national level)
_CLAIMS: Final = {0: 9.0, 15: 5.0, 40: 9.0, 65: 17.0, 75: 23.0}  # a year and head (invented)


def care_rates() -> np.ndarray:
    """Return the probability of each care level by sex and age band.

    Returns
    -------
    numpy.ndarray
        2 × 7 × 8: women, men; ages 40–64, 65–69 … 85–89, 90+; none, support 1–2,
        care 1–5. Rows add up to 1.

    Notes
    -----
    Men: certified over population, both published. Of women only 65–69 and
    the total 65+ were at hand: their rate is taken to differ from the men's,
    on the logit scale, by a straight line over the bands that passes through
    65–69 and gives the published total; their levels follow those of the
    recipients of both sexes of that age. Ages 40–64: men's rate for both, in
    levels as at 65–69.

    Examples
    --------
    >>> (1 - care_rates()[:, :, 0]).round(3).tolist()
    [[0.003, 0.024, 0.055, 0.128, 0.277, 0.53, 0.794],
     [0.003, 0.03, 0.057, 0.108, 0.201, 0.372, 0.617]]
    """
    from scipy.optimize import brentq

    men = _CERTIFIED_MEN.sum(axis=1) / (_MEN * 1000)
    at_65 = _CERTIFIED_WOMEN_65.sum() / (_WOMEN[0] * 1000)
    logit = np.log(men / (1 - men))
    gap = np.log(at_65 / (1 - at_65)) - logit[0]

    def women(slope: float) -> np.ndarray:
        return np.asarray(1 / (1 + np.exp(-(logit + gap + slope * np.arange(6)))))

    def excess(slope: float) -> float:
        return float(women(slope) @ _WOMEN * 1000 - _CERTIFIED_WOMEN)

    rate = np.stack([women(float(brentq(excess, -1, 1))), men])
    middle = np.full((2, 1), _CERTIFIED_MEN_40_64 / (_MEN_40_64 * 1000))
    level_men = _CERTIFIED_MEN / _CERTIFIED_MEN.sum(axis=1, keepdims=True)
    level_women = np.vstack([_CERTIFIED_WOMEN_65, _RECIPIENTS])
    level_women = level_women / level_women.sum(axis=1, keepdims=True)
    level = np.stack([level_women, level_men])
    rate = np.concatenate([middle, rate], axis=1)
    level = np.concatenate([level[:, :1], level], axis=1)
    return np.concatenate([1 - rate[..., None], rate[..., None] * level], axis=2)


def care_levels(
    age: np.ndarray,
    male: np.ndarray,
    *,
    resident: np.ndarray,
    alone: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return each person's care level as its place in ``schema.CARE_LEVELS``.

    Residents of institutions need heavy care. The others' rates are lowered
    so that each sex and age band keeps the published rates, and raised for
    those who live alone.
    """
    band = np.searchsorted(_BANDS, age, side="right") - 1
    level = np.zeros(len(age), dtype=np.int64)
    drawn = rng.random(len(age))
    level[resident] = np.searchsorted(np.cumsum(_RESIDENTS)[:-1], drawn[resident], side="right")
    cell = np.where(band >= 0, male * len(_BANDS) + band, 2 * len(_BANDS))
    rates = care_rates().reshape(-1, 8)
    n = np.bincount(cell, minlength=15)[:14]
    taken = np.bincount(cell[resident] * 8 + level[resident], minlength=120)[:112].reshape(14, 8)
    weight = np.where(alone, _ALONE, 1.0)
    home = ~resident & (band >= 0)
    weights = np.bincount(cell[home], weights=weight[home], minlength=15)[:14]
    left = np.maximum(rates * n[:, None] - taken, 0)[:, 1:] / np.maximum(weights, 1)[:, None]
    # Levels 1–7 take the start of the interval 0–1, none takes the rest.
    edges = np.cumsum(left, axis=1)[cell[home]] * weight[home, None]
    found = (drawn[home, None] >= edges).sum(axis=1)
    level[home] = np.where(found == 7, 0, found + 1)
    return level


def medical(
    age: np.ndarray, care: np.ndarray, health: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return claims a year and medical cost in yen a year.

    ``health`` is a person's hidden state (standard normal, high is ill): it
    ties cost and check-up values together. The cost has a heavy tail
    (lognormal), is 0 without a claim, a multiple of 10 (claims are in points
    of 10 yen), and on average of each age band in the published proportion.
    """
    start = np.array(list(_DEMAND))
    band = np.searchsorted(start, age, side="right") - 1
    frailty = np.exp(0.5 * health - 0.125) * rng.gamma(1.1, 1 / 1.1, len(age)) * (1 + 0.08 * care)
    claims = rng.poisson(np.array(list(_CLAIMS.values()))[band] * frailty)
    cost = claims * np.exp(rng.normal(0, 1.0, len(age)) + 0.3 * health) * (1 + 0.18 * care)
    cost = np.minimum(cost, 60 * cost.mean())  # no year costs more than some 50 million yen
    wanted = np.array(list(_DEMAND.values())) * _COST_40_64
    n = np.bincount(band, minlength=len(start))
    given = np.bincount(band, weights=cost, minlength=len(start))
    factor = wanted * n / np.maximum(given, 1e-9)
    return claims, 10 * np.rint(cost * factor[band] / 10).astype(np.int64)


def checkups(
    age: np.ndarray,
    male: np.ndarray,
    care: np.ndarray,
    health: np.ndarray,
    *,
    rng: np.random.Generator,
) -> Mapping[str, np.ndarray]:
    """Return BMI (kg/m²), systolic blood pressure (mmHg) and HbA1c (%), NaN where not examined.

    About half of those aged 40–74 are examined (特定健診), fewer of the old,
    few under 40, and few who need heavy care; of those examined some lack a
    value. All figures are invented.
    """
    n = len(age)
    old = np.clip(age, 20, 90)
    bmi = rng.normal(np.where(male, 23.7, 22.2), 3.2) + 0.6 * health - 0.25 * (care >= 5)
    sbp = 100 + 0.42 * old + 1.1 * (bmi - 22) + 3 * health + rng.normal(0, 13, n)
    hba1c = 5.05 + 0.008 * old + 0.03 * (bmi - 22) + rng.normal(0, 0.25, n)
    diabetic = rng.random(n) < 1 / (1 + np.exp(4.3 - 0.04 * old - 0.9 * health))
    hba1c = hba1c + diabetic * rng.gamma(2.0, 0.5, n)
    rate = np.select([age < 20, age < 40, age < 75, age < 85], [0.0, 0.08, 0.52, 0.30], 0.15)
    examined = rng.random(n) < rate * np.where(care >= 5, 0.3, 1.0)
    values = {
        "bmi": np.round(np.clip(bmi, 14, 45), 1),
        "sbp": np.rint(np.clip(sbp, 80, 220)),
        "hba1c": np.round(np.clip(hba1c, 4.2, 14), 1),
    }
    lacking = {"bmi": 0.01, "sbp": 0.01, "hba1c": 0.12}
    return {
        name: np.where(examined & (rng.random(n) >= lacking[name]), value, np.nan)
        for name, value in values.items()
    }
