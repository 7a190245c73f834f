//! The schema of Kaofa, one file a step.
//!
//! Table and column names are plain strings: a step must go on meaning what it meant when it was
//! written, whatever becomes of the entities.

#![allow(clippy::too_many_lines, reason = "a step lists its tables in one function")]

use sea_orm_migration::prelude::*;

pub use sea_orm_migration::migrator::MigratorTrait;

mod columns;
mod m0001_organisation;
mod m0002_identity;
mod m0003_log;
mod m0004_study;
mod m0005_bank;
mod m0006_exam;
mod m0007_tally;
mod m0008_report;
mod m0010_demonstration;
mod m0011_idempotency;
mod m0012_after_exam;
mod m0013_exemption;
mod m0014_jobs;
mod m0015_turnouts;

/// Brings a database to the newest step, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_organisation::Migration),
            Box::new(m0002_identity::Migration),
            Box::new(m0003_log::Migration),
            Box::new(m0004_study::Migration),
            Box::new(m0005_bank::Migration),
            Box::new(m0006_exam::Migration),
            Box::new(m0007_tally::Migration),
            Box::new(m0008_report::Migration),
            Box::new(m0010_demonstration::Migration),
            Box::new(m0011_idempotency::Migration),
            Box::new(m0012_after_exam::Migration),
            Box::new(m0013_exemption::Migration),
            Box::new(m0014_jobs::Migration),
            Box::new(m0015_turnouts::Migration),
        ]
    }
}
