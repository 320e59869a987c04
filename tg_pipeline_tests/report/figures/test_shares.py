"""Shares and counts, and whether they differ by more than chance."""

import pytest

from tg_pipeline.report.shares import Comparison, Share, is_rise, z_limit


@pytest.mark.parametrize(
    ("figure", "placebo", "expected"),
    [
        # z is 1.958 and 2.069, and the limit 1.96.
        (Share(70, 140), Share(62, 160), "alike"),
        (Share(70, 140), Share(61, 160), "higher"),
        (Share(61, 160), Share(70, 140), "lower"),
        (Share(0, 50), Share(20, 100), "lower"),
        (Share(9, 10), Share(0, 10), "too few"),
        (Share(0, 50), Share(0, 100), "too few"),
        (Share(30, 40), Share(0, 0), "too few"),
        (Share(0, 0), Share(0, 0), "too few"),
    ],
)
def test_two_shares_differ_if_chance_does_not_explain_it(
    figure: Share, placebo: Share, expected: str
) -> None:
    compared = Comparison(figure, placebo)

    found = "higher" if compared.is_higher else "lower" if compared.is_distinct else "alike"
    assert (found if compared.has_enough_cases else "too few") == expected
    assert compared.is_distinct is (expected in {"higher", "lower"})


def test_a_rise_exceeds_chance_and_the_more_groups_there_are_the_more_clearly() -> None:
    assert not is_rise(12, 22)
    assert is_rise(12, 24)
    assert not is_rise(12, 24, tests=2)
    assert not is_rise(24, 12)
    assert round(z_limit(), 2) == 1.96
