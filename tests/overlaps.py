"""Words of a picture that stand on each other."""

from itertools import combinations

from drawn import unseen
from matplotlib.figure import Figure
from matplotlib.text import Text

SHARE = 0.12
"""Of the height of the lower one: letters do not fill their boxes."""


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of words that overlap by more than the empty rim of their boxes."""
    figure.set_dpi(200)
    figure.draw_without_rendering()
    hidden = unseen(figure)
    texts = [one for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip() and one not in hidden]
    boxes = [(one.get_text(), Text.get_window_extent(one)) for one in texts]
    return [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        for rim in (SHARE * min(a.height, b.height, a.width, b.width),)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > rim and min(a.y1, b.y1) - max(a.y0, b.y0) > rim
    ]
