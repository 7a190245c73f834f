//! A doubt about a question: an objection that was right, and the key corrected by it.

use entity::id::ExamId;

use super::fill::{CANDIDATES, DemoError, Stage};
use super::sitting::Doing;
use crate::auth::Caller;
use crate::bank::{Answer, Kind};
use crate::exam::attempt::RawResponse;
use crate::exam::ruling::Valid;
use crate::exam::{ExamError, NewObjection, RegradeInput};

/// Where on every paper those who slip do so first.
const POSITION: i32 = 3;

impl Stage<'_> {
    /// Somebody who slipped on a question objects to its key two days after the results, and is right: the key is corrected
    /// three days later, and nobody loses by it. What was done before the filling was broken off is not done again.
    pub(super) async fn doubt(&self, exam: ExamId, year: i32, doing: impl Fn(usize) -> Doing) -> Result<(), DemoError> {
        let (services, coordinator) = (&self.services, &self.ground.coordinator);
        if !services.regrades.regrades(coordinator, exam).await?.is_empty() {
            return Ok(());
        }
        let slipped = |(number, (_, caller)): &(usize, &(_, Caller))| {
            matches!(doing(*number), Doing::Wrong(1..)) && !CANDIDATES.contains(&caller.account.username.as_str())
        };
        let somebody = (0_usize..).zip(&self.ground.people).find(slipped).map(|(_, (_, caller))| caller);
        let somebody = somebody.ok_or(DemoError::Inconsistent("somebody who slipped"))?;
        let own = services.exams.my_exams(somebody).await?;
        let result = own.into_iter().find(|own| own.exam.id == exam).and_then(|own| own.result);
        let attempt = result.ok_or(DemoError::Inconsistent("the result of somebody who slipped"))?.attempt_id;
        self.set(self.at(year, 11, 14, 10, 20)?).await?;
        let text = "按该法最新修订的条文，所列答案不正确，请予核对。".to_owned();
        let new = NewObjection { item: None, position: Some(POSITION), text };
        match services.objections.raise(somebody, attempt, &new).await {
            Ok(_) | Err(ExamError::AlreadyObjected) => {}
            Err(other) => return Err(other.into()),
        }
        let raised = services.objections.of_attempt(somebody, attempt).await?;
        let objection = raised.into_iter().find(|o| o.position == Some(POSITION));
        let objection = objection.ok_or(DemoError::Inconsistent("the objection"))?;
        self.set(self.at(year, 11, 17, 15, 40)?).await?;
        let reason = "经核对，原答案依据的是修订前的条文，予以更正。";
        match services.objections.decide(coordinator, objection.id, "upheld", reason).await {
            Ok(_) | Err(ExamError::AlreadyDecided) => {}
            Err(other) => return Err(other.into()),
        }
        let item = objection.item.ok_or(DemoError::Inconsistent("the item of the objection"))?;
        let seen = services.regrades.item(coordinator, exam, &item).await?;
        let key = match (seen.kind, &seen.valid) {
            (Kind::Single, Valid::Keys(keys)) => {
                let wrong = |id: &String| !keys.iter().any(|k| matches!(k, Answer::Options(ids) if ids.contains(id)));
                seen.options.into_iter().map(|(id, _)| id).find(wrong)
            }
            _ => None,
        };
        let key = key.ok_or(DemoError::Inconsistent("another option of the item"))?;
        let input = RegradeInput {
            item,
            action: "correct_key".to_owned(),
            key: Some(RawResponse::Options(vec![key])),
            never_lower: true,
            reason: "条文已修订，更正答案；原按旧条文作答的不减分".to_owned(),
            objection_ids: vec![objection.id.to_string()],
        };
        services.regrades.apply(coordinator, exam, &input).await?;
        Ok(())
    }
}
