//! The words with which offices say what part of a question follows.

use crate::bank::content::Kind;

/// What a part of a question says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    Answer,
    Explanation,
    Basis,
    Difficulty,
    Topic,
    Kind,
    Group,
    Verified,
    Version,
}

impl Key {
    /// The field of the question that it fills.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Explanation => "explanation",
            Self::Basis => "citation",
            Self::Difficulty => "difficulty",
            Self::Topic => "topic",
            Self::Kind => "kind",
            Self::Group => "group",
            Self::Verified => "citation.verified_on",
            Self::Version => "citation.law_version",
        }
    }
}

/// The words before a colon or within brackets; a longer one stands before one that it begins with.
pub(super) const KEYS: &[(&str, Key)] = &[
    ("答案解析", Key::Explanation),
    ("试题解析", Key::Explanation),
    ("解析", Key::Explanation),
    ("正确答案", Key::Answer),
    ("参考答案", Key::Answer),
    ("标准答案", Key::Answer),
    ("答案", Key::Answer),
    ("法律依据", Key::Basis),
    ("法条依据", Key::Basis),
    ("命题依据", Key::Basis),
    ("依据", Key::Basis),
    ("出处", Key::Basis),
    ("难易程度", Key::Difficulty),
    ("难度", Key::Difficulty),
    ("知识点", Key::Topic),
    ("考点", Key::Topic),
    ("主题", Key::Topic),
    ("专题", Key::Topic),
    ("题型", Key::Kind),
    ("题组", Key::Group),
    ("核对日期", Key::Verified),
    ("法律版本", Key::Version),
];

/// The kind of question that a word means; several may stand in a heading, the first counts.
pub(in crate::bank) fn kind_of(text: &str) -> Option<Kind> {
    const WORDS: &[(&str, Kind)] = &[
        ("单项选择", Kind::Single),
        ("单选", Kind::Single),
        ("多项选择", Kind::Multiple),
        ("多选", Kind::Multiple),
        ("不定项", Kind::Multiple),
        ("判断", Kind::Judgement),
        ("是非", Kind::Judgement),
        ("single", Kind::Single),
        ("multiple", Kind::Multiple),
        ("judgement", Kind::Judgement),
    ];
    let places = WORDS.iter().filter_map(|(word, kind)| Some((text.find(word)?, *kind)));
    places.min_by_key(|(place, _)| *place).map(|(_, kind)| kind)
}

/// How hard a word says a question is; the word itself where it is none of those known.
pub(in crate::bank) fn difficulty_of(text: &str) -> String {
    let known = match text {
        "易" | "容易" | "简单" | "较易" | "低" | "初级" => "easy",
        "中" | "中等" | "一般" | "适中" | "中级" => "medium",
        "难" | "困难" | "较难" | "高" | "高级" => "hard",
        other => other,
    };
    known.to_owned()
}

/// What a word says of a sentence that is to be judged.
pub(in crate::bank) fn truth_of(text: &str) -> Option<bool> {
    match text {
        "√" | "对" | "正确" | "是" | "t" | "true" | "yes" | "y" => Some(true),
        "×" | "x" | "错" | "错误" | "不正确" | "否" | "f" | "false" | "no" | "n" => Some(false),
        _ => None,
    }
}
