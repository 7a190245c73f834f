//! The operations of the organisation.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::dto::{CategoryDto, PersonDto, PersonRequest, UnitDto, UnitList, UnitRequest};
use super::model::PeopleFilter;
use super::service::Org;
use crate::auth::{Caller, Denied};
use crate::http::{ApiPage, Json, PageQuery, Problem};

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
    async fn create_unit(&self, caller: Caller, body: Json<UnitRequest>) -> Result<Json<UnitDto>, Problem> {
        Ok(Json(self.0.create_unit(&caller, body.0.try_into()?).await?.into()))
    }

    /// One unit.
    #[oai(path = "/units/:id", method = "get", operation_id = "get_unit")]
    async fn unit(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<UnitDto>, Problem> {
        Ok(Json(self.0.unit(&caller, id.0.into()).await?.into()))
    }

    /// People by staff number: of a unit, with its subtree if asked, of a category, or whose name, number or post holds `q`.
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
    async fn create_person(&self, caller: Caller, body: Json<PersonRequest>) -> Result<Json<PersonDto>, Problem> {
        let ids = self.0.create_people(&caller, vec![body.0.try_into()?]).await?;
        let id = ids.first().copied().ok_or(Denied::NotFound)?;
        Ok(Json(self.0.person(&caller, id).await?.into()))
    }

    /// One person.
    #[oai(path = "/people/:id", method = "get", operation_id = "get_person")]
    async fn person(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<PersonDto>, Problem> {
        Ok(Json(self.0.person(&caller, id.0.into()).await?.into()))
    }
}
