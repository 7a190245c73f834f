//! Floor 3: long work that somebody asks for, leaves and finds again. It is claimed from the database, so any instance may
//! do it and a crash loses none of it; the file that it makes lies there in parts and is sent part by part.
//!
//! Never what a job is about nor who may ask for it: that is the slice's that carries it out.

mod store;

pub use entity::jobs::job::{JobState, Model as Job};
pub use store::{
    NewJob, cancel, claim, counted, enqueue, fail, finish, forget, of_account, one, part, progress, put_part,
};
