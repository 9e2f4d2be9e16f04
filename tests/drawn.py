"""What a drawn picture shows, as its reader sees it."""

from matplotlib.figure import Figure
from matplotlib.text import Text


def cut_off(figure: Figure) -> list[str]:
    """Words of the legend that lie outside the picture."""
    figure.set_dpi(200)
    figure.draw_without_rendering()
    return [
        text.get_text()
        for text in figure.legends[0].get_texts()
        if not figure.bbox.contains(*text.get_window_extent().corners()[0])
        or not figure.bbox.contains(*text.get_window_extent().corners()[3])
    ]


def beyond(figure: Figure) -> list[str]:
    """Words anywhere that reach out of the picture, by more than a hair."""
    figure.draw_without_rendering()
    left, bottom, right, top = figure.bbox.extents
    hair, hidden = figure.dpi / 40, unseen(figure)
    return [
        text.get_text()
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden
        for box in (text.get_window_extent(),)
        if box.x0 < left - hair or box.y0 < bottom - hair or box.x1 > right + hair or box.y1 > top + hair
    ]


def unseen(figure: Figure) -> set[Text]:
    """Labels of ticks beyond the ends of their axes, which are not drawn."""
    found = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        found |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    return found
