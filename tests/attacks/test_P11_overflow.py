"""P11: sums that could pass the largest word. No such contribution is masked, whatever the number of members."""

from __future__ import annotations

import numpy as np
import pytest

from fedlore.aggregate.masking.errors import ContributionError
from tests.aggregate.parties import Federation, run_round


@pytest.mark.parametrize("size", [2, 3, 7])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_contributions_of_all_add_up_and_one_more_is_refused(size: int, sign: int) -> None:
    federation = Federation(size=size, length=1)
    largest = (2**31 - 1) // size
    contributions = [np.array([sign * largest], dtype=np.int64)] * size
    assert run_round(federation, contributions).tolist() == [sign * largest * size]
    with pytest.raises(ContributionError, match=f"sum of {size} lies within {largest} of zero"):
        federation.participant("member-0").mask(federation.roster(), contributions[0] + sign)
