"""Names of months and weekdays, and the eras that years are counted in, as texts of many countries write them."""

from dataclasses import dataclass
from datetime import date

_NAMES = (
    "january jan januar janvier janv enero ene gennaio gen janeiro января январь янв",
    "february feb februar février févr fév febrero febbraio fevereiro fev февраля февраль февр фев",
    "march mar märz mrz mars marzo março марта март мар",
    "april apr avril avr abril abr aprile апреля апрель апр",
    "may mai mayo maggio mag maio мая май",
    "june jun juni juin junio giugno giu junho июня июнь июн",
    "july jul juli juillet juil julio luglio lug julho июля июль июл",
    "august aug août agosto ago августа август авг",
    "september sep sept septembre septiembre settembre setembro set сентября сентябрь сент сен",
    "october oct oktober okt octobre octubre ottobre ott outubro out октября октябрь окт",
    "november nov novembre noviembre novembro ноября ноябрь нояб ноя",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro декабря декабрь дек",
)
MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
"""The number of a month by its name in English, German, French, Spanish, Italian, Portuguese or Russian."""

_WEEKDAYS = (
    "monday mon 月曜日 月曜 月 星期一 周一 월요일 월 понедельник пн",
    "tuesday tues tue 火曜日 火曜 火 星期二 周二 화요일 화 вторник вт",
    "wednesday wed 水曜日 水曜 水 星期三 周三 수요일 수 среда ср",
    "thursday thurs thur thu 木曜日 木曜 木 星期四 周四 목요일 목 четверг чт",
    "friday fri 金曜日 金曜 金 星期五 周五 금요일 금 пятница пт",
    "saturday sat 土曜日 土曜 土 星期六 周六 토요일 토 суббота сб",
    "sunday sun 日曜日 日曜 日 星期日 星期天 周日 일요일 일 воскресенье вс",
)
WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}
"""The number of a weekday by its name, of small letters; Monday is 0."""


@dataclass(frozen=True, slots=True)
class Era:
    """Years counted from a beginning: its year 1 is that of `first`."""

    first: date
    last: date


_REIWA = Era(date(2019, 5, 1), date.max)
_HEISEI = Era(date(1989, 1, 8), date(2019, 4, 30))
_SHOWA = Era(date(1926, 12, 25), date(1989, 1, 7))
_TAISHO = Era(date(1912, 7, 30), date(1926, 12, 24))
_JUCHE = Era(date(1912, 1, 1), date.max)  # the Republic of China counts from the same year
ERAS = {
    **dict.fromkeys(("令和", "reiwa", "r"), _REIWA),
    **dict.fromkeys(("平成", "heisei", "h"), _HEISEI),
    **dict.fromkeys(("昭和", "showa", "shōwa", "s"), _SHOWA),
    **dict.fromkeys(("大正", "taisho", "taishō"), _TAISHO),
    **dict.fromkeys(("juche", "주체", "主体", "主體", "チュチェ", "民國", "民国"), _JUCHE),
}
"""The era of a name. Keys here and above are folded: NFKC, small letters."""
