"""The desk's actions: what each stores, refuses and says, without a forecast."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from math import hypot
from pathlib import Path

import pytest
from sqlalchemy import Connection
from toy_case import toy_grades
from toy_runs import install_toy

from db.chain import head, verify_chain
from db.engine import Database
from db.read import read_completeness, read_events, read_history, read_observations
from db.rows import EventRow, NewEvent, NewObservation, ObservationRow
from db.when import When
from forecast.desk import actions
from forecast.desk.actions import (
    Desk,
    Receipt,
    add_event,
    attest,
    import_file,
    log,
    retract,
    retract_event,
    revise,
    revise_event,
)
from forecast.desk.draft import EventDraft, ObservationDraft
from forecast.desk.preview import Preview
from forecast.engine.assemble import read_problem
from forecast.errors import NotOnFile
from forecast.record.catalogue import read_indicator
from indicators.errors import CaseError
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case

TODAY = date(2020, 3, 1)
BEFORE = TODAY - timedelta(days=2)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with install_toy(tmp_path) as installed:
        yield installed


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, "kim", day=lambda: TODAY)


def code(desk: Desk, level: float | str = 1, **others: object) -> Receipt:
    given: dict[str, object] = {"on": BEFORE, "source": "Leader", "grade": "B2", **others}
    return log(desk, "press_tone", level, **given)  # type: ignore[arg-type]


def standing(connection: Connection) -> list[ObservationRow]:
    return [row for row in read_observations(connection, "toy", When(as_of=TODAY)) if row.valid_until is None]


def observation(desk: Desk, row: int) -> ObservationRow:
    with desk.database.read() as connection:
        return read_history(connection, ObservationRow, row)[-1]


def everything(desk: Desk) -> str:
    with desk.database.read() as connection:
        assert verify_chain(connection) == ()
        return head(connection)


def test_there_are_at_most_ten_names() -> None:
    assert len(actions.__all__) <= 10


def test_an_observation_is_stored_as_it_was_given(desk: Desk) -> None:
    receipt = code(
        desk,
        "−1.5",
        known_on=TODAY,
        publisher="Gazette",
        url="https://example.org/a?b=1",
        origin="wire-1",
        note='=HYPERLINK("x")',
    )
    (row,) = receipt.rows
    found = observation(desk, row)
    assert (found.indicator_id, found.level, found.observed_on, found.known_on) == ("press_tone", -1.5, BEFORE, TODAY)
    assert (found.source_title, found.source_publisher, found.origin) == ("Leader", "Gazette", "wire-1")
    assert (found.reliability, found.credibility, found.analyst) == ("B", 2, "kim")
    assert found.note == '=HYPERLINK("x")'
    assert receipt.stored
    assert receipt.remark == "no forecast has been published yet; `parley update` will give one"
    everything(desk)


def test_without_a_day_of_its_own_it_could_be_known_when_it_was_observed(desk: Desk) -> None:
    assert observation(desk, code(desk).rows[0]).known_on == BEFORE


def test_the_very_same_row_is_there_once(desk: Desk) -> None:
    first = code(desk)
    before = everything(desk)
    again = code(desk)
    assert (again.action, again.rows, again.stored) == ("unchanged", first.rows, False)
    assert again.notes == (f"the same observation is already on file as row {first.rows[0]}; nothing was added",)
    assert everything(desk) == before


def test_a_draft_says_what_its_parts_say(desk: Desk) -> None:
    draft = ObservationDraft(indicator="press_tone", level=1, on=BEFORE, source="Leader", grade="B2", note="front page")
    assert log(desk, draft, dry_run=True).entries == code(desk, 1, note="front page", dry_run=True).entries
    (row,) = log(desk, draft).rows
    changes = ObservationDraft(level=0, known_on=TODAY)
    by_parts = revise(desk, row, level=0, known_on=TODAY, dry_run=True)
    assert revise(desk, row, changes, dry_run=True).entries == by_parts.entries
    event = EventDraft(type="contact", on=BEFORE, source="Gazette")
    by_parts = add_event(desk, "contact", on=BEFORE, source="Gazette", dry_run=True)
    assert add_event(desk, event, dry_run=True).entries == by_parts.entries


def test_what_is_no_part_of_an_entry_is_refused(desk: Desk) -> None:
    with pytest.raises(TypeError, match=r"^'sauce' is not part of an entry; did you mean 'source'\?$"):
        code(desk, sauce="Leader")
    with pytest.raises(TypeError, match=r"^note given in addition to a draft; give every part in the draft$"):
        revise(desk, 1, ObservationDraft(level=0), note="misread")


def test_what_a_revision_says_already_is_not_logged_beside_it(desk: Desk) -> None:
    (row,) = code(desk, 0).rows
    (newer,) = revise(desk, row, level=1).rows
    again = code(desk, 1, known_on=TODAY)
    assert (again.action, again.rows) == ("unchanged", (newer,))


def test_a_row_of_another_case_is_not_this_desks(desk: Desk) -> None:
    elsewhere = replace(read_case_folder(shipped_case()).case, id="other")
    folder = replace(read_case_folder(shipped_case()), case=elsewhere)
    install_case(desk.database, folder, datetime(2020, 2, 1, tzinfo=UTC))
    mine = Desk(desk.database, "kim", case_id="toy", day=desk.today)
    with desk.database.read() as connection:
        theirs = read_observations(connection, "other", When(as_of=date(2026, 10, 10)))[0].id
    with pytest.raises(
        NotOnFile, match=rf"^observation {theirs} belongs to case other, this desk to toy; set PARLEY_CASE"
    ):
        retract(mine, theirs, "wrong")


def test_two_analysts_may_code_one_indicator_on_one_day(desk: Desk) -> None:
    first, second = code(desk), code(desk, analyst="lee")
    assert first.rows != second.rows
    assert second.preview is not None
    assert "they count as one piece of evidence" in second.preview.warnings[0]


def test_what_was_corrected_is_not_logged_again_as_if_nothing_had_happened(desk: Desk) -> None:
    (row,) = code(desk).rows
    (newer,) = revise(desk, row, level=0).rows
    with pytest.raises(NotOnFile, match=rf"^the same row was stored as row {row}, and superseded by row {newer}; "):
        code(desk)
    (gone,) = retract(desk, newer, "misread").rows
    with pytest.raises(
        NotOnFile, match=rf"retracted as row {gone} \(misread\); if it is right after all, log it again"
    ):
        code(desk)
    assert code(desk, note="it holds after all").stored


def test_a_revision_keeps_what_it_does_not_name(desk: Desk) -> None:
    (row,) = code(desk, publisher="Gazette", note="first").rows
    receipt = revise(Desk(desk.database, "lee", day=desk.today), row, grade="a1", reason="wire text found")
    old, new = observation(desk, row), observation(desk, receipt.rows[0])
    assert old == new  # both name the newest version
    assert (new.supersedes, new.reliability, new.credibility, new.analyst) == (row, "A", 1, "lee")
    assert (new.source_publisher, new.note, new.reason, new.known_on) == ("Gazette", "first", "wire text found", TODAY)


def test_a_revision_is_held_against_what_is_on_file_without_it(desk: Desk) -> None:
    expected = code(desk, dry_run=True).preview
    (row,) = code(desk).rows
    revised = revise(desk, row, level=0, dry_run=True).preview
    assert expected is not None
    assert expected.surprise is not None
    assert revised is not None
    assert revised.surprise is not None
    assert revised.surprise.expected == pytest.approx(expected.surprise.expected, abs=0.05)  # known two days later
    assert revised.warnings == ()


def test_a_correction_acts_from_its_own_day(desk: Desk) -> None:
    (row,) = code(desk).rows
    revise(desk, row, level=-1)
    with desk.database.read() as connection:
        yesterday = read_observations(
            connection, "toy", When(as_of=TODAY - timedelta(days=1)), indicator_id="press_tone"
        )
        today = standing(connection)
    assert any(found.id == row and found.valid_until is None for found in yesterday)
    assert [found.level for found in today if found.observed_on == BEFORE] == [-1.0]


@pytest.mark.parametrize("late", [revise, retract])
def test_only_what_stands_can_be_corrected(desk: Desk, late: object) -> None:
    def correct(row: int) -> Receipt:
        return retract(desk, row, "wrong") if late is retract else revise(desk, row, level=2)

    (row,) = code(desk).rows
    (newer,) = revise(desk, row, level=0).rows
    (gone,) = retract(desk, newer, "misread").rows
    before = everything(desk)
    for number, sentence in (
        (row, rf"^row {row} was retracted as row {gone} \(misread\)"),
        (newer, rf"^row {newer} was retracted as row {gone}"),
        (gone, rf"^row {gone} is the retraction of row {newer}; log the observation again$"),
        (10**6, r"^there is no observation row 1000000; run `parley observations` to list them$"),
    ):
        with pytest.raises(NotOnFile, match=sentence):
            correct(number)
    assert everything(desk) == before


def test_a_revision_must_change_something(desk: Desk) -> None:
    (row,) = code(desk).rows
    with pytest.raises(NotOnFile, match=rf"^row {row} already says all of this; give what should change"):
        revise(desk, row, level="+1")


def test_a_retraction_needs_a_reason_and_keeps_who_withdrew(desk: Desk) -> None:
    (row,) = code(desk).rows
    with pytest.raises(CaseError, match=r"^reason: is empty; say why the row is withdrawn$"):
        retract(desk, row, "  ")
    with pytest.raises(CaseError, match=r"^known_on: 2020-01-01 is before 2020-02-28, when the row became known"):
        retract(desk, row, "wrong", known_on="2020-01-01")
    receipt = retract(Desk(desk.database, "lee", day=desk.today), row, "misread")
    assert (observation(desk, receipt.rows[0]).analyst, observation(desk, row).reason) == ("lee", "misread")
    with desk.database.read() as connection:
        assert all(found.observed_on != BEFORE for found in standing(connection))


def test_confirmation_may_be_refused(desk: Desk) -> None:
    seen: list[Preview] = []

    def refuse(preview: Preview) -> bool:
        seen.append(preview)
        return False

    before = everything(desk)
    receipt = code(desk, confirm=refuse)
    assert (receipt.stored, receipt.notes) == (False, ("you chose not to store it",))
    assert seen[0].criterion == "Mild."
    assert everything(desk) == before


def test_a_dry_run_says_the_same_and_stores_nothing(desk: Desk) -> None:
    before = everything(desk)
    for receipt in (
        code(desk, dry_run=True),
        add_event(desk, "contact", on=BEFORE, source="Gazette", dry_run=True),
        attest(desk, BEFORE, dry_run=True),
        revise(desk, 1, level=2, dry_run=True),
        retract(desk, 1, "wrong", dry_run=True),
        retract_event(desk, "T2019-1", "never happened", dry_run=True),
    ):
        assert (receipt.stored, receipt.rows) == (False, ())
        assert receipt.entries
    assert everything(desk) == before
    with desk.database.read() as connection:
        assert desk.reading(connection).rows == Desk(desk.database, "kim", day=desk.today).reading(connection).rows


def test_a_desk_sees_at_once_what_another_stored(desk: Desk) -> None:
    other = Desk(desk.database, "lee", day=desk.today)
    for number in range(3):
        code(desk if number % 2 else other, note=str(number))
        with desk.database.read() as connection:
            assert len(desk.reading(connection).rows.observations) == len(standing(connection))


def test_a_surprise_is_the_distance_from_the_level_on_file(desk: Desk) -> None:
    """For what is observed and known today: the level `parley indicators` shows, and the grade's error on top."""
    with desk.database.read() as connection:
        level = read_indicator(connection, When(as_of=TODAY), "press_tone", last=0).indicator
    seen = code(desk, 1, on=TODAY, dry_run=True).preview
    assert seen is not None
    assert seen.surprise is not None
    b2 = next(sd for reliability, credibility, sd in toy_grades() if (reliability, credibility) == ("B", 2))
    assert seen.surprise.expected == pytest.approx(level.mean)
    assert seen.surprise.sd == pytest.approx(hypot(level.sd, float(str(b2))))
    assert seen.surprise.z == pytest.approx((1 - level.mean) / seen.surprise.sd)


def test_an_old_report_of_a_fading_level_is_expected_to_have_said_less_sure_things(desk: Desk) -> None:
    fresh, old = (code(desk, 1, on=on, known_on=TODAY, dry_run=True).preview for on in (TODAY, date(2020, 1, 1)))
    assert fresh is not None
    assert old is not None
    assert fresh.surprise is not None
    assert old.surprise is not None
    assert abs(old.surprise.expected) < abs(fresh.surprise.expected)
    assert old.surprise.sd > fresh.surprise.sd


def test_an_indicator_without_observations_expects_nothing(tmp_path: Path) -> None:
    with install_toy(tmp_path) as database:
        early = Desk(database, "kim", day=lambda: date(2011, 1, 15))
        receipt = log(early, "harvest", 0, on=date(2011, 1, 10), source="Office", grade="C3")
        assert receipt.preview is not None
        assert receipt.preview.surprise is None


def test_likely_duplicates_and_common_origins_are_told(desk: Desk) -> None:
    (row,) = code(desk, url="https://example.org/1", origin="wire-1").rows
    twin = code(desk, 0, on=TODAY, url="https://example.org/1", dry_run=True).preview
    assert twin is not None
    assert f"likely duplicate of row {row} (press_tone 2020-02-28, +1, B2, by kim); both count" in twin.warnings[0]
    other = {"on": BEFORE, "source": "Count", "grade": "A1"}
    fed = log(desk, "border_posture", 1, origin="wire-1", dry_run=True, **other).preview  # type: ignore[arg-type]
    assert fed is not None
    assert "origin 'wire-1' is already used for press_tone: one report now speaks for 2 indicators" in fed.warnings[0]
    linked = log(desk, "border_posture", 1, url="https://example.org/1", dry_run=True, **other).preview  # type: ignore[arg-type]
    assert linked is not None
    assert "the same URL is the source of row" in linked.warnings[0]
    assert "give its origin, 'wire-1'" in linked.warnings[0]


def test_an_event_gets_the_next_free_id_and_says_what_stays_open(desk: Desk) -> None:
    first = add_event(desk, "contact", on=date(2020, 2, 1), source="Gazette")
    second = add_event(desk, "contact", on=date(2020, 2, 3), source="Gazette")
    ids = [entry.event_id for receipt in (first, second) for entry in receipt.entries if isinstance(entry, NewEvent)]
    assert len(set(ids)) == 2
    assert "contact: the record is attested complete only through 2019-12-31; this event counts" in first.notes[0]


def test_a_dispute_keeps_an_event_out_until_it_is_settled(desk: Desk) -> None:
    def counted() -> set[str]:
        with desk.database.read() as connection:
            return {row.event_id for row in read_events(connection, "toy", When(as_of=TODAY))}

    given = {"on": BEFORE, "source": "Gazette", "framing": "arms_control", "id": "T2020-1"}
    receipt = add_event(desk, "talks", confidence="low", reason="agenda unclear", **given)  # type: ignore[arg-type]
    assert "in dispute (agenda unclear), so left out of forecasts and scores" in receipt.notes[0]
    assert "T2020-1" not in counted()
    revise_event(desk, "t2020-1", note="both sides brief the press")
    assert "T2020-1" not in counted()
    settled = revise_event(desk, "T2020-1", confidence="medium")
    assert settled.entries[0].reason == ""  # type: ignore[attr-defined]
    assert "T2020-1" in counted()
    revise_event(desk, "T2020-1", confidence="low", reason="denied by Graustark")
    assert "T2020-1" not in counted()
    retract_event(desk, "T2020-1", "never took place")
    with pytest.raises(NotOnFile, match=r"^event T2020-1 was retracted as row \d+ \(never took place\)"):
        revise_event(desk, "T2020-1", confidence="high")
    everything(desk)


def test_a_reason_marks_a_dispute_and_is_not_lost(desk: Desk) -> None:
    with pytest.raises(CaseError, match=r"^reason: 'denied' marks a dispute; give --confidence low as well"):
        add_event(desk, "contact", on=BEFORE, source="Gazette", reason="denied")


def test_the_same_event_twice_is_told(desk: Desk) -> None:
    add_event(desk, "contact", on=date(2020, 2, 20), source="Gazette", id="K1")
    notes = add_event(desk, "contact", on=date(2020, 2, 21), source="Observers").notes
    assert any(note.startswith("likely duplicate of K1: if it is the same event, retract this one") for note in notes)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"type": "talk"}, r"type: 'talk' is not allowed; did you mean 'talks'\?"),
        ({"type": "talks"}, r"framing: is empty; write what the talks were about"),
        ({"confidence": "low"}, r"reason: is empty, and confidence low marks a disputed event; give its reason"),
        ({"until": "2020-02-01"}, r"ended_on: 2020-02-01 lies before started_on 2020-02-28"),
        (
            {"on": "2020-03-02"},
            r"started_on: 2020-03-02 is in the future; the latest day anywhere is 2020-03-01",
        ),
        ({"source": ""}, r"source: is empty"),
        ({"id": "T2019-1"}, r"id: 'T2019-1' is taken"),
    ],
)
def test_what_is_wrong_with_an_event_is_told(desk: Desk, given: dict[str, str], sentence: str) -> None:
    before = everything(desk)
    whole: dict[str, object] = {"type": "contact", "on": BEFORE, "source": "Gazette", **given}
    with pytest.raises(CaseError, match=sentence):
        add_event(desk, **whole)  # type: ignore[arg-type]
    assert everything(desk) == before


def test_an_unknown_event_is_named_by_its_nearest(desk: Desk) -> None:
    with pytest.raises(NotOnFile, match=r"^unknown event 'T2019-9'; did you mean 'T2019-"):
        retract_event(desk, "T2019-9", "wrong")


def test_an_attestation_goes_on_from_the_last_one(desk: Desk) -> None:
    add_event(desk, "contact", on=date(2020, 1, 10), source="Gazette", id="K1")
    receipt = attest(desk, date(2020, 2, 15), note="monitors read daily")
    assert len(receipt.rows) == 4
    assert "contact: 1 event on file (K1) and no others from 2020-01-01 through 2020-02-15" in receipt.notes
    assert "crisis: none from 2020-01-01 through 2020-02-15" in receipt.notes
    with desk.database.read() as connection:
        rows = read_completeness(connection, "toy", When(as_of=TODAY))
        earlier = read_completeness(connection, "toy", When(as_of=TODAY - timedelta(days=1)))
    reach = {row.type: (row.complete_from, row.complete_through, row.attested_by) for row in rows}
    assert set(reach.values()) == {(date(2010, 1, 1), date(2020, 2, 15), "kim")}
    assert all(row.complete_through == date(2019, 12, 31) for row in earlier)


def test_attesting_piece_by_piece_covers_the_same_days(desk: Desk) -> None:
    """A first day that is named again does not cut the record off: what was attested before still counts."""
    for first, last in ((date(2020, 1, 1), date(2020, 1, 20)), (date(2020, 1, 21), date(2020, 2, 15))):
        attest(desk, last, types=("contact", "crisis"), since=first)
    with desk.database.read() as connection:
        _, _, problem = read_problem(connection, When(as_of=TODAY), case_id="toy")
    whole = (date(2010, 1, 1).toordinal(), date(2020, 2, 15).toordinal())
    spans = (problem.record.contact_span, problem.record.crisis_span)
    assert [(span.first, span.last) for span in spans] == [whole] * 2


def test_an_attestation_against_an_event_on_file_is_refused(desk: Desk) -> None:
    """Who says that there were no others must say whether a disputed one happened."""
    add_event(desk, "crisis", on=date(2020, 1, 12), source="Gazette", id="X1", confidence="low", reason="denied")
    refused = (
        r"^through: crisis X1 of 2020-01-12 is in dispute, so nobody can attest that there were no others; "
        r"settle it with `parley event revise X1 --confidence medium`, withdraw it with `parley event retract X1 "
        r"--reason TEXT`, or attest only the days before it$"
    )
    before = everything(desk)
    with pytest.raises(CaseError, match=refused):
        attest(desk, date(2020, 2, 15))
    assert everything(desk) == before
    attest(desk, date(2020, 1, 11))
    attest(desk, date(2020, 2, 15), types=["talks", "contact", "deal"])
    retract_event(desk, "X1", "did not take place")
    assert "crisis: none from 2020-01-12 through 2020-02-15" in attest(desk, date(2020, 2, 15), types=["crisis"]).notes


def test_an_event_and_a_level_of_one_report_are_told(desk: Desk) -> None:
    add_event(desk, "contact", on=BEFORE, source="Gazette of the day", id="K1")
    receipt = log(desk, "press_tone", 1, on=BEFORE, source="Gazette", origin="Gazette of the day", grade="B2")
    told = "K1 and coded levels rest on the same report, 'Gazette of the day': each of them counts for less"
    assert told in receipt.notes
    assert told not in log(desk, "press_tone", 1, on=BEFORE, source="Herald", grade="B2").notes
    also = add_event(desk, "crisis", on=BEFORE, source="Gazette of the day", id="X1").notes
    assert {told, told.replace("K1", "X1")} <= set(also)


def test_whose_word_a_late_event_contradicts_is_theirs_who_spoke_for_its_day(desk: Desk) -> None:
    attest(desk, date(2020, 2, 1))
    of_the_case = add_event(desk, "contact", on=date(2015, 6, 5), source="Gazette", id="K1").notes
    of_kim = add_event(desk, "contact", on=date(2020, 1, 5), source="Herald", id="K2").notes
    assert any(note.startswith("case had attested (row ") for note in of_the_case), of_the_case
    assert any(note.startswith("kim had attested (row ") for note in of_kim), of_kim
    before_the_record = add_event(desk, "contact", on=date(1950, 6, 5), source="Gazette", id="K3").notes
    assert not any("had attested" in note for note in before_the_record)


def test_a_word_taken_back_may_be_given_again(desk: Desk) -> None:
    (row,) = attest(desk, BEFORE, types=["talks"]).rows
    retract(desk, row, "spoke too soon", attestation=True)
    attest(desk, BEFORE, types=["talks"])
    with desk.database.read() as connection:
        reach = [
            each.complete_through
            for each in read_completeness(connection, "toy", When(as_of=TODAY))
            if each.type == "talks"
        ]
    assert reach == [date(2019, 12, 31), BEFORE]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"through": "2020-03-02"}, r"through: 2020-03-02 is in the future, which nobody can attest"),
        ({"through": "2019-12-31"}, r"through: talks is already attested through 2019-12-31; write a later day"),
        ({"through": "soon"}, r"through: 'soon' is not a date"),
        ({"types": ["talk"]}, r"type: 'talk' is not a type of event; did you mean 'talks'\?"),
        ({"since": "2020-02-01"}, r"since: talks is attested through 2019-12-31; start on the next day"),
    ],
)
def test_what_cannot_be_attested_is_told(desk: Desk, given: dict[str, object], sentence: str) -> None:
    before = everything(desk)
    whole: dict[str, object] = {"through": "2020-02-15", **given}
    with pytest.raises(CaseError, match=sentence):
        attest(desk, **whole)  # type: ignore[arg-type]
    assert everything(desk) == before


HEADER = "indicator,observed_on,level,grade,source,analyst,note\n"


def test_an_import_is_all_or_nothing_and_adds_nothing_twice(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "week.csv"
    rows = [f"press_tone,2020-02-{day:02},{day % 5 - 2},B2,Leader {day},,注記 {day}" for day in range(1, 11)]
    file.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8-sig")
    before = everything(desk)
    assert import_file(desk, file, dry_run=True).entries
    assert everything(desk) == before
    receipt = import_file(desk, file)
    assert (len(receipt.rows), receipt.unchanged, receipt.action) == (10, 0, "imported")
    again = import_file(desk, file)
    assert (again.rows, again.unchanged, again.action) == ((), 10, "unchanged")
    other = import_file(Desk(desk.database, "lee", day=desk.today), file)
    assert len(other.rows) == 10  # another analyst's coding is another observation
    retract(desk, receipt.rows[0], "misread")
    assert "1 row of the file had been retracted; that stays as it is" in import_file(desk, file).notes
    file.write_text(HEADER + rows[0] + "\n" + "press_tone,2020-02-30,7,Z9,,,\n", encoding="utf-8")
    before = everything(desk)
    with pytest.raises(CaseError) as refused:
        import_file(desk, file)
    places = [line.split(": ")[1].split(", ")[1] for line in refused.value.problems]
    assert sorted(places) == ["column grade", "column level", "column observed_on", "column source"]
    assert all(line.startswith("week.csv: row 3, ") for line in refused.value.problems)
    assert everything(desk) == before


def test_an_import_names_what_startles_and_reads_what_excel_saves(desk: Desk, tmp_path: Path) -> None:
    code(desk, 2, on=TODAY, grade="A1")
    code(desk, 2, on=TODAY, grade="A1", source="Yearbook")
    file = tmp_path / "week.csv"
    rows = "press_tone,2020/3/1,−２,Ａ１,Cables,,\npress_tone,2020/3/1,2,A1,Leader,,again\n"
    file.write_text(HEADER + rows, encoding="utf-8")
    receipt = import_file(desk, file, dry_run=True)
    assert [entry.level for entry in receipt.entries if isinstance(entry, NewObservation)] == [-2.0, 2.0]
    assert "sd away" in receipt.notes[0]
    assert "likely duplicate of row" in receipt.notes[1]


def test_a_revised_row_of_a_file_is_not_added_again(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "week.csv"
    file.write_text(HEADER + "press_tone,2020-02-01,1,B2,Leader,,\n", encoding="utf-8")
    (row,) = import_file(desk, file).rows
    revise(desk, row, level=0)
    assert import_file(desk, file).rows == ()


def test_every_field_of_an_observation_can_be_given() -> None:
    """What the API cannot say, nobody can log."""
    cells = {"indicator_id", "observed_on", "known_on", "level", "source_title", "source_publisher", "source_url"}
    cells |= {"origin", "reliability", "credibility", "analyst", "note"}
    stored = {item.name for item in fields(NewObservation)} - {"case_id", "supersedes", "retracted", "reason"}
    assert stored == cells
    assert {item.name for item in fields(EventRow)} >= {"analyst", "reason"}
