"""One environment for all templates of the package: a name that a template uses and nobody gives is an error."""

from collections.abc import Callable, Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

type Filters = Mapping[str, Callable[[str], str]]


def render(template: str, filters: Filters | None = None, **facts: object) -> str:
    """The text of a template with its facts; in HTML what is not marked as such is escaped."""
    pages = _environment().overlay()
    pages.filters = {**pages.filters, **(filters or {})}
    return pages.get_template(template).render(facts)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("forecast"),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
