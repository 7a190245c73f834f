//! How many different people stand on several rosters: what no sum of counts tells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{PersonId, SubjectId, UnitId};
use entity::org::person::Category;
use entity::org::unit;
use entity::tally::{moved, obligation, reckoning};
use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::super::model::{Counted, Figure, Subject};
use super::CHUNK;
use super::behind::meant;
use crate::db::Fault;
use crate::tree;

/// How far some rosters and the tree have come: as long as it is the same, the same people stand in the same places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rosters {
    tree: i64,
    /// The last place of somebody who came, left or moved, of each subject.
    places: BTreeMap<SubjectId, i64>,
    /// Of those who have no place yet, the last number.
    coming: Option<i64>,
}

/// How far the rosters of these subjects have come.
pub async fn rosters(conn: &impl ConnectionTrait, subjects: &[Subject]) -> Result<Rosters, Fault> {
    let ids = || subjects.iter().map(|s| s.id);
    let places: Vec<(SubjectId, i64)> = reckoning::Entity::find()
        .select_only()
        .columns([reckoning::Column::SubjectId, reckoning::Column::Moves])
        .filter(reckoning::Column::SubjectId.is_in(ids()))
        .into_tuple()
        .all(conn)
        .await?;
    let coming: Option<Option<i64>> = moved::Entity::find()
        .select_only()
        .column_as(moved::Column::Id.max(), "last")
        .filter(moved::Column::SubjectId.is_in(ids()))
        .filter(moved::Column::Place.is_null())
        .into_tuple()
        .one(conn)
        .await?;
    Ok(Rosters { tree: tree::last_change(conn).await?, places: places.into_iter().collect(), coming: coming.flatten() })
}

/// Where everybody stands who stands on any of several rosters. It is read whole once, and then follows those who move.
#[derive(Debug, Clone, Default)]
pub struct Stands {
    /// How many people stand in this unit and nowhere else. Nearly everybody does.
    once: HashMap<UnitId, i64>,
    /// Those who stand in several.
    several: HashMap<PersonId, BTreeSet<UnitId>>,
}

/// Where somebody stood and stands.
struct Path {
    person: PersonId,
    /// When the rosters were where the reader knows them.
    known: BTreeSet<UnitId>,
    /// When all had moved who have a place.
    placed: BTreeSet<UnitId>,
    now: BTreeSet<UnitId>,
}

impl Stands {
    /// Reads the rosters of these subjects as they are, and as they were before those moved who have no place yet; the
    /// latter is nothing if those are too many to be named. Wants one state of the database for all that it reads.
    pub async fn read(
        conn: &impl ConnectionTrait,
        subjects: &[Subject],
        category: Option<Category>,
    ) -> Result<(Self, Option<Self>), Fault> {
        let now = read(conn, subjects, category).await?;
        let at = rosters(conn, subjects).await?;
        let mut placed = now.clone();
        let paths = paths(conn, subjects, category, &at, &at).await?;
        let placed = paths.map(|paths| {
            for path in &paths {
                placed.moves(path.person, &path.now, &path.placed);
            }
            placed
        });
        Ok((now, placed))
    }

    /// The same two of rosters that have come from `then`, for which these stands were read, to `now`. Nothing if more have
    /// moved since than are named. Costs what has moved.
    pub async fn follow(
        mut self,
        conn: &impl ConnectionTrait,
        subjects: &[Subject],
        category: Option<Category>,
        (then, now): (&Rosters, &Rosters),
    ) -> Result<Option<(Self, Option<Self>)>, Fault> {
        let Some(paths) = paths(conn, subjects, category, then, now).await? else { return Ok(None) };
        for path in &paths {
            self.moves(path.person, &path.known, &path.placed);
        }
        let mut now = self.clone();
        for path in &paths {
            now.moves(path.person, &path.placed, &path.now);
        }
        Ok(Some((now, Some(self))))
    }

    /// How many different people there are, for every unit with its subtree. Units without anybody are left out.
    pub async fn persons(&self, conn: &impl ConnectionTrait) -> Result<HashMap<UnitId, i64>, Fault> {
        let units: Vec<(UnitId, Option<UnitId>)> = unit::Entity::find()
            .select_only()
            .columns([unit::Column::Id, unit::Column::ParentId])
            .into_tuple()
            .all(conn)
            .await?;
        let parents: HashMap<UnitId, Option<UnitId>> = units.into_iter().collect();
        let path = |unit: UnitId| std::iter::successors(Some(unit), |unit| parents.get(unit).copied().flatten());
        let mut persons: HashMap<UnitId, i64> = HashMap::new();
        for (unit, number) in &self.once {
            for higher in path(*unit) {
                *persons.entry(higher).or_default() += number;
            }
        }
        for places in self.several.values() {
            let above: BTreeSet<UnitId> = places.iter().flat_map(|unit| path(*unit)).collect();
            for unit in above {
                *persons.entry(unit).or_default() += 1;
            }
        }
        persons.retain(|_, number| *number != 0);
        Ok(persons)
    }

    fn moves(&mut self, person: PersonId, from: &BTreeSet<UnitId>, to: &BTreeSet<UnitId>) {
        let mut alone = |places: &BTreeSet<UnitId>, change: i64| {
            if let (1, Some(unit)) = (places.len(), places.first()) {
                *self.once.entry(*unit).or_default() += change;
            }
        };
        alone(from, -1);
        alone(to, 1);
        if to.len() > 1 {
            self.several.insert(person, to.clone());
        } else {
            self.several.remove(&person);
        }
    }
}

/// How many different people stand on the rosters of these subjects, for every unit with its subtree. Reads the rosters:
/// whoever asks often keeps [`Stands`].
pub async fn persons(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    category: Option<Category>,
) -> Result<HashMap<UnitId, i64>, Fault> {
    read(conn, subjects, category).await?.persons(conn).await
}

async fn read(conn: &impl ConnectionTrait, subjects: &[Subject], category: Option<Category>) -> Result<Stands, Fault> {
    if subjects.is_empty() {
        return Ok(Stands::default());
    }
    let (unit, person) = (Alias::new("one_unit"), Alias::new("elsewhere_too"));
    let place = || Expr::col(obligation::Column::UnitId);
    let named = CaseStatement::new()
        .case(place().min().ne(place().max()), Expr::col(obligation::Column::PersonId))
        .finally(Option::<String>::None);
    // By kind too, which the key of the rosters begins with: they are read in the order in which they were written.
    let kinds: BTreeSet<_> = subjects.iter().map(|s| s.kind.to_string()).collect();
    let everybody = Query::select()
        .expr_as(place().min(), unit.clone())
        .expr_as(named, person.clone())
        .from(obligation::Entity)
        .and_where(Expr::col(obligation::Column::SubjectKind).is_in(kinds))
        .and_where(Expr::col(obligation::Column::SubjectId).is_in(subjects.iter().map(|s| s.id)))
        .cond_where(meant(category, Counted::In(Figure::OnRoster)))
        .group_by_col(obligation::Column::PersonId)
        .to_owned();
    let counted = Query::select()
        .columns([unit.clone(), person.clone()])
        .expr_as(Expr::col(unit.clone()).count(), Alias::new("persons"))
        .from_subquery(everybody, Alias::new("people"))
        .group_by_columns([unit, person])
        .to_owned();
    let mut stands = Stands::default();
    let mut elsewhere: Vec<PersonId> = Vec::new();
    for row in conn.query_all(&counted).await? {
        match row.try_get_by_index::<Option<PersonId>>(1)? {
            Some(person) => elsewhere.push(person),
            None => *stands.once.entry(row.try_get_by_index(0)?).or_default() += row.try_get_by_index::<i64>(2)?,
        }
    }
    for (person, _, unit, _) in on_rosters(conn, subjects, category, &elsewhere).await? {
        stands.several.entry(person).or_default().insert(unit);
    }
    Ok(stands)
}

type OnRoster = (PersonId, SubjectId, UnitId, entity::List<Category>);

/// Where these people stand.
async fn on_rosters(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    category: Option<Category>,
    people: &[PersonId],
) -> Result<Vec<OnRoster>, Fault> {
    let mut rows = Vec::new();
    for part in people.chunks(CHUNK) {
        let found: Vec<OnRoster> = obligation::Entity::find()
            .select_only()
            .columns([obligation::Column::PersonId, obligation::Column::SubjectId])
            .columns([obligation::Column::UnitId, obligation::Column::Categories])
            .filter(obligation::Column::SubjectId.is_in(subjects.iter().map(|s| s.id)))
            .filter(obligation::Column::PersonId.is_in(part.iter().copied()))
            .filter(meant(category, Counted::In(Figure::OnRoster)))
            .into_tuple()
            .all(conn)
            .await?;
        rows.extend(found);
    }
    Ok(rows)
}

/// Who has moved since then, by where they stood before they did. Nothing if some are not named.
async fn paths(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    category: Option<Category>,
    then: &Rosters,
    now: &Rosters,
) -> Result<Option<Vec<Path>>, Fault> {
    let place = |rosters: &Rosters, subject: SubjectId| rosters.places.get(&subject).copied().unwrap_or_default();
    let later = subjects.iter().fold(Condition::any(), |later, subject| {
        let known = place(then, subject.id);
        let new = Condition::any().add(moved::Column::Place.gt(known)).add(moved::Column::Place.is_null());
        later.add(Condition::all().add(moved::Column::SubjectId.eq(subject.id)).add(new))
    });
    let rows = moved::Entity::find().filter(later).order_by_asc(moved::Column::Id).all(conn).await?;
    for subject in subjects {
        let new = rows.iter().filter(|row| row.subject_id == subject.id && row.place.is_some()).count();
        if i64::try_from(new).ok() != Some(place(now, subject.id) - place(then, subject.id)) {
            return Ok(None);
        }
    }
    let is_meant = |categories: &[Category]| category.is_none_or(|category| categories.contains(&category));
    let stood = |row: &moved::Model| row.unit_id.filter(|_| is_meant(&row.categories.0));
    // Whatever moved first tells where somebody stood before all of it.
    let (mut known, mut placed) = (HashMap::new(), HashMap::new());
    let mut people: BTreeSet<PersonId> = BTreeSet::new();
    for row in &rows {
        let Some(person) = row.person_id else { return Ok(None) };
        people.insert(person);
        known.entry((person, row.subject_id)).or_insert_with(|| stood(row));
        if row.place.is_none() {
            placed.entry((person, row.subject_id)).or_insert_with(|| stood(row));
        }
    }
    let people: Vec<PersonId> = people.into_iter().collect();
    let mut stand: HashMap<(PersonId, SubjectId), UnitId> = HashMap::new();
    for (person, subject, unit, _) in on_rosters(conn, subjects, category, &people).await? {
        stand.insert((person, subject), unit);
    }
    let paths = people.into_iter().map(|person| {
        let at = |before: &HashMap<(PersonId, SubjectId), Option<UnitId>>| {
            let of = |subject: &Subject| {
                let key = (person, subject.id);
                before.get(&key).copied().unwrap_or_else(|| stand.get(&key).copied())
            };
            subjects.iter().filter_map(of).collect()
        };
        Path { person, known: at(&known), placed: at(&placed), now: at(&HashMap::new()) }
    });
    Ok(Some(paths.collect()))
}
