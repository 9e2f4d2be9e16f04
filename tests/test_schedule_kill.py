"""The service is killed at any moment: no day is lost, none made twice, no run stored by halves, and it says so."""

import time

import pytest
from killed_commands import COMMIT, End, started
from schedule_kills import (
    LEASE_S,
    LONGEST_S,
    PATIENCE_S,
    STARTING_S,
    UNHEARD,
    Desk,
    attempts_of,
    beside,
    desk,
    moments,
    wait_to_store,
)
from schedule_worlds import days_of, ledger_of, wait_for
from sizes import slow, soak

__all__ = ("desk",)


@pytest.mark.parametrize("desk", [3], indirect=True)
def test_a_fit_is_killed_and_then_the_service(desk: Desk) -> None:
    desk.start()
    wait_for(desk.is_working, PATIENCE_S, "a run")
    desk.kill_fit()
    wait_for(desk.is_working, PATIENCE_S, "the next day's run")
    desk.fitting()
    desk.kill_service()
    desk.check()
    desk.start()
    wait_for(lambda: desk.owed[-1] in attempts_of(ledger_of(desk.database)), PATIENCE_S, "the line of the dead")
    desk.stop()
    desk.check()
    fit, service = desk.errors()
    assert fit.startswith("the fitting process was ended by SIGKILL")
    assert service.endswith(UNHEARD)


@pytest.mark.parametrize("desk", [slow(1)], indirect=True)
def test_what_is_made_up_for_at_once_is_no_failure(desk: Desk) -> None:
    """`schedule once` enters the run of the one that was killed, makes it, and has nothing to complain of."""
    with started(("schedule", "once"), desk.url, desk.folder) as killed:
        assert killed.follow(heard=lambda each: [step.what for step in each.steps].count(COMMIT) >= 2) is End.HEARD
        assert killed.kill()
    with started(("schedule", "once", "--json"), desk.url, desk.folder) as once:
        once.follow()
        answer = once.answer()
    assert once.code == 0, once.errors
    assert answer is not None
    assert [line["outcome"] for line in answer["attempts"]] == ["failed", "published"]
    assert "error: " not in once.errors


@pytest.mark.parametrize(("desk", "kills"), [slow(5, 6), soak("schedule", 14, 25)], indirect=["desk"])
def test_the_service_is_killed_often(desk: Desk, kills: int) -> None:
    """At moments from its start to the next run; every fourth when a run is stored."""
    whole = desk.first_run()
    for k, delay in enumerate(moments(kills, 1, whole)):
        desk.start()
        if k % 4 == 3:
            wait_to_store(desk)
            time.sleep(delay / 20)
        else:
            time.sleep(delay)
        desk.kill_service()
        desk.check()
    desk.complete()
    print(f"\na run took {whole:.0f} s; hit {dict(desk.hit)}; leases after {[round(s, 1) for s in desk.recovered]} s")
    assert desk.hit["run"] >= kills // 4
    assert max(desk.recovered) < LEASE_S + STARTING_S
    assert all(error.endswith(UNHEARD) for error in desk.errors())


@pytest.mark.parametrize(("desk", "kills"), [soak("schedule", 10, 6)], indirect=["desk"])
def test_of_two_services_the_one_at_work_is_killed_often(desk: Desk, kills: int) -> None:
    """The other takes over, and each of the ten days that were owed is published once."""
    with beside(desk) as other:
        desk.start()
        other.start()
        for delay in moments(kills, 3, LONGEST_S / 2):
            wait_for(lambda: desk.is_working() or other.is_working(), PATIENCE_S, "a run")
            time.sleep(delay)
            victim = other if other.is_working() else desk
            victim.kill_service()
            victim.check()
            victim.start()
        wait_for(lambda: len(days_of(ledger_of(desk.database))) == 10, 8 * PATIENCE_S, "ten runs")
    desk.stop()
    desk.owed += other.owed
    desk.check_complete()
    print(f"\nhit {dict(desk.hit + other.hit)}")
    assert (desk.hit + other.hit)["run"] >= kills // 2
