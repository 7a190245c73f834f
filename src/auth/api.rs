//! The operations of identity.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use super::caller::AnyCaller;
use super::dto::{
    AccountChangeRequest, AccountDto, AccountQuery, AccountRequest, ActivateRequest, DetailsDto, GrantCreated,
    GrantRequest, HandoutRequest, LogInRequest, LogInResponse, PasswordRequest, SlipDto, SlipList,
};
use super::model::Caller;
use super::service::Auth;
use crate::http::{Address, ApiPage, IfMatch, Json, OptionalJson, PageQuery, Problem, Tagged, Workbook};

/// Logging in, accounts, grants and one-time codes.
#[derive(Debug)]
pub struct AuthApi(pub Arc<Auth>);

#[OpenApi(prefix_path = "/api/v1")]
impl AuthApi {
    /// Log in with user name and password.
    ///
    /// After five failures in a row a name is locked for a quarter of an hour, whether or not there is such an account.
    #[oai(path = "/auth/login", method = "post", operation_id = "log_in")]
    async fn log_in(&self, address: Address, body: Json<LogInRequest>) -> Result<Json<LogInResponse>, Problem> {
        Ok(Json(self.0.log_in(&body.username, &body.password, address.0).await?.into()))
    }

    /// Choose a password by a one-time code, and log in.
    ///
    /// Tokens from before end. After five failures in a row a name is locked for a quarter of an hour.
    #[oai(path = "/auth/activate", method = "post", operation_id = "activate")]
    async fn activate(&self, address: Address, body: Json<ActivateRequest>) -> Result<Json<LogInResponse>, Problem> {
        let body = body.0;
        Ok(Json(self.0.activate(&body.username, &body.code, &body.new_password, address.0).await?.into()))
    }

    /// The account in use.
    #[allow(clippy::unused_async, reason = "an operation is async")]
    #[oai(path = "/auth/me", method = "get", operation_id = "get_me")]
    async fn me(&self, caller: AnyCaller) -> Result<Json<AccountDto>, Problem> {
        Ok(Json(caller.0.account.as_ref().clone().into()))
    }

    /// End the token in use.
    #[oai(path = "/auth/logout", method = "post", operation_id = "log_out")]
    async fn log_out(&self, caller: AnyCaller) -> Result<(), Problem> {
        Ok(self.0.log_out(&caller.0).await?)
    }

    /// Change the password of the account in use; its other tokens end.
    #[oai(path = "/auth/password", method = "post", operation_id = "change_password")]
    async fn change_password(&self, caller: AnyCaller, body: Json<PasswordRequest>) -> Result<(), Problem> {
        Ok(self.0.change_password(&caller.0, &body.password, &body.new_password).await?)
    }

    /// Accounts by user name: whose user name or name holds `q`, that hold a `role`, that hold one over `unit_id` or
    /// below, of a `status` (`active`, `waiting`, `disabled`), that are `locked`. For security administrators, those of
    /// their subtrees.
    #[oai(path = "/accounts", method = "get", operation_id = "list_accounts")]
    #[allow(clippy::too_many_arguments, reason = "one for each parameter of the query")]
    async fn accounts(
        &self,
        caller: Caller,
        q: Query<Option<String>>,
        role: Query<Option<String>>,
        unit_id: Query<Option<String>>,
        status: Query<Option<String>>,
        locked: Query<Option<bool>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<DetailsDto>>, Problem> {
        let query = AccountQuery { q: q.0, role: role.0, unit_id: unit_id.0, status: status.0, locked: locked.0 };
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.find_accounts(&caller, &query.try_into()?, &page).await?.into()))
    }

    /// Make an account, whose password must be replaced at its first log-in. By a security administrator.
    #[oai(path = "/accounts", method = "post", operation_id = "create_account")]
    async fn create_account(&self, caller: Caller, body: Json<AccountRequest>) -> Result<Tagged<DetailsDto>, Problem> {
        Ok(self.0.create_account(&caller, body.0.try_into()?).await?.into())
    }

    /// One account. For security administrators, those of their subtrees.
    #[oai(path = "/accounts/:id", method = "get", operation_id = "get_account")]
    async fn account(&self, caller: Caller, id: Path<Uuid>) -> Result<Tagged<DetailsDto>, Problem> {
        Ok(self.0.account(&caller, id.0.into()).await?.into())
    }

    /// Change an account's name or owner, or take it out of use: then its tokens end at once. By a security administrator
    /// over all units that it concerns.
    #[oai(path = "/accounts/:id", method = "patch", operation_id = "change_account")]
    async fn change_account(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        body: Json<AccountChangeRequest>,
    ) -> Result<Tagged<DetailsDto>, Problem> {
        let expected = IfMatch::read(if_match.0.as_deref())?;
        Ok(self.0.change_account(&caller, id.0.into(), &expected, body.0.try_into()?).await?.into())
    }

    /// Let an account that was locked after too many failures be tried again at once. By a security administrator over
    /// all units that it concerns.
    #[oai(path = "/accounts/:id/unlock", method = "post", operation_id = "unlock_account")]
    async fn unlock(&self, caller: Caller, id: Path<Uuid>) -> Result<(), Problem> {
        Ok(self.0.unlock(&caller, id.0.into()).await?)
    }

    /// A new one-time code for any account, good for half an hour, which also unlocks it. By a security administrator over
    /// all units that it concerns.
    #[oai(path = "/accounts/:id/activation", method = "post", operation_id = "create_account_activation")]
    async fn account_activation(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<SlipDto>, Problem> {
        Ok(Json(self.0.hand_account(&caller, id.0.into()).await?.into()))
    }

    /// Give an account a role over a unit's subtree. By a security administrator, to anybody but themself.
    #[oai(path = "/accounts/:id/grants", method = "post", operation_id = "create_grant")]
    async fn grant(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<GrantRequest>,
    ) -> Result<Json<GrantCreated>, Problem> {
        let grant = self.0.grant(&caller, id.0.into(), body.0.try_into()?).await?;
        Ok(Json(GrantCreated { id: grant.to_string() }))
    }

    /// Take a role back. By a security administrator.
    #[oai(path = "/accounts/:id/grants/:grant_id", method = "delete", operation_id = "delete_grant")]
    async fn revoke(&self, caller: Caller, id: Path<Uuid>, grant_id: Path<Uuid>) -> Result<(), Problem> {
        Ok(self.0.revoke(&caller, id.0.into(), grant_id.0.into()).await?)
    }

    /// Give everybody in post in a unit who has no account one, with a one-time code by which they choose their password.
    ///
    /// The codes are told this once. By the unit's liaison or a coordinator.
    #[oai(path = "/units/:id/activations", method = "post", operation_id = "create_activations")]
    async fn activations(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: OptionalJson<HandoutRequest>,
    ) -> Result<Json<SlipList>, Problem> {
        let handout = body.0.unwrap_or_default().of(id.0.into())?;
        Ok(Json(self.0.hand_out(&caller, handout).await?.into()))
    }

    /// The same with the codes as a spreadsheet.
    #[oai(path = "/units/:id/activations.xlsx", method = "post", operation_id = "create_activations_xlsx")]
    async fn activations_xlsx(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: OptionalJson<HandoutRequest>,
    ) -> Result<Workbook, Problem> {
        let handout = body.0.unwrap_or_default().of(id.0.into())?;
        Ok(Workbook::new(self.0.hand_out_sheet(&caller, handout).await?, "activation-codes"))
    }

    /// A new one-time code for a person, good for half an hour, which also unlocks their account; it is made if there is
    /// none. Only for accounts that were never anything but an official's. By the liaison or a coordinator of the
    /// person's unit.
    #[oai(path = "/people/:id/activation", method = "post", operation_id = "create_activation")]
    async fn activation(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<SlipDto>, Problem> {
        Ok(Json(self.0.hand_one(&caller, id.0.into()).await?.into()))
    }
}
