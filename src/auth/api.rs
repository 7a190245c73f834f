//! The operations of identity.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::caller::AnyCaller;
use super::dto::{
    AccountDto, AccountRequest, GrantCreated, GrantRequest, LogInRequest, LogInResponse, PasswordRequest,
};
use super::model::Caller;
use super::service::Auth;
use crate::http::{Address, ApiPage, Json, PageQuery, Problem};

/// Logging in, accounts and grants.
#[derive(Debug)]
pub struct AuthApi(pub Arc<Auth>);

#[OpenApi(prefix_path = "/api/v1")]
impl AuthApi {
    /// Log in with user name and password.
    #[oai(path = "/auth/login", method = "post", operation_id = "log_in")]
    async fn log_in(&self, address: Address, body: Json<LogInRequest>) -> Result<Json<LogInResponse>, Problem> {
        Ok(Json(self.0.log_in(&body.username, &body.password, address.0).await?.into()))
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

    /// All accounts, by user name. For security administrators.
    #[oai(path = "/accounts", method = "get", operation_id = "list_accounts")]
    async fn accounts(
        &self,
        caller: Caller,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<AccountDto>>, Problem> {
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.accounts(&caller, &page).await?.into()))
    }

    /// Make an account, whose password must be replaced at its first log-in. By a security administrator.
    #[oai(path = "/accounts", method = "post", operation_id = "create_account")]
    async fn create_account(&self, caller: Caller, body: Json<AccountRequest>) -> Result<Json<AccountDto>, Problem> {
        Ok(Json(self.0.create_account(&caller, body.0.try_into()?).await?.into()))
    }

    /// Give an account a role over a unit's subtree. By a security administrator.
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
}
