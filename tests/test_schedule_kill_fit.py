"""The fit is killed at any moment: the service lives on, and makes the day when it is tried again."""

import time

import pytest
from schedule_kills import Desk, desk, moments, wait_to_store
from sizes import slow, soak

__all__ = ("desk",)


@pytest.mark.parametrize(("desk", "kills"), [slow(7, 6), soak("schedule", 18, 25)], indirect=["desk"])
def test_the_fit_is_killed_often(desk: Desk, kills: int) -> None:
    """At moments from its start to the next run, every fourth when a run is stored; the service lives on."""
    whole = desk.first_run()
    for k, delay in enumerate(moments(kills, 2, whole)):
        if k % 5 == 0:  # by now some days have failed, and a service that is begun anew does not let them wait
            desk.stop()
            desk.start()
        desk.fitting()
        if k % 4 == 3:
            wait_to_store(desk)
            time.sleep(delay / 20)
        else:
            time.sleep(delay)
        desk.kill_fit()
        desk.check()
    desk.stop()
    desk.complete()
    print(f"\na run took {whole:.0f} s; hit {dict(desk.hit)}; {len(desk.errors())} of {len(desk.owed)} had failed")
    assert desk.hit["run"] >= kills // 4
    assert all(error.startswith("the fitting process was ended by SIGKILL") for error in desk.errors())
