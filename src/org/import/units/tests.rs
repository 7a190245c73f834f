use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::files::{Limits, read as read_file};

fn node(n: u128, parent: Option<u128>, code: &str, name: &str) -> KnownNode {
    KnownNode {
        id: UnitId(Uuid::from_u128(n)),
        parent: parent.map(|p| UnitId(Uuid::from_u128(p))),
        code: code.into(),
        name: name.into(),
        open: true,
        peopled: n == 3,
    }
}

fn known() -> Vec<KnownNode> {
    vec![node(1, None, "HT", "荷塘区"), node(2, Some(1), "B", "区直部门"), node(3, Some(2), "B01", "司法局")]
}

fn of(text: &str) -> Read {
    let table = read_file(text.as_bytes(), Limits::default()).unwrap();
    let elsewhere = codes(&table).into_iter().filter(|code| code.starts_with('X')).collect();
    read(&table, &known(), &elsewhere)
}

fn wrong(text: &str) -> Vec<(u32, Option<u32>, FieldCode)> {
    of(text).mistakes.into_iter().map(|m| (m.row, m.column, m.code)).collect()
}

#[test]
fn rows_may_name_their_parents_in_any_order() {
    let read = of(
        "单位编码,单位名称,上级单位,类型\nS01,档案馆,事业单位,单位\nS,事业单位,荷塘区,分组\nB01,司法局,事业单位,\nB,区直部门,,\n",
    );
    assert_eq!(read.mistakes, []);
    let steps: Vec<_> = read.steps.iter().map(|s| (s.row.code.as_str(), s.known, s.parent)).collect();
    let (top, new) = (Some(Node::Known(0)), Some(Node::New(1)));
    assert_eq!(steps, [("S", None, top), ("B", Some(1), top), ("S01", None, new), ("B01", Some(2), new)]);
}

#[test]
fn a_unit_that_lies_below_itself_is_found() {
    assert_eq!(wrong("code,name,parent_code\nB,区直部门,B\n"), [(2, Some(2), FieldCode::Cycle)]);
    assert_eq!(wrong("code,name,parent_code\nB,区直部门,B01\n"), [(2, Some(2), FieldCode::Cycle)]);
    let both = [(2, Some(2), FieldCode::Cycle), (3, Some(2), FieldCode::Cycle)];
    assert_eq!(wrong("code,name,parent_code\nN1,甲,N2\nN2,乙,N1\n"), both);
    // The one below the circle is not itself in it.
    assert_eq!(wrong("code,name,parent_code\nN1,甲,N2\nN2,乙,N1\nN3,丙,N1\n"), both);
}

#[test]
fn what_is_wrong_is_said_at_its_cell() {
    assert_eq!(wrong("code,name,parent_code\nN1,甲,HT\nN1,乙,HT\n"), [(3, Some(0), FieldCode::Duplicate)]);
    assert_eq!(wrong("code,name,parent_code\nX1,甲,HT\n"), [(2, Some(0), FieldCode::Elsewhere)]);
    assert_eq!(wrong("code,name,parent_code\nN1,甲,\n"), [(2, Some(2), FieldCode::Required)]);
    assert_eq!(wrong("code,name,parent_code\nN1,甲,ZZ\n"), [(2, Some(2), FieldCode::UnknownReference)]);
    assert_eq!(wrong("code,name,kind\nB01,司法局,group\n"), [(2, Some(2), FieldCode::Conflict)]);
    assert_eq!(wrong("code,name,kind\nB01,司法局,office\n,,unit\n").len(), 3);
    assert_eq!(wrong("name\n甲\n"), [(1, None, FieldCode::MissingColumn)]);
}

/// A row as it might be typed: codes that are there, that the file brings, that are taken elsewhere or that nobody knows.
fn typed() -> impl Strategy<Value = [&'static str; 5]> {
    let code = prop::sample::select(vec!["HT", "B", "B01", "N1", "N2", "N3", "N4", "N5", "X1", ""]);
    let name = prop::sample::select(vec!["荷塘区", "区直部门", "司法局", "甲", "乙", "丙", "丁", "戊", ""]);
    let above = prop::sample::select(vec!["", "", "HT", "B", "B01", "N1", "N2", "N3", "N4", "ZZ"]);
    let above_by_name = prop::sample::select(vec!["", "", "", "荷塘区", "司法局", "甲", "乙", "己"]);
    let kind = prop::sample::select(vec!["", "", "单位", "分组", "处室"]);
    (code, name, above, above_by_name, kind)
        .prop_map(|(code, name, above, by_name, kind)| [code, name, above, by_name, kind])
}

fn file(rows: &[[&str; 5]]) -> String {
    let lines = rows.iter().map(|row| row.join(",") + "\n");
    std::iter::once("单位编码,单位名称,上级单位编码,上级单位,类型\n".to_owned()).chain(lines).collect()
}

/// What each row says, by its code: its name and the code of the node above it.
fn told(read: &Read) -> std::collections::BTreeMap<String, (String, Option<String>)> {
    let (known, codes): (_, HashMap<usize, String>) =
        (known(), read.steps.iter().map(|step| (step.place, step.row.code.clone())).collect());
    let code = |node: Node| match node {
        Node::Known(place) => known[place].code.clone(),
        Node::New(place) => codes[&place].clone(),
    };
    read.steps.iter().map(|s| (s.row.code.clone(), (s.row.name.clone(), s.parent.map(code)))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Whatever is taken without a mistake is a tree: every node that is new stands behind the one above it, and none lies
    /// below itself, those included of which the file says nothing.
    #[test]
    fn what_is_taken_is_a_tree(rows in prop::collection::vec(typed(), 0..8)) {
        let read = of(&file(&rows));
        let rows_of_file = 2..2 + u32::try_from(rows.len()).unwrap();
        for mistake in &read.mistakes {
            prop_assert!(mistake.row == 1 || rows_of_file.contains(&mistake.row), "{:?}", mistake);
        }
        if read.mistakes.is_empty() {
            let known = known();
            let by_id: HashMap<UnitId, usize> = known.iter().enumerate().map(|(n, node)| (node.id, n)).collect();
            let mut above: HashMap<Node, Option<Node>> = known
                .iter()
                .enumerate()
                .map(|(n, node)| (Node::Known(n), node.parent.map(|id| Node::Known(by_id[&id]))))
                .collect();
            prop_assert_eq!(read.steps.len(), read.count, "each row is one step");
            let mut made = HashSet::new();
            for step in &read.steps {
                if let Some(Node::New(place)) = step.parent {
                    prop_assert!(made.contains(&place), "the node above is there first");
                }
                if step.known.is_none() {
                    prop_assert!(step.parent.is_some() && made.insert(step.place));
                }
                above.insert(step.known.map_or(Node::New(step.place), Node::Known), step.parent);
            }
            for start in above.keys() {
                let (mut node, mut steps) = (above[start], 0);
                while let Some(next) = node {
                    steps += 1;
                    prop_assert!(steps <= above.len(), "{:?} lies below itself", start);
                    node = above[&next];
                }
            }
        }
    }

    /// The order of the rows says nothing.
    #[test]
    fn rows_may_stand_in_any_order(rows in prop::collection::vec(typed(), 0..8).prop_shuffle(), turn in 0..8_usize) {
        let mut turned = rows.clone();
        turned.rotate_left(turn.min(rows.len()));
        turned.reverse();
        let (one, other) = (of(&file(&rows)), of(&file(&turned)));
        prop_assert_eq!(one.mistakes.is_empty(), other.mistakes.is_empty());
        if one.mistakes.is_empty() {
            prop_assert_eq!(told(&one), told(&other));
        }
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        if let Ok(table) = read_file(&bytes, Limits::default()) {
            let _ = read(&table, &known(), &HashSet::new());
            let _ = codes(&table);
        }
    }
}
