//! What lies on people's desks.

pub mod calendar_feed;
