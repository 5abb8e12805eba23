"""Every measure is what other libraries and plain loops say it is; intervals are those of people drawn again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from functional.validation.made import NONE, drawn, one_cause, plain_benefit, plain_ece

CLIPPED = 1e-9


def log_odds(p: np.ndarray) -> np.ndarray:
    kept = np.clip(p, CLIPPED, 1 - CLIPPED)
    return np.log(kept / (1 - kept))


@pytest.mark.parametrize("seed", range(3))
def test_measures_agree_with_other_libraries(tmp_path: Path, seed: int) -> None:
    p, is_true = drawn(1500, seed)
    said = one_cause(tmp_path, p, is_true)["causes"][0]
    got = {name: found["value"] for name, found in said["measures"].items()}
    assert got["auc"] == pytest.approx(roc_auc_score(is_true, p), abs=2e-6)
    assert got["brier"] == pytest.approx(brier_score_loss(is_true, p), abs=2e-6)
    share = is_true.mean()
    assert got["scaled_brier"] == pytest.approx(1 - brier_score_loss(is_true, p) / (share * (1 - share)), abs=2e-6)
    assert got["observed_to_expected"] == pytest.approx(is_true.sum() / p.sum(), abs=2e-6)
    fitted = LogisticRegression(C=np.inf, tol=1e-9, max_iter=1000).fit(log_odds(p)[:, None], is_true)
    assert got["slope"] == pytest.approx(fitted.coef_[0, 0], rel=1e-3)
    x = log_odds(p)
    offset = minimize(lambda a: np.logaddexp(0, a[0] + x).sum() - (is_true * (a[0] + x)).sum(), [0.0], tol=1e-10).x[0]
    assert got["intercept"] == pytest.approx(offset, abs=1e-4)
    tenths = np.sort(p)[[int(len(p) * k / 10) for k in range(1, 10)]]
    assert got["ece"] == pytest.approx(plain_ece(p, is_true, np.unique(tenths)), abs=2e-6)


def test_net_benefit_is_what_counting_gives(tmp_path: Path) -> None:
    p, is_true = drawn(800)
    curve = one_cause(tmp_path, p, is_true)["causes"][0]["decision"]
    for point in curve:
        assert point["model"]["value"] == pytest.approx(plain_benefit(p, is_true, point["threshold"]), abs=2e-6)
        assert point["everybody"] == pytest.approx(plain_benefit(np.ones(800), is_true, point["threshold"]), abs=2e-6)


def test_the_calibration_curve_counts_everybody_once(tmp_path: Path) -> None:
    p, is_true = drawn(3000)
    curve = one_cause(tmp_path, p, is_true)["causes"][0]["calibration"]
    assert len(curve) > 5
    assert sum(g["rows"] for g in curve) == 3000
    assert sum(g["rows"] * g["promised"] for g in curve) == pytest.approx(p.sum(), rel=1e-4)
    assert sum(g["rows"] * g["found"]["value"] for g in curve) == pytest.approx(is_true.sum(), rel=1e-4)
    assert [g["promised"] for g in curve] == sorted(g["promised"] for g in curve)


def test_intervals_are_those_of_rows_drawn_again_one_by_one(tmp_path: Path) -> None:
    p, is_true = drawn(600)
    said = one_cause(tmp_path, p, is_true, n_draws=30)["causes"][0]
    ids = sorted(range(600), key=lambda k: f"i{k}")  # people are numbered in the order of their ids
    p, is_true = p[ids], is_true[ids]
    plain: dict[str, list[float]] = {"auc": [], "brier": [], "slope": [], "benefit": []}
    for k in range(30):
        rows = np.random.Generator(np.random.PCG64([1, k])).integers(0, 600, 600)
        q, y = p[rows], is_true[rows]
        plain["auc"].append(roc_auc_score(y, q))
        plain["brier"].append(brier_score_loss(y, q))
        fitted = LogisticRegression(C=np.inf, tol=1e-9, max_iter=1000).fit(log_odds(q)[:, None], y)
        plain["slope"].append(fitted.coef_[0, 0])
        plain["benefit"].append(plain_benefit(q, y, 0.2))
    got = said["measures"] | {"benefit": next(x["model"] for x in said["decision"] if x["threshold"] == 0.2)}
    for name, values in plain.items():
        low, high = np.quantile(values, [0.025, 0.975])
        assert (got[name]["low"], got[name]["high"]) == pytest.approx((low, high), abs=2e-3), name


def test_rows_of_one_person_are_drawn_together(tmp_path: Path) -> None:
    p, is_true = drawn(400)
    once = one_cause(tmp_path / "once", p, is_true, n_draws=40)
    twice = one_cause(tmp_path / "twice", np.repeat(p, 2), np.repeat(is_true, 2), rows_a_person=2, n_draws=40)
    assert twice["people"]["compared"] == 400
    assert twice["people"]["rows_compared"] == 800
    for name in ("auc", "brier", "intercept", "observed_to_expected", "slope"):
        a, b = (list(said["causes"][0]["measures"][name].values()) for said in (once, twice))
        assert a == pytest.approx(b, abs=1e-5), name


def test_probabilities_that_are_too_sure_have_half_the_slope(tmp_path: Path) -> None:
    p, is_true = drawn(8000)
    right = one_cause(tmp_path / "right", p, is_true, n_draws=40)["causes"][0]["measures"]
    sure = one_cause(tmp_path / "sure", 1 / (1 + np.exp(-2 * log_odds(p))), is_true, n_draws=40)["causes"][0]["measures"]
    assert right["slope"]["low"] < 1 < right["slope"]["high"]
    assert sure["slope"]["value"] == pytest.approx(right["slope"]["value"] / 2, abs=0.01)
    assert sure["auc"]["value"] == pytest.approx(right["auc"]["value"], abs=1e-5)
    assert sure["ece"]["value"] > 3 * right["ece"]["value"]


def test_a_cause_told_apart_entirely_has_no_slope(tmp_path: Path) -> None:
    p = np.concatenate([np.linspace(0.01, 0.4, 50), np.linspace(0.6, 0.99, 50)])
    said = one_cause(tmp_path, p, p > 0.5, n_draws=20)["causes"][0]["measures"]
    assert said["auc"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert said["slope"] == {"value": None, "low": None, "high": None}
    assert said["brier"]["low"] is not None


def test_probabilities_of_0_and_1_are_taken_as_they_are(tmp_path: Path) -> None:
    p = np.array([0.0] * 40 + [1.0] * 40 + [0.5] * 40)
    is_true = np.array([False] * 40 + [True] * 39 + [False] + [True] * 20 + [False] * 20)
    said = one_cause(tmp_path, p, is_true, n_draws=10)
    assert said["causes"][0]["measures"]["brier"]["value"] == pytest.approx((1 + 40 * 0.25) / 120, abs=1e-6)
    assert said["causes"][1]["cause"] == NONE
    assert said["causes"][1]["measures"]["auc"] == said["causes"][0]["measures"]["auc"]
