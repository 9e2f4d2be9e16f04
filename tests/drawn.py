"""What a drawn picture shows, as its reader sees it."""

from matplotlib.figure import Figure


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
