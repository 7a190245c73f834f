//! The people of the demonstration: numbered staff with common names, made up from lists and the same at every start.

use entity::org::person::Category;

use super::district::GROUPS;

/// Somebody of a unit, before they are entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Official {
    /// The place of their unit among all 75.
    pub(super) unit: usize,
    /// Their number.
    pub(super) staff_no: String,
    /// Their name.
    pub(super) name: String,
    /// Their post.
    pub(super) post: &'static str,
    /// Their categories.
    pub(super) categories: Vec<Category>,
}

/// How many hold the category that sat the qualification exam of 2024: with the 11 who failed it at first and sat the
/// make-up too, the report's 429 sittings.
pub(super) const ENFORCEMENT_OFFICERS: usize = 418;

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "罗",
    "高", "郑", "梁", "谢", "宋", "唐", "许", "邓", "冯", "韩", "曹", "曾", "彭", "萧", "蔡", "潘", "田", "董", "袁",
    "于", "余", "叶", "蒋", "杜", "苏", "魏", "程", "吕", "丁", "沈", "任", "姚", "卢", "傅", "钟", "姜", "崔", "谭",
    "廖", "范", "汪", "陆", "金", "石", "戴", "贾", "韦", "夏", "邱", "方", "侯", "邹", "熊", "孟", "秦", "白", "江",
    "阎", "薛", "尹", "段", "雷", "黎", "史", "龙", "陶", "贺", "顾", "毛", "郝", "龚", "邵", "万", "钱", "严", "覃",
    "欧阳",
];

const GIVEN: &[&str] = &[
    "伟", "芳", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "霞", "平", "刚",
    "桂英", "建国", "建华", "志强", "秀兰", "海燕", "文杰", "晓东", "小红", "国庆", "红梅", "立新", "春梅", "卫东",
    "雪梅", "永红", "新华", "玉兰", "志明", "丽华", "建军", "晓燕", "俊杰", "思远", "雨桐", "子涵", "欣怡", "浩然",
    "嘉怡", "宇轩", "梦瑶", "一鸣", "诗涵", "天宇", "佳慧", "博文", "若曦", "承志", "彦霖", "清扬", "向阳",
];

/// The departments and streets whose staff enforce administrative law.
const ENFORCING: &[&str] = &[
    "区民政局",
    "区司法局",
    "区人力资源和社会保障局",
    "区自然资源局",
    "区住房和城乡建设局",
    "区交通运输局",
    "区农业农村和水利局",
    "区文化广电和体育局",
    "区卫生健康局",
    "区退役军人事务局",
    "区应急管理局",
    "区市场监督管理局",
    "区医保局",
    "区城市管理和综合执法局",
    "区林业局",
    "区发展和改革局",
];

/// Everybody, unit by unit.
pub(super) fn everybody() -> Vec<Official> {
    let mut people = Vec::new();
    let mut enforcing: Vec<(u32, usize)> = Vec::new();
    let units = GROUPS.iter().flat_map(|g| g.units.iter().map(move |u| (g.code, u)));
    for (unit, (group, (name, heads))) in units.enumerate() {
        for place in 0..*heads {
            let number = people.len();
            if place >= 1 && (group == "J" || ENFORCING.contains(name)) {
                enforcing.push((place, number));
            }
            people.push(official(unit, number, group, place, *heads));
        }
    }
    // By place in the unit, so that every enforcing unit gets its share.
    enforcing.sort_unstable();
    for (_, number) in enforcing.into_iter().take(ENFORCEMENT_OFFICERS) {
        if let Some(person) = people.get_mut(number) {
            person.categories.push(Category::EnforcementOfficer);
            person.categories.retain(|c| !matches!(c, Category::Other | Category::EnforcementAuxiliary));
            person.categories.sort_unstable();
        }
    }
    people
}

fn official(unit: usize, number: usize, group: &str, place: u32, heads: u32) -> Official {
    let leader = place < (heads / 6).max(1);
    let categories = match (group, leader) {
        ("S", true) => vec![Category::LeadingOfficial],
        ("S", false) => vec![Category::Other],
        (_, true) => vec![Category::LeadingOfficial, Category::CivilServant],
        ("J", false) if place * 10 >= heads * 9 => vec![Category::EnforcementAuxiliary],
        (_, false) => vec![Category::CivilServant],
    };
    let post = match (leader, place) {
        (true, 0) => "主要负责人",
        (true, _) => "班子成员",
        (false, p) if p % 5 == 0 => "科室负责人",
        (false, _) => "工作人员",
    };
    // Two steps that have no factor in common with the lists walk through all pairs before any repeats.
    let surname = SURNAMES.get(number * 37 % SURNAMES.len()).copied().unwrap_or_default();
    let given = GIVEN.get((number * 23 + number / SURNAMES.len() * 7) % GIVEN.len()).copied().unwrap_or_default();
    Official { unit, staff_no: format!("HT{:05}", number + 1), name: format!("{surname}{given}"), post, categories }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn everybody_has_a_number_a_name_and_a_category() {
        let people = everybody();
        assert_eq!(people.len(), 1112);
        assert!(people.iter().all(|p| p.name.chars().count() >= 2 && !p.categories.is_empty()));
        let officers = people.iter().filter(|p| p.categories.contains(&Category::EnforcementOfficer)).count();
        assert_eq!(officers, ENFORCEMENT_OFFICERS);
        assert!(people.iter().any(|p| p.categories.len() > 1));
    }

    #[test]
    fn namesakes_are_few() {
        let mut names: HashMap<String, usize> = HashMap::new();
        for person in everybody() {
            *names.entry(person.name).or_default() += 1;
        }
        assert!(names.values().all(|n| *n <= 3), "a name is shared by too many");
        assert!(names.len() > 1000);
    }
}
