//! The operations of the organisation.

use std::sync::Arc;

use poem_openapi::param::{Header, Path, Query};
use poem_openapi::{ApiResponse, OpenApi};
use uuid::Uuid;

use super::dto::{
    CategoryDto, ChangeDto, ChangeStateDto, DecisionRequest, DepartureRequest, HistoryDto, IdNumber, PersonDto,
    PersonPatch, PersonRequest, ReasonRequest, TransferRequest, UnitDto, UnitList, UnitPatch, UnitRequest,
};
use super::model::{ChangeFilter, PeopleFilter, Person};
use super::service::Org;
use crate::auth::{Caller, Denied};
use crate::http::{ApiPage, IfMatch, Json, PageQuery, Problem, Tagged};

mod files;

pub use files::OrgFilesApi;

/// It is gone.
#[derive(Debug, ApiResponse)]
enum Gone {
    /// It is gone.
    #[oai(status = 204)]
    Gone,
}

/// Units and people.
#[derive(Debug)]
pub struct OrgApi(pub Arc<Org>);

#[OpenApi(prefix_path = "/api/v1")]
impl OrgApi {
    /// The units directly below one; without `parent_id` the tops of what the caller may see.
    #[oai(path = "/units", method = "get", operation_id = "list_units")]
    async fn units(&self, caller: Caller, parent_id: Query<Option<Uuid>>) -> Result<Json<UnitList>, Problem> {
        let units = self.0.units(&caller, parent_id.0.map(Into::into)).await?;
        Ok(Json(UnitList { items: units.into_iter().map(UnitDto::from).collect() }))
    }

    /// Make a unit or group below another. By a system administrator.
    #[oai(path = "/units", method = "post", operation_id = "create_unit")]
    async fn create_unit(&self, caller: Caller, body: Json<UnitRequest>) -> Result<Tagged<UnitDto>, Problem> {
        let unit = self.0.create_unit(&caller, body.0.try_into()?).await?;
        let version = unit.version;
        Ok(Tagged::new(unit, version))
    }

    /// One unit.
    #[oai(path = "/units/:id", method = "get", operation_id = "get_unit")]
    async fn unit(&self, caller: Caller, id: Path<Uuid>) -> Result<Tagged<UnitDto>, Problem> {
        let unit = self.0.unit(&caller, id.0.into()).await?;
        let version = unit.version;
        Ok(Tagged::new(unit, version))
    }

    /// Change a unit, move it within the tree, close it, or let it become part of another. By a system administrator.
    #[oai(path = "/units/:id", method = "patch", operation_id = "amend_unit")]
    async fn amend_unit(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        body: Json<UnitPatch>,
    ) -> Result<Tagged<UnitDto>, Problem> {
        let if_match = IfMatch::read(if_match.0.as_deref())?;
        let unit = self.0.amend_unit(&caller, id.0.into(), &if_match, body.0.try_into()?).await?;
        let version = unit.version;
        Ok(Tagged::new(unit, version))
    }

    /// Remove a unit that nothing has ever referred to. By a system administrator.
    #[oai(path = "/units/:id", method = "delete", operation_id = "delete_unit")]
    async fn delete_unit(&self, caller: Caller, id: Path<Uuid>) -> Result<Gone, Problem> {
        self.0.delete_unit(&caller, id.0.into()).await?;
        Ok(Gone::Gone)
    }

    /// People by the pinyin of their names: of a unit, with its subtree if asked, of a category, or whose name, number or post holds `q`.
    #[oai(path = "/people", method = "get", operation_id = "list_people")]
    #[allow(clippy::too_many_arguments, reason = "one a parameter of the query")]
    async fn people(
        &self,
        caller: Caller,
        unit_id: Query<Option<Uuid>>,
        subtree: Query<Option<bool>>,
        category: Query<Option<CategoryDto>>,
        q: Query<Option<String>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<PersonDto>>, Problem> {
        let filter = PeopleFilter {
            unit_id: unit_id.0.map(Into::into),
            subtree: subtree.0.unwrap_or(false),
            category: category.0.map(Into::into),
            q: q.0,
        };
        Ok(Json(self.0.people(&caller, &filter, &PageQuery::read(limit.0, cursor.0)?).await?.into()))
    }

    /// Enter a person. By a coordinator of the unit.
    #[oai(path = "/people", method = "post", operation_id = "create_person")]
    async fn create_person(&self, caller: Caller, body: Json<PersonRequest>) -> Result<Tagged<PersonDto>, Problem> {
        let ids = self.0.create_people(&caller, vec![body.0.try_into()?]).await?;
        let id = ids.first().copied().ok_or(Denied::NotFound)?;
        Ok(tagged(self.0.person(&caller, id).await?))
    }

    /// One person.
    #[oai(path = "/people/:id", method = "get", operation_id = "get_person")]
    async fn person(&self, caller: Caller, id: Path<Uuid>) -> Result<Tagged<PersonDto>, Problem> {
        Ok(tagged(self.0.person(&caller, id.0.into()).await?))
    }

    /// Change what is written about a person, and their categories from a day on. By a coordinator of their unit.
    #[oai(path = "/people/:id", method = "patch", operation_id = "amend_person")]
    async fn amend_person(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        body: Json<PersonPatch>,
    ) -> Result<Tagged<PersonDto>, Problem> {
        let if_match = IfMatch::read(if_match.0.as_deref())?;
        Ok(tagged(self.0.amend_person(&caller, id.0.into(), &if_match, body.0.try_into()?).await?))
    }

    /// Remove somebody who was entered by mistake and of whom nothing else tells. By a coordinator of their unit.
    #[oai(path = "/people/:id", method = "delete", operation_id = "delete_person")]
    async fn delete_person(&self, caller: Caller, id: Path<Uuid>) -> Result<Gone, Problem> {
        self.0.delete_person(&caller, id.0.into()).await?;
        Ok(Gone::Gone)
    }

    /// Move somebody to another unit from a day on, or take back somebody who had left. What it means for frozen rosters is
    /// proposed. By a coordinator of both units.
    #[oai(path = "/people/:id/transfers", method = "post", operation_id = "transfer_person")]
    async fn transfer(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<TransferRequest>,
    ) -> Result<Tagged<PersonDto>, Problem> {
        Ok(tagged(self.0.transfer(&caller, id.0.into(), body.0.try_into()?).await?))
    }

    /// Note that somebody leaves from a day on. What it means for frozen rosters is proposed. By a coordinator of their unit.
    #[oai(path = "/people/:id/departures", method = "post", operation_id = "depart_person")]
    async fn depart(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<DepartureRequest>,
    ) -> Result<Tagged<PersonDto>, Problem> {
        Ok(tagged(self.0.depart(&caller, id.0.into(), body.0.try_into()?).await?))
    }

    /// Where somebody was from when to when, what they were, and how they left.
    #[oai(path = "/people/:id/history", method = "get", operation_id = "get_person_history")]
    async fn history(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<HistoryDto>, Problem> {
        Ok(Json(self.0.history(&caller, id.0.into()).await?.into()))
    }

    /// A national ID in full. Who saw it and why is kept in the log. By a coordinator of their unit.
    #[oai(path = "/people/:id/id-number", method = "post", operation_id = "view_id_number")]
    async fn id_number(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<ReasonRequest>,
    ) -> Result<Json<IdNumber>, Problem> {
        let id_number = self.0.id_number(&caller, id.0.into(), &body.read()?).await?;
        Ok(Json(IdNumber { id_number }))
    }

    /// Changes of frozen rosters (变动待确认), in the order in which they were proposed: those that wait for a decision, or
    /// in another state.
    #[oai(path = "/changes", method = "get", operation_id = "list_changes")]
    #[allow(clippy::too_many_arguments, reason = "one a parameter of the query")]
    async fn changes(
        &self,
        caller: Caller,
        state: Query<Option<ChangeStateDto>>,
        unit_id: Query<Option<Uuid>>,
        subject_id: Query<Option<Uuid>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<ChangeDto>>, Problem> {
        let filter = ChangeFilter {
            state: state.0.map(Into::into),
            unit_id: unit_id.0.map(Into::into),
            subject_id: subject_id.0.map(Into::into),
        };
        Ok(Json(self.0.changes(&caller, &filter, &PageQuery::read(limit.0, cursor.0)?).await?.into()))
    }

    /// Confirm or refuse a proposed change. By a coordinator of the roster's part.
    #[oai(path = "/changes/:id/decide", method = "post", operation_id = "decide_change")]
    async fn decide(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<DecisionRequest>,
    ) -> Result<Json<ChangeDto>, Problem> {
        let decision = body.read()?;
        Ok(Json(self.0.decide_change(&caller, id.0.into(), body.approve, &decision).await?.into()))
    }
}

fn tagged(person: Person) -> Tagged<PersonDto> {
    let version = person.version;
    Tagged::new(person, version)
}
