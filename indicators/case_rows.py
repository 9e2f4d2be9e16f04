"""The content of a case folder as rows of the tables."""

from typing import Any

from db.rows import (
    DeadlineRow,
    GradeRow,
    IndicatorRow,
    LevelRow,
    NewCase,
    NewCompleteness,
    NewDocument,
    NewEvent,
    NewJudgement,
    NewObservation,
)
from indicators.content import CaseFolder, Document, Indicator, Judgement, Priors
from indicators.stories import stories_as_json

CASE_ANALYST = "case"
"""Stands as analyst and attestor of the rows that come from a case folder."""


def new_case(folder: CaseFolder) -> NewCase:
    """The settings, catalogue, grades, deadlines, priors and stories, under the hash of the whole folder."""
    case = folder.case
    return NewCase(
        case_id=case.id,
        name=case.name,
        headline=case.headline,
        record_from=case.record_from,
        dry_after_days=case.dry_after_days,
        knots_until=case.knots_until,
        case_hash=folder.case_hash,
        indicators=tuple(indicator_row(indicator) for indicator in folder.indicators),
        grades=tuple(GradeRow(grade.reliability, grade.credibility, grade.sd_levels) for grade in folder.grades),
        deadlines=tuple(DeadlineRow(row.deadline, row.meaning) for row in folder.deadlines),
        priors=None if folder.priors is None else priors_row(folder.priors),
        stories=None if folder.stories is None else stories_as_json(folder.stories),
    )


def priors_row(priors: Priors) -> dict[str, Any]:
    """The priors in the form of the file they come from, as JSON gives them back."""
    said: dict[str, Any] = {}
    if priors.change is not None:
        said["framing_change"] = {"prior": list(priors.change)}
    if priors.reporting:
        said["reporting"] = {row.type: {"share": row.share, "delay_days": row.delay_days} for row in priors.reporting}
    if priors.years:
        years = [{"year": row.year, "onset": list(row.onset), "duration": list(row.duration)} for row in priors.years]
        said["reference"] = {"tables": priors.tables, "year": years}
    return said


def indicator_row(indicator: Indicator) -> IndicatorRow:
    return IndicatorRow(
        indicator_id=indicator.id,
        position=indicator.position,
        name=indicator.name,
        question=indicator.question,
        orientation=indicator.orientation,
        kind=indicator.kind,
        group_name=indicator.group,
        half_life_days=indicator.half_life_days,
        expected_cadence_days=indicator.expected_cadence_days,
        lag_days=indicator.lag_days,
        contested=indicator.contested,
        typical_sources=indicator.typical_sources,
        documents=indicator.documents,
        document_refs=indicator.document_refs,
        note=indicator.note,
        levels=tuple(LevelRow(level, criterion) for level, criterion in indicator.levels),
        bears_on=indicator.bears_on or None,
    )


def document_row(case_id: str, document: Document) -> NewDocument:
    return NewDocument(
        case_id=case_id,
        document_id=document.document_id,
        author=document.author,
        title=document.title,
        publisher=document.publisher,
        published_on=document.published_on,
        information_cutoff=document.information_cutoff,
        language=document.language,
        directness=document.directness,
        caveats=document.caveats,
    )


def judgement_row(case_id: str, judgement: Judgement) -> NewJudgement:
    return NewJudgement(
        case_id=case_id,
        document_id=judgement.document_id,
        indicator_id=judgement.indicator_id,
        target=judgement.target,
        weight=judgement.weight,
        basis=judgement.basis,
        location=judgement.location,
        note=judgement.note,
    )


def new_documents(folder: CaseFolder) -> list[NewDocument]:
    return [document_row(folder.case.id, row) for row in folder.documents]


def new_judgements(folder: CaseFolder) -> list[NewJudgement]:
    return [judgement_row(folder.case.id, row) for row in folder.judgements]


def new_observations(folder: CaseFolder) -> list[NewObservation]:
    return [
        NewObservation(
            case_id=folder.case.id,
            indicator_id=row.indicator_id,
            observed_on=row.observed_on,
            known_on=row.known_on,
            level=float(row.level),
            source_title=row.source_title,
            source_publisher=row.source_publisher,
            source_url=row.source_url,
            origin=row.origin,
            reliability=row.reliability,
            credibility=row.credibility,
            analyst=CASE_ANALYST,
            note=row.note,
        )
        for row in folder.observations
    ]


def new_events(folder: CaseFolder) -> list[NewEvent]:
    return [
        NewEvent(
            case_id=folder.case.id,
            event_id=row.event_id,
            type=row.type,
            framing=row.framing,
            started_on=row.started_on,
            ended_on=row.ended_on,
            known_on=row.known_on,
            date_precision=row.date_precision,
            level=row.level,
            format=row.format,
            venue=row.venue,
            note=row.note,
            source=row.source,
            confidence=row.confidence,
        )
        for row in folder.events
    ]


def new_completeness(folder: CaseFolder) -> list[NewCompleteness]:
    return [
        NewCompleteness(
            case_id=folder.case.id,
            type=row.type,
            complete_from=row.complete_from,
            complete_through=row.complete_through,
            known_on=row.known_on,
            attested_by=CASE_ANALYST,
            note="",
        )
        for row in folder.completeness
    ]
