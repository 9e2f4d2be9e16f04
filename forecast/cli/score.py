"""The command that scores live forecasts."""

from forecast.cli.console import AsOf, AsRecorded, Json, case_id, opened, print_json, today


def score(as_of: AsOf = None, as_recorded: AsRecorded = None, json_: Json = False) -> None:
    """Score the live forecasts. Those whose windows are over; the others are listed as pending.

    Only forecasts issued before the fact count.
    """
    from db.when import When
    from forecast.evaluation.track import as_json, read_track_record

    when = When(as_of=as_of or today(), as_recorded=as_recorded)
    with opened() as database, database.read() as connection:
        record = read_track_record(connection, when, case_id=case_id())
    if json_:
        print_json(as_json(record))
    else:
        from forecast.cli.score_tables import print_track_record

        print_track_record(record)
