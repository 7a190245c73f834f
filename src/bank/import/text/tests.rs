use std::fmt::Write as _;

use encoding_rs::GB18030;
use proptest::prelude::*;

use super::*;
use crate::bank::draft::QuestionInput;
use crate::files::{Limits, pasted, read_document};

fn defaults() -> Defaults {
    Defaults { law_version: "2021年修订".into(), verified_on: "2025-04-19".into(), ..Defaults::default() }
}

fn reading(text: &str) -> Reading {
    read(&pasted(text, Limits::default()), &defaults())
}

/// The questions of a text without a fault, as they could be written again.
fn questions(text: &str) -> Vec<QuestionInput> {
    let reading = reading(text);
    assert_eq!(reading.faults, [], "{text}");
    assert_eq!(reading.count, reading.found.len());
    reading.found.iter().map(|found| found.question.input()).collect()
}

fn faults(text: &str) -> Vec<(u32, String, FieldCode)> {
    reading(text).faults.into_iter().map(|f| (f.row, f.field, f.code)).collect()
}

/// Kind, stem, options with the right ones marked, truth.
fn shape(q: &QuestionInput) -> (String, String, String, Option<bool>) {
    let options: Vec<String> =
        q.options.iter().map(|o| format!("{}{}", o.text, if o.correct { "*" } else { "" })).collect();
    (q.kind.clone(), q.stem.clone(), options.join("|"), q.answer)
}

const PLAIN: &str = "\
荷塘区 2026 年度法律知识考试题库

一、单选题（每题 2 分）
1．行政处罚的追责时效一般为（　　）年。
A．1年　　B．2年
C．3年　　D．5年
答案：B
解析：一般为二年，
涉及公民生命健康安全的为五年。
依据：《中华人民共和国行政处罚法》（2021年修订）第三十六条
2．下列属于行政处罚的是（ ）。
A. 警告
B. 记过
C. 撤职
D. 降级
答案：A
依据：《行政处罚法》第九条第一项。

二、多选题
1．行政处罚的种类包括
A.警告B.罚款C.没收违法所得D.以上都不对
【答案】ABC 【解析】第九条。【依据】《行政处罚法》第九条
三、判断题
1．限制人身自由的行政处罚只能由法律设定。
答案：√
依据：《行政处罚法》第十条
2．行政机关可以委托任何个人实施行政处罚。（ × ）
依据：《行政处罚法》第二十条
";

#[test]
fn a_text_as_offices_keep_it() {
    let found = questions(PLAIN);
    let wanted = [
        ("single", "行政处罚的追责时效一般为（　　）年。", "1年|2年*|3年|5年", None),
        ("single", "下列属于行政处罚的是（ ）。", "警告*|记过|撤职|降级", None),
        ("multiple", "行政处罚的种类包括", "警告*|罚款*|没收违法所得*|以上都不对", None),
        ("judgement", "限制人身自由的行政处罚只能由法律设定。", "", Some(true)),
        ("judgement", "行政机关可以委托任何个人实施行政处罚。", "", Some(false)),
    ];
    let wanted =
        wanted.map(|(kind, stem, options, truth)| (kind.to_owned(), stem.to_owned(), options.to_owned(), truth));
    assert_eq!(found.iter().map(shape).collect::<Vec<_>>(), wanted);
    let first = &found[0];
    assert_eq!(first.explanation, "一般为二年，\n涉及公民生命健康安全的为五年。");
    assert_eq!((first.law.as_str(), first.law_version.as_str()), ("中华人民共和国行政处罚法", "2021年修订"));
    assert_eq!((first.article.as_str(), first.topic.as_str()), ("第三十六条", "中华人民共和国行政处罚法"));
    assert_eq!((found[1].article.as_str(), found[1].difficulty.as_str()), ("第九条第一项", "medium"));
    assert!(found[2].options[3].pinned);
    assert_eq!(reading(PLAIN).found.iter().map(|f| f.row).collect::<Vec<_>>(), [4, 11, 20, 24, 27]);
}

/// One question in every shape that Word gives it.
#[test]
fn every_shape_says_the_same() {
    let wanted =
        ("single".to_owned(), "下列属于行政处罚的是（　　）。".to_owned(), "警告*|记过|撤职|降级".to_owned(), None);
    let basis = "依据：《行政处罚法》第九条";
    for shape_of in [
        // Full width and half width.
        "1．下列属于行政处罚的是（　　）。\nＡ．警告\nＢ．记过\nＣ．撤职\nＤ．降级\n答案：Ａ",
        "1.下列属于行政处罚的是（　　）。\nA.警告\nB.记过\nC.撤职\nD.降级\n答案:A",
        // One line, two lines, four lines; several spaces, ideographic spaces, tabs.
        "1、下列属于行政处罚的是（　　）。\nA、警告  B、记过  C、撤职  D、降级\n正确答案：A。",
        "1、下列属于行政处罚的是（　　）。\n  A．警告　　　B．记过\n　　C．撤职　　　D．降级\n参考答案： A",
        "1. 下列属于行政处罚的是（　　）。\nA.警告\tB.记过\tC.撤职\tD.降级\n答案：(A)",
        "1）下列属于行政处罚的是（　　）。\n（A）警告（B）记过（C）撤职（D）降级\n【答案】A",
        "（1）下列属于行政处罚的是（　　）。\n(A)警告\n(B)记过\n(C)撤职\n(D)降级\n[答案] A",
        "第1题 下列属于行政处罚的是（　　）。\nA 警告\nB 记过\nC 撤职\nD 降级\n【答案】：A",
        "1   下列属于行政处罚的是（　　）。\na.警告 b.记过 c.撤职 d.降级\n答案：a",
        // The key in the brackets of the stem, and in both places.
        "1．下列属于行政处罚的是（ A ）。\nA．警告 B．记过 C．撤职 D．降级",
        "1．下列属于行政处罚的是(Ａ)。\nA．警告 B．记过 C．撤职 D．降级\n答案：A",
        // All of it on few lines; the answer in words; invisible marks; the kind in brackets.
        "1．下列属于行政处罚的是（　　）。 A．警告 B．记过 C．撤职 D．降级 答案：A",
        "1．下列属于行政处罚的是（　　）。\nA．警告\nB．记过\nC．撤职\nD．降级\n答案：警告",
        "\u{feff}1．\u{200b}下列属于行政处罚的是（　　）。\r\nA．警告\r\nB．记过\r\nC．撤职\r\nD．降级\r\n答案：\r\nA",
        "1．【单选题】下列属于行政处罚的是（　　）。\nA．警告\nB．记\n过\nC．撤职\nD．降级\n（答案：A）",
    ] {
        let text = format!("{shape_of}\n{basis}");
        assert_eq!(questions(&text).iter().map(shape).collect::<Vec<_>>(), std::slice::from_ref(&wanted), "{text}");
        let (gb, ..) = GB18030.encode(&text);
        let found = read(&read_document(&gb, Limits::default()).unwrap(), &defaults());
        assert_eq!(
            found.found.iter().map(|f| shape(&f.question.input())).collect::<Vec<_>>(),
            std::slice::from_ref(&wanted)
        );
    }
}

#[test]
fn judgements_are_written_in_many_ways() {
    for (text, truth) in [
        ("1.甲乙。\n答案：对", true),
        ("1.甲乙。\n答案：正确", true),
        ("1.甲乙。\n答案：✔", true),
        ("1.甲乙。（错误）", false),
        ("1.甲乙。\n答案：×", false),
        ("1.甲乙。\n答案：F", false),
        ("1.甲乙。\nA.正确\nB.错误\n答案：B", false),
        ("判断题\n1.甲乙。\nA.对 B.错\n答案：A", true),
    ] {
        let found = questions(&format!("{text}\n依据：《法》第一条"));
        assert_eq!((shape(&found[0]).3, found[0].stem.as_str()), (Some(truth), "甲乙。"), "{text}");
    }
}

#[test]
fn lists_within_explanations_are_no_questions() {
    let text = "7.甲（ ）。\nA.一 B.二\n答案：A\n解析：要点：\n1.第一点\n2.第二点\n依据：《法》第一条\n8.乙（ ）。\nA.一 B.二\n答案：B\n依据：《法》第二条";
    let found = questions(text);
    assert_eq!((found.len(), found[0].explanation.as_str()), (2, "要点：\n1.第一点\n2.第二点"));
}

#[test]
fn what_a_text_leaves_open_is_taken_from_the_form() {
    let text =
        "1.甲（ ）。\nA.一 B.二\n答案：A\n依据：第三条\n难度：较难\n知识点：总则\n题组：甲组\n核对日期：2025年4月9日";
    let law = Defaults { law: "行政处罚法".into(), ..defaults() };
    let found = read(&pasted(text, Limits::default()), &law);
    let q = found.found[0].question.input();
    assert_eq!((q.law.as_str(), q.article.as_str(), q.difficulty.as_str()), ("行政处罚法", "第三条", "hard"));
    assert_eq!((q.topic.as_str(), q.group.as_deref(), q.verified_on.as_str()), ("总则", Some("甲组"), "2025-04-09"));
}

#[test]
fn each_fault_has_its_own_name_and_its_line() {
    use FieldCode::{Conflict, Duplicate, Invalid, Misplaced, NoAnswer, OutOfOrder, OutOfRange, Required, SeveralKeys};
    let basis = "依据：《法》第一条";
    let of = |text: &str| faults(&format!("{text}\n{basis}"));
    let one = |row, field: &str, code| vec![(row, field.to_owned(), code)];
    assert_eq!(of("1.甲（ ）。\nA.一 B.二"), one(1, "answer", NoAnswer));
    assert_eq!(of("单选题\n1.甲（ ）。\nA.一 B.二 C.三\n答案：AB"), one(4, "options", SeveralKeys));
    assert_eq!(of("1.甲（ ）。\nA.一\nB.一\n答案：A"), one(3, "options[1].text", Duplicate));
    assert_eq!(of("1.甲（ ）。\nA.一\nC.二\n答案：A"), one(3, "options", OutOfOrder));
    assert_eq!(of("1.甲（ ）。\nA.一\nA.二\n答案：A"), one(3, "options", Duplicate));
    assert_eq!(of("1.甲（ ）。\nA.一\nB.二\n答案：D"), one(4, "answer", OutOfRange));
    assert_eq!(of("1.甲（ ）。\nA.一\nB.二\n答案：不知道"), one(4, "answer", Invalid));
    assert_eq!(of("1.甲（A）。\nA.一\nB.二\n答案：B"), one(4, "answer", Conflict));
    assert_eq!(of("1.甲（ ）。\nA.一\nB.二\n答案：A\n答案：B"), one(5, "answer", Duplicate));
    assert_eq!(of("1.甲（ ）。\nA.一\nB.二\n答案：A\n一行多余的话"), one(5, "", Misplaced));
    assert_eq!(of("A.一\nB.二\n1.甲（ ）。\nA.一\nB.二\n答案：A")[0], (1, "options".to_owned(), Misplaced));
    assert_eq!(
        faults("1.甲乙。\n答案：对"),
        [
            (1, "topic".to_owned(), Required),
            (1, "citation.law".to_owned(), Required),
            (1, "citation.article".to_owned(), Required),
        ]
    );
    // Nothing that is wrong keeps the rest from being looked at.
    let text = format!("1.甲。\n2.乙。\n答案：对\n{basis}\n3.丙（ ）。\nA.一\nB.二\n答案：AA\n{basis}");
    assert_eq!(faults(&text)[0], (1, "answer".to_owned(), NoAnswer));
    assert_eq!(faults(&text).last(), Some(&(8, "answer".to_owned(), Duplicate)));
    let found = reading(&text);
    assert_eq!((found.count, found.found.len(), found.faults[0].line.as_str()), (3, 1, "1.甲。"));
}

fn word() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[一-龥]{2,12}").unwrap()
}

prop_compose! {
    /// A question, and how it is laid out.
    fn written()(
        stem in word(),
        options in proptest::collection::hash_set(word(), 3..=6),
        right in proptest::collection::hash_set(0_usize..3, 1..=3),
        article in 1_u32..200,
        explanation in proptest::option::of(word()),
        layout in 0_usize..6,
        marks in 0_usize..4,
    ) -> (String, Vec<String>, Vec<usize>, String, u32, Option<String>) {
        let mut right: Vec<usize> = right.into_iter().collect();
        right.sort_unstable();
        let options: Vec<String> = options.into_iter().collect();
        let mark = |letter: char| match marks {
            0 => format!("{letter}."),
            1 => format!("{letter}、"),
            2 => format!("（{letter}）"),
            _ => format!("{}．", char::from_u32(u32::from(letter) + 0xfee0).unwrap()),
        };
        let lettered: Vec<String> =
            options.iter().zip('A'..='H').map(|(text, letter)| format!("{}{text}", mark(letter))).collect();
        let block = match layout % 3 {
            0 => lettered.join("\n"),
            1 => lettered.join("　　"),
            _ => lettered.chunks(2).map(|two| two.join("\t")).collect::<Vec<_>>().join("\n"),
        };
        let key: String = right.iter().zip(std::iter::repeat(())).map(|(n, ())| ('A'..='H').nth(*n).unwrap()).collect();
        let text = if layout < 3 {
            format!("{stem}（　）。\n{block}\n答案：{key}")
        } else {
            format!("{stem}（ {key} ）。\n{block}")
        };
        (stem, options, right, text, article, explanation)
    }
}

proptest! {
    #[test]
    fn what_is_laid_out_is_read_again(written in proptest::collection::vec(written(), 1..6)) {
        let mut text = String::from("题库\n");
        for (n, (.., body, article, explanation)) in written.iter().enumerate() {
            writeln!(text, "{}．{body}", n + 1).unwrap();
            if let Some(explanation) = explanation {
                writeln!(text, "解析：{explanation}").unwrap();
            }
            writeln!(text, "依据：《行政处罚法》第{article}条\n").unwrap();
        }
        let reading = reading(&text);
        prop_assert_eq!(&reading.faults, &[], "{}", text);
        prop_assert_eq!(reading.found.len(), written.len());
        for (found, (stem, options, right, _, article, explanation)) in reading.found.iter().zip(&written) {
            let q = found.question.input();
            prop_assert!(q.stem.starts_with(stem.as_str()));
            let texts: Vec<&String> = q.options.iter().map(|o| &o.text).collect();
            prop_assert_eq!(texts, options.iter().collect::<Vec<_>>());
            let keys: Vec<usize> = (0..q.options.len()).filter(|n| q.options[*n].correct).collect();
            prop_assert_eq!(&keys, right);
            prop_assert_eq!(q.article, format!("第{article}条"));
            prop_assert_eq!(&q.explanation, explanation.as_deref().unwrap_or_default());
        }
    }

    /// Whatever stands in a text, every question is taken or has a fault, and every fault has a line.
    #[test]
    fn nothing_is_lost_and_nothing_panics(
        lines in proptest::collection::vec(
            prop_oneof![
                Just("1.".to_owned()), Just("2．题".to_owned()), Just("A.".to_owned()), Just("B、乙 C、丙".to_owned()),
                Just("答案：".to_owned()), Just("答案：AB".to_owned()), Just("【解析】".to_owned()), Just("一、单选题".to_owned()),
                Just("依据：《》".to_owned()), Just("（1）".to_owned()), any::<String>(), "[0-9A-H.、（）()：: ]{0,12}",
            ],
            0..30,
        ),
    ) {
        let document = pasted(&lines.join("\n"), Limits::default());
        let count = u32::try_from(document.lines.len()).unwrap();
        let reading = read(&document, &defaults());
        prop_assert!(reading.faults.iter().all(|f| f.row >= 1 && f.row <= count));
        prop_assert!(reading.count == reading.found.len() || !reading.faults.is_empty());
    }
}
