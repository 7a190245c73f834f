//! What a file says in Chinese besides its figures.

use entity::exam::exam::ExamKind;
use entity::org::person::Category;

/// A category as offices write it.
pub(super) const fn category(category: Category) -> &'static str {
    match category {
        Category::LeadingOfficial => "领导干部",
        Category::CivilServant => "公务员",
        Category::EnforcementOfficer => "行政执法人员",
        Category::EnforcementAuxiliary => "执法辅助人员",
        Category::Other => "其他人员",
    }
}

/// A kind of exam.
pub(super) const fn kind(kind: ExamKind) -> &'static str {
    match kind {
        ExamKind::Annual => "年度考试",
        ExamKind::Qualification => "资格考试",
        ExamKind::Mock => "模拟考试",
    }
}

/// The formulas of `rates/1`: name, numerator, denominator and what else is to be known.
pub(super) const DEFINITIONS: &[[&str; 4]] = &[
    ["指标", "分子", "分母", "说明"],
    ["应学、应考", "名册人数减免学、免考人数", "", "名册在计划发布、考试封卷时固定；请假、缓考不减少应学、应考人数"],
    ["参学率", "本年至少参加一次学习并计入学时的人数", "应学人数", ""],
    ["达标率", "完成计划全部要求的人数", "应学人数", "年中另列“进度达标”，即完成当前应完成部分的人数"],
    ["参考率", "正式考试或补考中至少有一份有效答卷的人数", "应考人数", "白卷计入参考，另列白卷人数"],
    ["合格率", "合格人数", "参考人数", "正式考试或任一次补考合格即为合格"],
    ["总合格率", "合格人数", "应考人数", ""],
    ["首考合格率", "正式考试合格人数", "正式考试参考人数", "不含补考"],
    ["优秀率", "正式考试达到优秀线的人数", "正式考试参考人数", "不含补考"],
    [
        "待考、缓考、缺考",
        "尚未参考的人数",
        "",
        "应考＝参考＋待考＋缓考＋缺考；最后一次补考结束前，未参考者为待考或缓考，结束后为缺考",
    ],
    ["事后免考", "开考后才批准免考的人数", "", "已计入免考，单独列出备查"],
    ["作废", "", "", "因技术原因作废视同未考；因违纪作废计入参考，按不合格计"],
    ["人次与人数", "", "", "各数按“人对一项计划或一场考试（含其补考）”计；有多项计划或考试时为人次，“不同人数”单列"],
    ["上级单位", "", "", "上级单位各数为所辖单位与本级名册之和，不是百分比的平均"],
    [
        "百分比",
        "",
        "",
        "四舍五入到两位小数；全部达到才显示 100.00%，一个也没有才显示 0.00%，否则为 99.99%、0.01%；分母为零显示“—”",
    ],
    [
        "连续年",
        "",
        "",
        "截至本年（本年未结束时截至上年）连续多少个已结束年度参学率、参考率、合格率均为 100%；某率无分母而有参考率的，略过该率",
    ],
];
