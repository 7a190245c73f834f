//! The tree of the demonstration: 荷塘区 with 75 departments and units in three groups, and how many people each has.
//!
//! The number of units is that of the district's report for 2024; 桂花街道, 明照街道, 区卫生健康局 and 区医保局 are named in it.
//! Everything else is made up in the manner of such a district.

/// A group with its units and how many people each has.
pub(super) struct Group {
    /// Its code below the district's.
    pub(super) code: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// Names and head counts.
    pub(super) units: &'static [(&'static str, u32)],
}

/// The district's code, GB/T 2260.
pub(super) const CODE: &str = "430202";
/// The district's name.
pub(super) const NAME: &str = "荷塘区";

/// The three groups, with 7, 45 and 23 units.
pub(super) const GROUPS: &[Group] = &[
    Group {
        code: "J",
        name: "镇（街道）",
        units: &[
            ("桂花街道", 38),
            ("明照街道", 32),
            ("宋家桥街道", 30),
            ("茨菇塘街道", 29),
            ("月塘街道", 30),
            ("金山街道", 28),
            ("仙庾镇", 27),
        ],
    },
    Group {
        code: "B",
        name: "区直部门",
        units: &[
            ("区委办公室", 18),
            ("区人大常委会机关", 14),
            ("区政府办公室", 22),
            ("区政协机关", 12),
            ("区纪委区监委机关", 30),
            ("区委组织部", 16),
            ("区委宣传部", 14),
            ("区委统战部", 10),
            ("区委政法委员会", 12),
            ("区委编办", 8),
            ("区委巡察办", 8),
            ("区直机关工委", 6),
            ("区委社会工作部", 9),
            ("区发展和改革局", 20),
            ("区教育局", 26),
            ("区科技和工业信息化局", 18),
            ("区民政局", 16),
            ("区司法局", 28),
            ("区财政局", 20),
            ("区人力资源和社会保障局", 22),
            ("区自然资源局", 20),
            ("区住房和城乡建设局", 22),
            ("区交通运输局", 18),
            ("区农业农村和水利局", 22),
            ("区商务和旅游局", 16),
            ("区文化广电和体育局", 16),
            ("区卫生健康局", 64),
            ("区退役军人事务局", 12),
            ("区应急管理局", 22),
            ("区审计局", 14),
            ("区市场监督管理局", 40),
            ("区统计局", 12),
            ("区医保局", 22),
            ("区信访局", 10),
            ("区数据局", 10),
            ("区城市管理和综合执法局", 46),
            ("区林业局", 12),
            ("区总工会", 8),
            ("团区委", 5),
            ("区妇联", 6),
            ("区科协", 4),
            ("区工商联", 5),
            ("区残联", 6),
            ("区红十字会", 3),
            ("区文联", 3),
        ],
    },
    Group {
        code: "S",
        name: "事业单位",
        units: &[
            ("区行政审批服务中心", 12),
            ("区融媒体中心", 9),
            ("区疾病预防控制中心", 10),
            ("区妇幼保健院", 9),
            ("区园区服务中心", 8),
            ("区征收服务中心", 8),
            ("区城市更新服务中心", 6),
            ("区公共资源交易中心", 5),
            ("区社会保险经办服务中心", 8),
            ("区就业服务中心", 6),
            ("区供销合作联社", 5),
            ("区档案馆", 5),
            ("区委党校", 6),
            ("区地方志编纂室", 3),
            ("区文化馆", 5),
            ("区图书馆", 5),
            ("区环境卫生服务中心", 9),
            ("区市政园林维护中心", 8),
            ("区农业综合服务中心", 6),
            ("区动物疫病预防控制中心", 5),
            ("区水利服务中心", 5),
            ("区法律援助中心", 4),
            ("区统计普查中心", 4),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_report_names_75_units() {
        let names: Vec<&str> = GROUPS.iter().flat_map(|g| g.units).map(|(name, _)| *name).collect();
        assert_eq!(names.len(), 75);
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 75);
        for named in ["桂花街道", "明照街道", "区卫生健康局", "区医保局"] {
            assert!(names.contains(&named));
        }
    }

    #[test]
    fn about_1100_people_serve_in_them() {
        let people: u32 = GROUPS.iter().flat_map(|g| g.units).map(|(_, n)| n).sum();
        assert_eq!(people, 1112);
    }
}
