//! Which page is where.

use std::sync::Arc;

use poem::{EndpointExt, Route};

use super::addresses::Addresses;
use super::methods::{get, post};
use super::pages::coordinator::{
    attendance_list, bank_work, banks, book, candidate, changes, composer, exam_day, exams, hall, monitor, objections,
    people, people_files, person, programmes, question_import, questions, regrade, roll, session_form, sessions,
    statistics, today, units,
};
use super::pages::liaison::{self, unit};
use super::pages::official::{calendar, check_in, record, results, sitting, tasks};
use super::pages::{activation, admin, audit, codes, compat, exemptions, home, language, login, password, styleguide};
use super::{Services, assets};

/// Every page and static file. The rooms above serve what is not here, and hand every request the [`crate::auth::Auth`]
/// that knows its bearer.
#[must_use]
pub fn routes(services: Arc<Services>) -> Route {
    Route::new().nest_no_strip("/", all().route.data(services))
}

/// Every address with what answers there.
pub(super) fn all() -> Addresses {
    let pages = coordinator(Addresses::default())
        .at("/", get(home::start))
        .at("/account", get(home::account))
        .at("/login", get(login::show).post(login::enter))
        .at("/activate", get(activation::show).post(activation::choose))
        .at("/logout", post(login::leave))
        .at("/password", get(password::show).post(password::change))
        .at("/language", get(language::choose))
        .at("/rates", get(audit::rates::show))
        .at("/rates/compare", get(audit::compare::show))
        .at("/rates/people", get(audit::people::show))
        .at("/rates/attempts/:id", get(audit::people::attempt))
        .at("/rates/files", get(audit::files::show).post(audit::files::ask))
        .at("/rates/files/:id/cancel", post(audit::files::cancel))
        .at("/rates/definition", get(audit::rates::definition))
        .at("/years", get(audit::years::show))
        .at("/years/past", get(audit::past::list))
        .at("/years/past/import", get(audit::past::blank).post(audit::past::bring))
        .at("/years/past/:id/withdraw", post(audit::past::withdraw))
        .at("/years/:year/close", post(audit::years::close))
        .at("/years/:year/freeze", post(audit::years::freeze))
        .at("/years/:year/reopen", post(audit::years::reopen))
        .at("/years/snapshots/:id", get(audit::years::frozen))
        .at("/draws", get(audit::draws::list))
        .at("/draws/:id", get(audit::draws::show))
        .at("/log", get(audit::log::show))
        .at("/log/heads", get(audit::heads::blank).post(audit::heads::compare))
        .at("/log/verify", post(audit::log::verify))
        .at("/units", get(admin::units::show))
        .at("/units/import", get(admin::unit_files::blank).post(admin::unit_files::bring))
        .at("/units/import/marked", post(admin::unit_files::mark))
        .at("/units/:id", get(admin::unit::show).post(admin::unit::save))
        .at("/units/:id/delete", post(admin::unit::delete))
        .at("/units/new", get(admin::units::blank).post(admin::units::create))
        .at("/accounts", get(admin::accounts::show))
        .at("/accounts/new", get(admin::accounts::blank).post(admin::accounts::create))
        .at("/accounts/:id", get(admin::accounts::detail))
        .at("/accounts/:id/grants", post(admin::accounts::give))
        .at("/accounts/:id/grants/:grant/revoke", post(admin::accounts::revoke))
        .at("/accounts/:id/change", post(admin::accounts::change))
        .at("/accounts/:id/unlock", post(admin::accounts::unlock))
        .at("/accounts/:id/code", post(admin::accounts::code))
        .at("/codes", get(codes::show))
        .at("/codes/:unit", post(codes::hand_out))
        .at("/codes/:unit/:person", post(codes::hand_one))
        .at("/compat", get(compat::show))
        .at("/styleguide", get(styleguide::show))
        .at("/static/:name", get(assets::serve));
    liaisons(officials(pages))
}

/// What a coordinator plans, holds and looks after.
fn coordinator(pages: Addresses) -> Addresses {
    pages
        .at("/today", get(today::show))
        .at("/people", get(people::list))
        .at("/people/new", get(people::blank).post(people::enter))
        .at("/people/units", get(units::list))
        .at("/people/import", get(people_files::blank).post(people_files::bring))
        .at("/people/import/marked", post(people_files::mark))
        .at("/people/changes", get(changes::list))
        .at("/people/changes/:id", post(changes::decide))
        .at("/people/:id", get(person::show))
        .at("/people/:id/act/:act", get(person::blank).post(person::carry_out))
        .at("/people/:id/id-number", post(person::reveal))
        .at("/people/:id/delete", post(person::delete))
        .at("/programmes", get(programmes::list))
        .at("/programmes/new", get(programmes::blank).post(programmes::create))
        .at("/programmes/:id", get(programmes::show))
        .at("/programmes/:id/publish", post(programmes::publish))
        .at("/programmes/:id/close", post(programmes::close))
        .at("/sessions", get(sessions::list))
        .at("/sessions/new", get(session_form::blank).post(session_form::create))
        .at("/sessions/:id", get(sessions::show))
        .at("/sessions/:id/publish", post(sessions::publish))
        .at("/sessions/:id/close", post(sessions::close))
        .at("/sessions/:id/cancel", post(sessions::cancel))
        .at("/sessions/:id/reopen", post(sessions::reopen))
        .at("/sessions/:id/delete", post(sessions::remove))
        .at("/sessions/:id/reschedule", get(sessions::show_reschedule).post(sessions::reschedule))
        .at("/sessions/:id/sheet", get(sessions::sheet))
        .at("/sessions/:id/leave/:leave", post(sessions::decide_leave))
        .at("/sessions/:id/hall", get(hall::show))
        .at("/sessions/:id/roll", get(roll::show).post(roll::call))
        .at("/attendance/import/:session", get(attendance_list::blank).post(attendance_list::bring))
        .at("/sessions/:id/attendance/:person_id", get(sessions::show_correction).post(sessions::correct))
        .at("/banks", get(banks::list))
        .at("/banks/new", get(banks::blank).post(banks::make))
        .at("/banks/:id/review", get(bank_work::show_review).post(bank_work::review))
        .at("/banks/:id/laws", get(bank_work::show_laws).post(bank_work::retire_outdated))
        .at("/banks/:id/groups", get(bank_work::show_groups).post(bank_work::regroup))
        .at("/questions", get(questions::list))
        .at("/questions/import", get(question_import::blank).post(question_import::take))
        .at("/questions/new", get(questions::blank).post(questions::write))
        .at("/questions/:id", get(questions::show))
        .at("/questions/:id/version", get(questions::revise).post(questions::write_version))
        .at("/questions/:id/submit", post(questions::submit))
        .at("/questions/:id/approve", post(questions::approve))
        .at("/questions/:id/return", post(questions::give_back))
        .at("/questions/:id/retire", post(questions::retire))
        .at("/exams", get(exams::list))
        .at("/exams/new", get(composer::blank).post(composer::create))
        .at("/exams/:id/manage", get(exams::show))
        .at("/exams/:id/change", get(composer::show_change).post(composer::save_change))
        .at("/exams/:id/make-up", get(composer::show_make_up).post(composer::draft_make_up))
        .at("/exams/:id/copy", post(composer::copy))
        .at("/exams/:id/seal", post(exams::set_seal))
        .at("/exams/:id/beacon", post(exams::set_beacon))
        .at("/exams/:id/samples", get(exams::show_samples))
        .at("/exams/:id/release", post(exams::release_results))
        .at("/exams/:id/delete", post(exams::delete))
        .at("/exams/:id/schedule", get(exam_day::show_schedule).post(exam_day::change_schedule))
        .at("/exams/:id/extend", get(exam_day::show_extend).post(exam_day::extend))
        .at("/exams/:id/pause", post(exam_day::pause))
        .at("/exams/:id/resume", post(exam_day::resume))
        .at("/exams/:id/close", post(exam_day::end))
        .at("/exams/:id/candidates", get(exams::show_candidates))
        .at("/exams/:id/candidates/add", get(candidate::show_add).post(candidate::add))
        .at("/exams/:id/candidates/:person_id", get(candidate::show))
        .at("/exams/:id/candidates/:person_id/allow", post(candidate::allow))
        .at("/exams/:id/candidates/:person_id/void", post(candidate::void))
        .at("/exams/:id/candidates/:person_id/reopen", post(candidate::reopen))
        .at("/exams/:id/results", get(exams::show_results))
        .at("/exams/:id/results/book", get(book::results))
        .at("/exams/:id/roster", get(book::roster))
        .at("/exams/:id/monitor", get(monitor::show))
        .at("/exams/:id/statistics", get(statistics::show))
        .at("/exams/:id/objections", get(objections::list))
        .at("/exams/:id/objections/:objection/decide", post(objections::decide))
        .at("/exams/:id/regrade", get(regrade::show).post(regrade::enter))
        .at("/exams/:id/regrades", get(regrade::list))
        .at("/exams/:id/regrades/:regrade", get(regrade::people))
}

/// What officials do.
fn officials(pages: Addresses) -> Addresses {
    pages
        .at("/tasks", get(tasks::show))
        .at("/c/:session", get(check_in::open))
        .at("/checkin/:session", get(check_in::show).post(check_in::enter))
        .at("/checkin/:session/arrived", get(check_in::arrive))
        .at("/checkin/:session/out", post(check_in::go))
        .at("/checkin/:session/leave", post(check_in::ask_leave))
        .at("/exams/:id", get(sitting::wait))
        .at("/exams/:id/room", get(sitting::room))
        .at("/exams/:id/exemption", get(exemptions::show_ask).post(exemptions::ask))
        .at("/exemptions", get(exemptions::list))
        .at("/exemptions/:id", get(exemptions::show))
        .at("/exemptions/:id/opinion", post(exemptions::opine))
        .at("/exemptions/:id/decide", post(exemptions::decide))
        .at("/results", get(results::list))
        .at("/results/:attempt", get(results::show))
        .at("/results/:attempt/objections", post(results::object))
        .at("/record", get(record::show))
        .at("/calendar", get(calendar::show).post(calendar::make))
}

/// What liaisons do for their units.
fn liaisons(pages: Addresses) -> Addresses {
    pages
        .at("/unit", get(unit::show))
        .at("/unit/sessions/:id", get(liaison::roll::show).post(liaison::roll::call))
        .at("/unit/exams/:id", get(unit::show_exam))
}
