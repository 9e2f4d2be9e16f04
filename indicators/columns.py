"""What the columns of a table mean: which of ours each is, by its own name or by what a person says in a `FileMapping`.

What a name might mean besides is a suggestion, which `indicators.shapes` words; the column stays missing until somebody
confirms it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from indicators.grid import Grid
from indicators.kinds import ABOUT_ROW, EXPORTED, HALVES, FileKind, kind_named, kinds_told, unknown_kind
from indicators.mapping import FileMapping, fold
from indicators.tables import Problems, suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which rows are read, by what they have in a column of the file."""

    place: int
    said: str
    """As a person said it, such as country=North Korea."""
    values: frozenset[str]
    """Folded."""
    keeps: bool
    """Whether rows of these values are read, or all others."""

    def passes(self, cell: str) -> bool:
        return (fold(cell) in self.values) == self.keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a table, and where the cells of each column of its kind come from."""

    kind: FileKind
    header: tuple[str, ...]
    """Names as they stand in the file, without empty ones at the end."""
    places: Mapping[str, int]
    """By column of ours the place of the file's."""
    constants: Mapping[str, str]
    """By column of ours the one value of all rows."""
    filters: tuple[Filter, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """How a message names a column of ours that is taken from one of another name."""
    exported: bool = False
    """Whether the file is an export of Parley: its cells are what is on file, to the letter."""

    @property
    def missing(self) -> list[str]:
        """The required columns that are taken from nowhere, in their order."""
        return [name for name in self.kind.required if not self.has(name)]

    @property
    def others(self) -> list[int]:
        """Places of columns that are not read, nor stand for one of ours that is given otherwise."""
        used = {*self.places.values(), *(each.place for each in self.filters)}
        return [
            place for place, name in enumerate(self.header) if place not in used and not self._known(own_name(name))
        ]

    @property
    def replaced(self) -> list[str]:
        """Columns of the file that are ours by name, and are given otherwise."""
        used = {*self.places.values(), *(each.place for each in self.filters)}
        named = [name for place, name in enumerate(self.header) if place not in used and self._known(own_name(name))]
        return [] if self.exported else named

    def has(self, column: str) -> bool:
        """Whether a column is taken from somewhere; a grade may come in halves."""
        if column == "grade" and all(map(self._taken, HALVES)):
            return True
        return self._taken(column)

    def _taken(self, column: str) -> bool:
        return column in self.places or column in self.constants

    def _known(self, name: str) -> bool:
        target = self.kind.aliases.get(name, name)
        return target in self.kind.targets() or (self.exported and name in (*ABOUT_ROW, *self.kind.about))


def own_name(name: str) -> str:
    """The name of a column as ours are written: "Observed on" is observed_on."""
    return fold(name).replace(" ", "_").replace("-", "_")


def known_names(kinds: Sequence[FileKind]) -> frozenset[str]:
    """All names under which columns are read without a word."""
    return frozenset(name for kind in kinds for name in (*kind.targets(), *kind.aliases))


def read_columns(grid: Grid, mapping: FileMapping, kinds: Sequence[FileKind], problems: Problems) -> Columns | None:
    """The columns of a table; None, and problems, where its kind is unsure or the mapping does not fit it."""
    header = _without_blanks_at_end(grid.header)
    own = [own_name(name) for name in header]
    kind = _kind(grid.file, own, mapping, kinds, problems)
    if kind is None:
        return None
    before = len(problems.lines)
    exported = set(own) >= EXPORTED
    mapped = _mapped(grid.file, header, kind, mapping, problems)
    constants = _constants(grid.file, kind, mapping, problems)
    filters = _filters(grid.file, header, mapping, problems)
    given, used = {*mapped, *constants}, set(mapped.values())
    places = {**mapped, **_named(grid, kind, problems, given=given, used=used, exported=exported)}
    if "grade" in places or "grade" in constants:
        places = {name: place for name, place in places.items() if name not in HALVES or name in mapped}
    told = {name: f"{header[place]!r} ({name})" for name, place in mapped.items() if own[place] != name}
    names = {**told, **{name: f"--set {name}" for name in constants}}
    if len(problems.lines) > before:
        return None
    return Columns(
        kind=kind,
        header=header,
        places=places,
        constants=constants,
        filters=filters,
        names=names,
        exported=exported,
    )


def _without_blanks_at_end(header: Sequence[str]) -> tuple[str, ...]:
    """Spreadsheets write empty columns after the last one."""
    end = len(header)
    while end and not header[end - 1]:
        end -= 1
    return tuple(header[:end])


def _kind(
    file: str, own: Sequence[str], mapping: FileMapping, kinds: Sequence[FileKind], problems: Problems
) -> FileKind | None:
    """The kind that is named, or the one that the columns tell of; the first of all where they tell of none."""
    if mapping.kind:
        found = kind_named(mapping.kind, kinds)
        if found is None:
            problems.add("--kind", unknown_kind(mapping.kind, kinds))
        return found
    said = {own_name(name) for name in (*mapping.columns, *mapping.constants)}
    told = [kind for kind in kinds if kind in kinds_told(_named_in({*own, *said}, kind), [kind])]
    whole = [kind for kind in told if not set(kind.required) - _named_in({*own, *said}, kind)]
    meant = whole or told or list(kinds[:1])
    if len(meant) > 1:
        named = " or ".join(kind.name for kind in meant)
        problems.add(file, f"may hold {named}; give --kind {meant[0].name} or another")
        return None
    return meant[0]


def _named_in(names: Collection[str], kind: FileKind) -> set[str]:
    found = {kind.aliases.get(name, name) for name in names}
    return found | {"grade"} if found.issuperset(HALVES) else found


def _mapped(
    file: str, header: Sequence[str], kind: FileKind, mapping: FileMapping, problems: Problems
) -> dict[str, int]:
    """The places of the columns that the mapping names, by column of ours; either may be said first."""
    folded = [fold(name) for name in header]
    found: dict[str, int] = {}
    for said, source in mapping.columns.items():
        target, name = _target(said, kind), source
        if target is None and fold(said) in folded:
            target, name = _target(source, kind), said
        if target is None:
            what = f"is no column of {kind.name}; {suggest(own_name(said), kind.targets())}"
            problems.add(f"{file}: --map {said}={source}", f"{said!r} {what}")
        elif fold(name) not in folded:
            what = f"the file has no column {name!r}; {suggest(name, tuple(filter(None, header)))}"
            problems.add(f"{file}: --map {said}={source}", what)
        elif folded.count(fold(name)) > 1:
            problems.add(f"{file}: --map {said}={source}", f"the file has several columns {name!r}; rename all but one")
        elif target in found:
            problems.add(f"{file}: --map {said}={source}", f"{target} is mapped already; take it from one column")
        else:
            found[target] = folded.index(fold(name))
    return found


def _target(name: str, kind: FileKind) -> str | None:
    """The column of ours that is meant by a name that is ours, or by an alias of it."""
    own = own_name(name)
    own = own if own in kind.targets() else kind.aliases.get(own, own)
    return own if own in kind.targets() else None


def _constants(file: str, kind: FileKind, mapping: FileMapping, problems: Problems) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in mapping.constants.items():
        target = _target(name, kind)
        if target is None:
            what = f"{name!r} is no column of {kind.name}; {suggest(own_name(name), kind.targets())}"
            problems.add(f"{file}: --set {name}={value}", what)
        elif any(_target(said, kind) == target for said in mapping.columns):
            problems.add(f"{file}: --set {name}={value}", f"{target} is mapped as well; give one of the two")
        else:
            found[target] = value
    return found


def _filters(file: str, header: Sequence[str], mapping: FileMapping, problems: Problems) -> tuple[Filter, ...]:
    """The filters of `column=value|value` and of `column!=value`."""
    folded = [fold(name) for name in header]
    found: list[Filter] = []
    for said, values in mapping.where.items():
        name = said.removesuffix("!").strip()
        if fold(name) in folded:
            parts = frozenset(fold(value) for value in values.split("|"))
            place, keeps = folded.index(fold(name)), name == said
            found.append(Filter(place=place, said=f"{said}={values}", values=parts, keeps=keeps))
        else:
            what = f"the file has no column {name!r}; {suggest(name, tuple(filter(None, header)))}"
            problems.add(f"{file}: --where {said}={values}", what)
    return tuple(found)


def _named(
    grid: Grid,
    kind: FileKind,
    problems: Problems,
    *,
    given: Collection[str],
    used: Collection[int],
    exported: bool,
) -> dict[str, int]:
    """The places of the columns that have names of ours, but for those that are given otherwise."""
    found: dict[str, int] = {}
    for place, name in enumerate(map(own_name, _without_blanks_at_end(grid.header))):
        target = kind.aliases.get(name, name)
        about = exported and name in ABOUT_ROW and (name not in kind.columns or name == "id")
        if target not in kind.targets() or target in given or place in used or about:
            continue
        if target in found:
            what = "stands more than once in the header; name each column once"
            problems.add(f"{grid.file}: row {grid.line}, column {target}", what)
        found.setdefault(target, place)
    return found
