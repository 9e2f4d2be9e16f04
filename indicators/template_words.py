"""The words of the workbook to fill in, in English, Japanese and Korean."""

from collections.abc import Mapping
from dataclasses import dataclass

from indicators.coding import LONGEST_TEXT, OBSERVATION_COLUMNS
from indicators.headings import JAPANESE as JAPANESE_HEADINGS
from indicators.headings import KOREAN as KOREAN_HEADINGS
from indicators.workbook import SHEET


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All words of one language; braces hold what is filled in."""

    title: str
    sheet: str
    criteria: str
    grades: str
    """Names of sheets."""
    headings: Mapping[str, str]
    """By column of observations."""
    required: str
    to_write: Mapping[str, str]
    """What to write in each column."""
    wrong: str
    not_indicator: str
    not_observed_on: str
    not_known_on: str
    not_level: str
    not_grade: str
    """What Excel says of a value that is none."""
    criteria_head: tuple[str, ...]
    """Of the columns before the levels."""
    level: str
    named: bool
    """Whether an indicator is chosen by its id and its name in one cell."""
    grades_head: tuple[str, ...]
    reliabilities: Mapping[str, str]
    credibilities: Mapping[int, str]
    """The Admiralty code: of the source, and of what it says."""
    font: str = ""
    """One that comes with Excel and has the letters; "" for Excel's own."""


ENGLISH = Words(
    title="Observations: {}",
    sheet=SHEET,
    criteria="criteria",
    grades="grades",
    headings={column: column for column in OBSERVATION_COLUMNS},
    required="Required. ",
    to_write={
        "indicator": "The id of an indicator; the sheet criteria says what each asks.",
        "observed_on": "The day it happened.",
        "known_on": "The day it could be known; empty: the day it happened.",
        "level": "From -2 to 2 by the sheet criteria; 2 favours talks. A level between two, such as 0.5, may be typed.",
        "grade": "Reliability of the source and credibility of what it says, such as B2; see the sheet grades.",
        "source": "Who said it, and where: title and date.",
        "publisher": "Who published it.",
        "url": "The web address, with https:// or http://.",
        "origin": "A name that rows share which go back to one report: they count as one piece of evidence.",
        "analyst": "Who coded it; empty: whoever imports the file.",
        "note": f"Anything else, up to {LONGEST_TEXT['note']} characters.",
    },
    wrong="Wrong {}",
    not_indicator="Choose an indicator; the sheet criteria lists them.",
    not_observed_on="Write a date up to today, as YYYY-MM-DD.",
    not_known_on="Write a date from observed_on up to today, or leave it empty.",
    not_level="Choose a level from -2 to 2. A number between two levels, such as 0.5, may be typed.",
    not_grade="Choose a grade; the sheet grades says what they mean.",
    criteria_head=("indicator", "name", "question"),
    level="level {}",
    named=False,
    grades_head=("grade", "the source is", "what it says is", "sd in levels"),
    reliabilities={
        "A": "completely reliable",
        "B": "usually reliable",
        "C": "fairly reliable",
        "D": "not usually reliable",
        "E": "unreliable",
        "F": "reliability cannot be judged",
    },
    credibilities={
        1: "confirmed by other sources",
        2: "probably true",
        3: "possibly true",
        4: "doubtful",
        5: "improbable",
        6: "truth cannot be judged",
    },
)
JAPANESE = Words(
    title="観測：{}",
    sheet="観測",
    criteria="基準",
    grades="等級",
    headings=JAPANESE_HEADINGS,
    required="必須。",
    to_write={
        "indicator": "一覧から指標を選ぶ。idだけでもよい。各指標の問いと基準はシート「基準」に示す。",
        "observed_on": "その事柄が起こった日。",
        "known_on": "その事柄を知り得た日。空欄の場合は観測日と同じ日とみなす。",
        "level": "シート「基準」に照らして-2〜2。2が協議に最も有利。0.5のような中間の値も直接入力できる。",
        "grade": "情報源の信頼性と情報の確度。例：B2。シート「等級」を参照。",
        "source": "誰がどこで述べたか。表題と日付を記す。",
        "publisher": "発行元または報道機関。",
        "url": "ウェブ上のアドレス。https://またはhttp://で始める。",
        "origin": "同じ一つの報道や発表に基づく行に共通の名前を記す。それらは一つの証拠として扱う。",
        "analyst": "評価を行った人。空欄の場合はファイルを取り込む人とする。",
        "note": f"その他。{LONGEST_TEXT['note']}文字まで。",
    },
    wrong="{}の誤り",
    not_indicator="指標を選ぶ。シート「基準」に一覧がある。",
    not_observed_on="今日までの日付をYYYY-MM-DDの形で記す。",
    not_known_on="観測日から今日までの日付を記すか、空欄とする。",
    not_level="-2〜2の水準を選ぶ。0.5のような中間の値も直接入力できる。",
    not_grade="等級を選ぶ。意味はシート「等級」に示す。",
    criteria_head=("指標", "名称", "問い"),
    level="水準{}",
    named=True,
    grades_head=("等級", "情報源の信頼性", "情報の確度", "標準偏差（水準）"),
    reliabilities={
        "A": "完全に信頼できる",
        "B": "通常は信頼できる",
        "C": "おおむね信頼できる",
        "D": "通常は信頼できない",
        "E": "信頼できない",
        "F": "信頼性を判断できない",
    },
    credibilities={
        1: "他の情報源により確認されている",
        2: "おそらく事実である",
        3: "事実である可能性がある",
        4: "疑わしい",
        5: "事実である可能性は低い",
        6: "事実かどうかを判断できない",
    },
    font="Yu Gothic",
)
KOREAN = Words(
    title="관측: {}",
    sheet="관측",
    criteria="기준",
    grades="등급",
    headings=KOREAN_HEADINGS,
    required="필수. ",
    to_write={
        "indicator": "목록에서 지표를 선택한다. id만 적어도 된다. 각 지표의 질문과 기준은 ‘기준’ 시트에 있다.",
        "observed_on": "해당 사안이 일어난 날.",
        "known_on": "해당 사안을 알 수 있게 된 날. 비워 두면 관측일과 같은 날로 본다.",
        "level": "‘기준’ 시트에 따라 -2부터 2까지. 2가 협상 성사에 가장 유리하다. 0.5와 같은 중간값도 입력할 수 있다.",
        "grade": "출처 신뢰성과 내용 신빙성. 예: B2. ‘등급’ 시트를 참조한다.",
        "source": "누가 어디에서 밝혔는지. 제목과 날짜를 적는다.",
        "publisher": "발행처 또는 언론사.",
        "url": "웹 주소. https:// 또는 http://로 시작한다.",
        "origin": "같은 하나의 보도나 발표에 근거한 행에 공통으로 적는 이름. 이들은 하나의 증거로 센다.",
        "analyst": "평가한 사람. 비워 두면 파일을 가져오는 사람으로 한다.",
        "note": f"그 밖의 사항. {LONGEST_TEXT['note']}자까지.",
    },
    wrong="{} 오류",
    not_indicator="지표를 선택한다. 목록은 ‘기준’ 시트에 있다.",
    not_observed_on="오늘까지의 날짜를 YYYY-MM-DD 형식으로 적는다.",
    not_known_on="관측일부터 오늘까지의 날짜를 적거나 비워 둔다.",
    not_level="-2부터 2까지의 수준을 선택한다. 0.5와 같은 중간값도 직접 입력할 수 있다.",
    not_grade="등급을 선택한다. 뜻은 ‘등급’ 시트에 있다.",
    criteria_head=("지표", "명칭", "질문"),
    level="수준 {}",
    named=True,
    grades_head=("등급", "출처 신뢰성", "내용 신빙성", "표준편차(수준)"),
    reliabilities={
        "A": "완전히 신뢰할 수 있음",
        "B": "대체로 신뢰할 수 있음",
        "C": "어느 정도 신뢰할 수 있음",
        "D": "대체로 신뢰할 수 없음",
        "E": "신뢰할 수 없음",
        "F": "신뢰성을 판단할 수 없음",
    },
    credibilities={
        1: "다른 출처로 확인됨",
        2: "사실일 가능성이 높음",
        3: "사실일 가능성이 있음",
        4: "의심스러움",
        5: "사실일 가능성이 낮음",
        6: "사실 여부를 판단할 수 없음",
    },
    font="Malgun Gothic",
)
WORDS: Mapping[str, Words] = {"en": ENGLISH, "ja": JAPANESE, "ko": KOREAN}
"""By language."""
