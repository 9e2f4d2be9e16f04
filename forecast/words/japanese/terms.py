"""The words and phrases of a brief in Japanese; `forecast.words.japanese.brief` makes the sentences."""

from collections.abc import Mapping

from forecast.words.parts.brief import Headings, TableWords

SEPARATOR, STOP = "、", "。"
"""Between items, and after the last one."""
HEADINGS = Headings(
    happened="この見通しの後に記録されたこと",
    week="この1週間の出来事・記録漏れの確認、真偽が未確定の出来事",
    table="対象別・期間別の確率",
    changes="見通しの変化",
    reasons="基準率から大きく離れた確率の理由",
    attention="観測の遅れと記録漏れの確認",
    differing="評価の食い違い",
    watch="今後の注視点",
    quality="これまでの予測の成績",
    method="手法",
    documents="文献",
    sources="各指標の最新の観測",
)
WORDS = TableWords(
    target="少なくとも1回起こる確率",
    base_rate="基準率",
    documents_only="文献のみ",
    history_only="過去の記録のみ",
    before="比較対象",
    now="今回",
    change="変化（ポイント、±はモンテカルロ誤差）",
    cause="変化の要因",
    points="ポイント（{}）",
)
TERMS: Mapping[str, str] = {
    "almost_no_chance": "ほぼあり得ない",
    "very_unlikely": "可能性は非常に低い",
    "unlikely": "可能性は低い",
    "roughly_even": "ほぼ五分五分",
    "likely": "可能性は高い",
    "very_likely": "可能性は非常に高い",
    "almost_certain": "ほぼ確実",
}
CONFIDENCE: Mapping[str, str] = {"low": "低い", "moderate": "中程度である", "high": "高い"}
PHRASES = {
    "almost_no_chance": "ことは{}",
    "roughly_even": "可能性は{}である",
    "almost_certain": "ことは{}である",
}
OCCURS = {
    "arms_control_talks": "軍備管理協議が行われる",
    "denuclearisation_talks": "非核化協議が行われる",
    "limits_talks": "核・ミサイルの制限をめぐる協議（軍備管理・非核化を問わない）が行われる",
    "contact": "当局間の接触が行われる",
    "deal": "限定的合意が成立する",
    "crisis": "危機が発生する",
}
DIRECTNESS = {"high": "直接性：高", "medium": "直接性：中", "low": "直接性：低"}
KINDS = {"strict": "当時の公表情報のみを使用", "retrospective": "現在の案件定義を過去に適用"}
VERDICTS = {
    "few": "出来事が少なく優劣は判断できない",
    "better": "偶然では説明しにくい改善",
    "worse": "偶然では説明しにくい悪化",
}
MEASURES = {
    "difference": "対数スコアが最良の単純予測よりよいこと",
    "bias": "予測の平均と実際の頻度の差が5ポイント以内であること",
    "curve": "較正曲線が90%帯に収まること",
}
SITUATIONS = {"all": "全時点", "dry": "協議のない時期", "wet": "協議が続く時期"}
