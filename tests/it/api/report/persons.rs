//! How many different people stand on several rosters: what is kept and follows those who move, held against a count.

use std::collections::{HashMap, HashSet};

use kaofa::tally::{Rosters, Stands};

use super::*;
use crate::harness::Dice;

/// What a reader keeps.
type Kept = Option<(Stands, Rosters)>;

/// As a reader does it: follows what is kept, or reads anew. Says whether it could follow.
async fn read(server: &TestServer, subjects: &[Subject], category: Option<Category>, kept: &mut Kept) -> bool {
    let conn = &server.services.core.db.snapshot().await.unwrap();
    let now = tally::rosters(conn, subjects).await.unwrap();
    let followed = match kept.take() {
        Some((stands, then)) => stands.follow(conn, subjects, category, (&then, &now)).await.unwrap(),
        None => None,
    };
    let follows = followed.is_some();
    let (stands, placed) = match followed {
        Some(followed) => followed,
        None => Stands::read(conn, subjects, category).await.unwrap(),
    };
    let counted = tally::persons(conn, subjects, category).await.unwrap();
    assert_eq!(stands.persons(conn).await.unwrap(), counted, "{category:?}, followed: {follows}");
    *kept = placed.map(|placed| (placed, now));
    follows
}

async fn crowd(server: &TestServer, user: &User, unit: UnitId, number: usize) -> Vec<PersonId> {
    let person = |n| NewPerson {
        staff_no: None,
        name: format!("张{n}"),
        post: String::new(),
        categories: vec![Category::Other],
        unit_id: unit,
        joined_on: Day::new(2000, 1, 1),
        id_number: None,
        phone: None,
    };
    let caller = server.services.auth.authenticate(&user.token, None).await.unwrap();
    server.services.org.create_people(&caller, (0..number).map(person).collect()).await.unwrap()
}

both_databases! {
    async fn who_moves_is_followed(server: TestServer) {
        let core = &server.services.core;
        let root = server.root().await;
        let mut units = vec![root];
        for (n, above) in [0, 0, 1, 1, 3].into_iter().enumerate() {
            units.push(server.unit(units[above], &format!("U{n}"), &format!("单位{n}")).await);
        }
        let user = server.user("coordinator", Role::Coordinator, root).await;
        let people = crowd(&server, &user, units[1], 12).await;
        let subject = |kind| Subject { kind, id: core.id() };
        let subjects = [subject(SubjectKind::Programme), subject(SubjectKind::Exam), subject(SubjectKind::Exam)];
        let categories = [None, Some(Category::CivilServant)];
        let (mut dice, mut kept): (Dice, [Kept; 2]) = (Dice(20_261_123), [None, None]);
        let mut owed: HashSet<(PersonId, usize)> = HashSet::new();
        let mut followed = 0;
        for _ in 0..150 {
            for _ in 0..=dice.below(2) {
                let (person, n) = (*dice.pick(&people), dice.below(subjects.len()));
                let held = if dice.chance(60) { vec![Category::CivilServant] } else { Vec::new() };
                let on = |there: bool| Figures { on_roster: i64::from(there), ..Figures::none() };
                let there = dice.chance(70);
                let standing =
                    Standing { person_id: person, unit_id: *dice.pick(&units), categories: held, figures: on(there) };
                let subject = subjects[n];
                let known = !owed.insert((person, n));
                let moves = dice.chance(60);
                core.db
                    .tx("test.move", |tx| {
                        let standing = standing.clone();
                        Box::pin(async move {
                            match (known, moves) {
                                (false, _) => tally::owe(tx, subject, vec![standing]).await,
                                (true, true) => tally::transfer(tx, subject, standing).await,
                                (true, false) => {
                                    tally::restate(tx, subject, &HashMap::from([(person, standing.figures)])).await
                                }
                            }
                        })
                    })
                    .await
                    .unwrap();
            }
            if dice.chance(40) {
                tally::fold(core).await.unwrap();
            }
            for (category, kept) in categories.iter().zip(&mut kept) {
                if dice.chance(70) {
                    followed += usize::from(read(&server, &subjects, *category, kept).await);
                }
            }
        }
        assert!(followed > 100, "{followed} times");
        assert_eq!(tally::recount(core.db.read()).await.unwrap(), Vec::new());

        // More than are named at once: whoever kept something reads anew.
        tally::fold(core).await.unwrap();
        let mut many = None;
        assert!(!read(&server, &subjects, None, &mut many).await);
        assert!(read(&server, &subjects, None, &mut many).await);
        let crowd = crowd(&server, &user, units[1], 1_001).await;
        let standing = |person_id: &PersonId| Standing {
            person_id: *person_id,
            unit_id: units[5],
            categories: Vec::new(),
            figures: Figures { on_roster: 1, ..Figures::none() },
        };
        let all: Vec<Standing> = crowd.iter().map(standing).collect();
        core.db.tx("test.many", |tx| Box::pin(tally::owe(tx, subjects[0], all.clone()))).await.unwrap();
        assert!(!read(&server, &subjects, None, &mut many).await);
        assert!(many.is_none(), "who has no place yet is not named");
        tally::fold(core).await.unwrap();
        assert!(!read(&server, &subjects, None, &mut many).await);
        assert!(read(&server, &subjects, None, &mut many).await);
        let kept = many.unwrap().0.persons(core.db.read()).await.unwrap();
        assert!(kept[&units[5]] >= 1_001 && kept[&root] >= kept[&units[5]]);
    }
}
