//! Looking for accounts and changing them.

use entity::auth::grant::Role;
use poem_openapi::Object;
use poem_openapi::types::MaybeUndefined;

use crate::auth::model::{AccountChange, AccountFilter};
use crate::kernel::field::{FieldCode, Fields, Invalid};

/// The parameters of a search, as they come.
#[derive(Debug)]
pub(in crate::auth) struct AccountQuery {
    pub(in crate::auth) q: Option<String>,
    pub(in crate::auth) role: Option<String>,
    pub(in crate::auth) unit_id: Option<String>,
    pub(in crate::auth) status: Option<String>,
    pub(in crate::auth) locked: Option<bool>,
}

impl TryFrom<AccountQuery> for AccountFilter {
    type Error = Invalid;
    fn try_from(query: AccountQuery) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let q = query.q.map(|q| fields.optional_line("q", &q, 80));
        let role: Option<Role> = fields.parse_optional("role", query.role.as_deref(), FieldCode::UnknownValue);
        let unit_id = fields.parse_optional("unit_id", query.unit_id.as_deref(), FieldCode::Invalid);
        let status = fields.parse_optional("status", query.status.as_deref(), FieldCode::UnknownValue);
        fields.finish(Some(Self { q, role, unit_id, status, locked: query.locked.unwrap_or(false) }))
    }
}

/// Changes of an account; what is left out stays as it is.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::auth) struct AccountChangeRequest {
    /// The name that pages show.
    display_name: Option<String>,
    /// The person on a roster that it belongs to; null for nobody.
    #[oai(default)]
    person_id: MaybeUndefined<String>,
    /// Whether it is out of use. Then its tokens end at once and nobody can log in.
    disabled: Option<bool>,
}

impl TryFrom<AccountChangeRequest> for AccountChange {
    type Error = Invalid;
    fn try_from(dto: AccountChangeRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let display_name = dto.display_name.map(|name| fields.line("display_name", &name, 80));
        let person_id = match dto.person_id {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(id) => fields.parse("person_id", &id, FieldCode::UnknownReference).map(Some),
        };
        fields.finish(Some(Self { display_name, person_id, disabled: dto.disabled }))
    }
}
