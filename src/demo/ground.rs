//! What everything rests on: units, people, accounts and the bank.

use std::collections::HashMap;

use entity::id::{BankId, UnitId};
use entity::instant::Day;

use super::district::{CODE, GROUPS, NAME};
use super::fill::DemoError;
use super::people::{Official, everybody};
use super::questions::questions;
use crate::auth::{Caller, NewAccount, NewGrant, Role};
use crate::bank::{BankFilter, NewBank};
use crate::kernel::page::PageRequest;
use crate::log::Actor;
use crate::org::{NewPerson, NewUnit, PeopleFilter, UnitKind};
use crate::tree;
use crate::web::Services;

/// The accounts that the demonstration is shown with, what they are called and what they may do over the district.
const ROLES: &[(&str, &str, Role)] = &[
    ("coordinator", "周建国（培训协调）", Role::Coordinator),
    ("auditor", "吴雅琴（审计）", Role::Auditor),
    ("sysadmin", "郑海涛（系统管理）", Role::SystemAdmin),
    ("secadmin", "孙晓梅（安全管理）", Role::SecurityAdmin),
    ("logadmin", "冯志强（审计管理）", Role::AuditAdmin),
];
/// The unit of `official` and `liaison`.
const THEIR_UNIT: &str = "区司法局";
/// The author of the questions, so that `coordinator` can approve them.
const AUTHOR: &str = "author";

/// The district as the later steps need it.
pub(super) struct Ground {
    /// The top of the tree.
    pub(super) root: UnitId,
    /// The three groups.
    pub(super) groups: Vec<UnitId>,
    /// Units by name.
    pub(super) units: HashMap<String, UnitId>,
    /// Everybody, in the order of their numbers, with the account by which they act.
    pub(super) people: Vec<(Official, Caller)>,
    /// Who plans and composes.
    pub(super) coordinator: Caller,
    /// Who closes years.
    pub(super) auditor: Caller,
    /// The bank.
    pub(super) bank: BankId,
}

impl Ground {
    /// The group of somebody's unit.
    pub(super) fn group_of(&self, official: &Official) -> Option<UnitId> {
        let mut unit = official.unit;
        for (group, id) in GROUPS.iter().zip(&self.groups) {
            match unit.checked_sub(group.units.len()) {
                Some(rest) => unit = rest,
                None => return Some(*id),
            }
        }
        None
    }

    /// Somebody's unit, by their own grant.
    pub(super) fn unit_of(&self, caller: &Caller) -> Option<UnitId> {
        caller.account.grants.first().map(|grant| grant.unit_id)
    }
}

/// Makes what is missing and reads what is there.
pub(super) async fn lay(services: &Services, hash: &str) -> Result<Ground, DemoError> {
    let (root, groups, units) = units(services).await?;
    let coordinator = match services.auth.act_as("coordinator").await {
        Ok(caller) => caller,
        Err(_none) => {
            administrators(services, root, hash).await?;
            services.auth.act_as("coordinator").await?
        }
    };
    let people = people(services, &coordinator, &units, hash).await?;
    let auditor = services.auth.act_as("auditor").await?;
    let bank = bank(services, root, &coordinator).await?;
    Ok(Ground { root, groups, units, people, coordinator, auditor, bank })
}

async fn units(services: &Services) -> Result<(UnitId, Vec<UnitId>, HashMap<String, UnitId>), DemoError> {
    let root = unit(services, None, CODE.to_owned(), NAME, UnitKind::Group).await?;
    let (mut groups, mut units) = (Vec::new(), HashMap::new());
    for group in GROUPS {
        let code = format!("{CODE}{}", group.code);
        let below = unit(services, Some(root), code.clone(), group.name, UnitKind::Group).await?;
        groups.push(below);
        let known: HashMap<String, UnitId> = tree::children(services.core.db.read(), Some(below))
            .await?
            .into_iter()
            .map(|u| (u.name.clone(), u.id))
            .collect();
        for (i, (name, _)) in group.units.iter().enumerate() {
            let id = match known.get(*name) {
                Some(id) => *id,
                None => unit(services, Some(below), format!("{code}{:02}", i + 1), name, UnitKind::Unit).await?,
            };
            units.insert((*name).to_owned(), id);
        }
    }
    Ok((root, groups, units))
}

async fn unit(
    services: &Services,
    parent_id: Option<UnitId>,
    code: String,
    name: &str,
    kind: UnitKind,
) -> Result<UnitId, DemoError> {
    let siblings = tree::children(services.core.db.read(), parent_id).await?;
    if let Some(known) = siblings.iter().find(|u| u.code == code) {
        return Ok(known.id);
    }
    let new = NewUnit { parent_id, code, name: name.to_owned(), kind, active_from: Day::new(2015, 1, 1) };
    Ok(services.org.insert_unit(&Actor::SYSTEM, new).await?.id)
}

async fn administrators(services: &Services, root: UnitId, hash: &str) -> Result<(), DemoError> {
    let grant = |role| NewGrant { role, unit_id: root, valid_until: None };
    let mut accounts: Vec<_> =
        ROLES.iter().map(|(name, shown, role)| (account(name, shown), vec![grant(*role)])).collect();
    accounts.push((account(AUTHOR, "命题人"), vec![grant(Role::Coordinator)]));
    services.auth.insert_accounts(&Actor::SYSTEM, accounts, Some(hash)).await?;
    Ok(())
}

fn account(username: &str, shown: &str) -> NewAccount {
    NewAccount {
        username: username.to_owned(),
        display_name: shown.to_owned(),
        password: String::new(),
        must_change_password: false,
        person_id: None,
    }
}

/// Everybody with an account of their own. Two colleagues of one unit are shown as `official` and `liaison`; the other
/// accounts have no password until they are activated.
async fn people(
    services: &Services,
    coordinator: &Caller,
    units: &HashMap<String, UnitId>,
    hash: &str,
) -> Result<Vec<(Official, Caller)>, DemoError> {
    let officials = everybody();
    let places: Vec<UnitId> = GROUPS
        .iter()
        .flat_map(|g| g.units)
        .map(|(name, _)| units.get(*name).copied().ok_or(DemoError::Inconsistent("a unit")))
        .collect::<Result<_, _>>()?;
    let their_unit = units.get(THEIR_UNIT).copied().ok_or(DemoError::Inconsistent("a unit"))?;
    let none = services.org.people(coordinator, &PeopleFilter::default(), &PageRequest::default()).await?;
    if none.items.is_empty() {
        let new = officials
            .iter()
            .map(|o| {
                Ok(NewPerson {
                    staff_no: Some(o.staff_no.clone()),
                    name: o.name.clone(),
                    post: o.post.to_owned(),
                    categories: o.categories.clone(),
                    unit_id: places.get(o.unit).copied().ok_or(DemoError::Inconsistent("a unit"))?,
                    joined_on: Day::new(2018, 7, 1),
                    id_number: None,
                    phone: None,
                })
            })
            .collect::<Result<_, DemoError>>()?;
        services.org.create_people(coordinator, new).await?;
    }
    let mut callers = services.auth.act_as_people().await?;
    if callers.is_empty() {
        let (mut accounts, mut waiting) = (Vec::new(), Vec::new());
        let mut page = PageRequest { limit: crate::kernel::page::MAX_LIMIT, after: None };
        // The third and the fourth of their unit are neither leaders nor newcomers.
        let mut theirs = ["", "", "", "", "", "official", "liaison"].into_iter();
        loop {
            let found = services.org.people(coordinator, &PeopleFilter::default(), &page).await?;
            for person in found.items {
                let shown = if person.unit_id == their_unit { theirs.next().unwrap_or_default() } else { "" };
                let username = if shown.is_empty() { person.staff_no.clone() } else { shown.to_owned() };
                let mut grants = vec![NewGrant { role: Role::Official, unit_id: person.unit_id, valid_until: None }];
                if shown == "liaison" {
                    grants.push(NewGrant { role: Role::Liaison, unit_id: person.unit_id, valid_until: None });
                }
                let mut new = account(&username, &person.name);
                new.person_id = Some(person.id);
                if shown.is_empty() { &mut waiting } else { &mut accounts }.push((new, grants));
            }
            match found.next_cursor.as_deref() {
                Some(cursor) => page = PageRequest::new(Some(page.limit), Some(cursor))?,
                None => break,
            }
        }
        services.auth.insert_accounts(&Actor::SYSTEM, accounts, Some(hash)).await?;
        services.auth.insert_accounts(&Actor::SYSTEM, waiting, None).await?;
        callers = services.auth.act_as_people().await?;
    }
    let mut by_name: HashMap<String, Caller> =
        callers.drain().map(|(_, caller)| (caller.account.display_name.clone(), caller)).collect();
    officials
        .into_iter()
        .map(|o| {
            let caller = by_name.remove(&o.name).ok_or(DemoError::Inconsistent("a person's account"))?;
            Ok((o, caller))
        })
        .collect()
}

async fn bank(services: &Services, root: UnitId, coordinator: &Caller) -> Result<BankId, DemoError> {
    let first = services
        .bank
        .banks(coordinator, &BankFilter::default(), &PageRequest::default())
        .await?
        .items
        .into_iter()
        .next();
    let bank = if let Some(bank) = first {
        bank
    } else {
        let new = NewBank { unit_id: root, title: "荷塘区法律知识题库".to_owned(), review_required: true };
        services.bank.create_bank(coordinator, new).await?
    };
    if bank.questions.approved == 0 {
        let author = services.auth.act_as(AUTHOR).await?;
        let ids = services.bank.create_questions(&author, bank.id, questions(), true).await?;
        services.bank.approve_all(coordinator, &ids).await?;
    }
    Ok(bank.id)
}
