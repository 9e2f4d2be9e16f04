"""The fixed words of the trust page, in Korean."""

from forecast.words.trust_labels import TrustPage, TrustTables

TABLES = TrustTables(
    bounds="{window} {target}: 사전에 정한 기준",
    bounds_header=("", "n", "결과", ""),
    comparisons="{target}: Parley와 최선의 단순 예측의 평균 로그 점수",
    comparisons_header=("", "n", "묶음", "예측", "실현", "편향(%p)", "Parley", "단순 예측", "차이"),
    structures="예측에 쓰지 않는 다른 구조의 모형: 평균 로그 점수와 최선의 단순 예측 대비 차이",
    structures_header=("", "", "n", "묶음", "예측", "실현", "편향(%p)", "로그 점수", "단순 예측", "차이"),
    bands="{window} {target}: 예측의 크기와 실현 빈도",
    bands_header=("예측", "n", "실현", "이어진 시기", "겹치지 않는 기간", ""),
    bands_note="예측 기간은 서로 겹친다. ‘겹치지 않는 기간’은 서로 겹치지 않도록 고를 수 있는 기간의 최대 수이다. "
    "하나로 이어진 시기에 속한 결과는 사실상 하나의 결과에 가깝다. 겹치지 않는 기간이 {fewest}개 미만이면 ‘너무 "
    "적음’으로 표시한다.",
    few_windows="너무 적음",
    ranked="언제 일어나는가(기간 전체의 순위확률점수), 어느 시나리오인가(다범주 로그 점수)",
    ranked_header=("", "n", "Parley", "단순 예측", "차이"),
    when="시기: {target}, {situation}",
    which="시나리오: {window}",
    calibration="Parley의 보정: 곡선(CORP)과 브라이어 점수의 구성",
    calibration_header=("", "n", "곡선과 띠", "브라이어", "MCB", "DSC", "UNC"),
    calibration_row="{window} {target}, {situation}",
    calibration_note="브라이어 점수 = MCB(보정 오차) − DSC(변별력) + UNC(불확실성). DSC는 클수록 좋다.",
    track="결과가 확정된 예측: 로그 점수(예측이 유효했던 일수로 가중)",
    track_by="모형 {structure}의 예측 가운데 결과가 확정된 것: 로그 점수(예측이 유효했던 일수로 가중)",
    track_header=("", "예측 수", "유효 n", "예측", "실현", "Parley", "기저율", "차이", ""),
    enough="판단 가능",
    too_few="건수 부족",
    checks="점검",
    checks_header=("", "", "", "결과"),
    measured="측정 대상",
    situations={"all": "전체", "dry": "협상 공백기", "wet": "협상 진행기"},
    eras={"before 2010": "2009년까지", "from 2010": "2010년 이후"},
    structure_names={"no regime": "국면 제외 모형", "no indicators": "지표 제외 모형"},
    forecasters={
        "climatology": "과거 평균 빈도",
        "dry/wet climatology": "협상 유무별 과거 빈도",
        "dry/wet climatology, 3-year half-life": "협상 유무별 과거 빈도(반감기 3년)",
        "logistic on log days since talks": "협상 후 경과 일수의 로그에 대한 로지스틱 회귀",
        "dry/wet constant rates": "협상 유무별 일정 발생률",
    },
    verdicts={
        "met": "충족",
        "met but within chance": "충족(우연과 구별되지 않음)",
        "missed": "미충족",
        "not measured": "미측정",
        "passed": "통과",
        "FAILED": "실패",
        "look": "참고",
        "not run": "미실시",
    },
    check_names={
        "as-of": "과거 날짜 기준 읽기",
        "states": "다른 방법으로 구한 수준",
        "prior-predictive": "사전예측 점검",
        "posterior-predictive": "사후예측 점검",
        "power-scaling": "사전분포와 기록의 비중",
        "assumptions": "가정의 변경",
        "leave-out-indicator": "지표 하나 제외",
        "leave-out-document": "문헌 하나 제외",
        "sbc": "시뮬레이션 기반 보정",
    },
    window="{days}일",
    window_situation="{days}일, {situation}",
    era_situation="{era}, {situation}",
    band="{situation}, {range}",
    of_target="{target}, {row}",
    interval=" ({}, {})",
    curve="{place}({reach})",
    points="{}%p",
    inside="띠 안",
    outside="띠 밖",
)
PAGE = TrustPage(
    title="전망을 어디까지 신뢰할 수 있는가: {}",
    in_short="요지",
    track="예측 실적",
    backtest="과거에 적용했을 때의 성적",
    backtest_is="소급 검증: {}. 이는 예측 실적이 아니다. 지표 목록, 판정 기준, 반감기는 이후의 전개를 알고서 정한 "
    "것이다.",
    own_sentence="이 소급 검증의 결과: {}",
    differences="기간별 로그 점수의 차이와 구간",
    differences_caption="Parley의 평균 로그 점수에서 같은 시점에 대한 최선의 단순 예측의 평균 로그 점수를 뺀 차이. "
    "선은 블록 부트스트랩으로 구한 {level} 구간이고 작은 숫자는 n(시점 수)이다. 0보다 낮으면 Parley 쪽이 낫다. 속을 "
    "채운 표시는 판단 가능한 것, 빈 표시는 건수가 부족한 것이다.",
    timelines="예측의 추이와 실제 결과",
    timelines_caption="각 시점에 Parley가 제시한 확률(실선)과 전체 시점에서 최선인 단순 예측(점선). 위쪽 눈금은 그 "
    "시점에 시작된 기간에 실현되었음을, 아래쪽 눈금은 실현되지 않았음을 나타낸다. 위쪽 눈금이 있는데 선이 낮거나 "
    "아래쪽 눈금이 있는데 선이 높은 곳에서는 예측이 빗나갔다.",
    calibration="보정",
    calibrated="예측이 잘 보정되어 있다면 30%로 예측한 것 가운데 약 30%가 실현된다.",
    not_measured="이 소급 검증에는 180일 기간이 없어 곡선을 측정하지 않았다.",
    reliability="보정 곡선과 띠",
    reliability_caption="예측한 확률별로 실제로 실현된 기간의 비율. 단조 회귀(CORP)로 구했다. 잘 보정된 예측이라면 "
    "곡선 전체가 {level}의 확률로 띠 안에 든다. 띠는 기간이 겹친다는 점을 반영한 것이다. 아래 그림은 각 "
    "확률을 예측한 시점의 수이다.",
    bounds="사전에 정한 기준",
    bounds_are="모두 측정 전에 정했다. ‘충족(우연과 구별되지 않음)’은 값이 기준을 충족하지만 그것이 우연일 가능성을 "
    "배제할 만큼 건수가 많지 않다는 뜻이다.",
    missed="{all}개 가운데 미충족 {missed}개.",
    checks="계산 체계의 점검",
    look="‘참고’는 통과 여부를 가리는 항목이 아니라 내용을 살펴볼 항목이라는 뜻이다.",
    sources="측정 대상과 코드",
    source="소급 검증",
    reading="읽는 법",
    below="아래는 소급 검증({})의 결과이며 예측 실적이 아니다.",
)
